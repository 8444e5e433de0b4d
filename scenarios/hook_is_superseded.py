# A resource waits at a hook, and an update that knows no hooks goes past it.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, [], hooks=('pre-create',)),
        'B': RsrcDef({'a': GetAtt('A', 'a')}, [], hooks=('post-create',)),
    }
)
plain = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({'a': GetAtt('A', 'a')}, []),
    }
)

engine.create_stack('demo', base)
engine.noop(5)
engine.update_stack('demo', plain)
engine.noop(10)
engine.call(verify, plain)

engine.delete_stack('demo')
engine.noop(5)
engine.call(verify, Template({}))
