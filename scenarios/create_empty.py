# A template without resources is complete at once.
base = Template({})
engine.create_stack('demo', base)
engine.call(verify, base)
engine.delete_stack('demo')
engine.call(verify, base)
