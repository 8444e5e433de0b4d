# What is still being made is wanted again: it is waited for, and no third one is made.
first = Template({'A': RsrcDef({'!w': 1}, [])})
second = Template({'A': RsrcDef({'!w': 2}, [])})
third = Template({'A': RsrcDef({'!w': 2, 'x': 1}, [])})


def at_most_two():
    test.assertLessEqual(len(reality.all_resources()), 2)


engine.create_stack('demo', first)
engine.noop(1)
engine.call(verify, first)
engine.call(reality.slow, 'A', 6, 'create', 1)
engine.update_stack('demo', second)
engine.noop(3)
engine.update_stack('demo', third)
engine.noop(4)
engine.call(at_most_two)
