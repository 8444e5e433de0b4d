# A property that replaces is removed in place, and comes back by a rollback.
base = Template(
    {
        'A': RsrcDef({'!a': 1}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'C': RsrcDef({'b': GetRes('B')}, []),
    }
)
removed = Template(
    {
        'A': RsrcDef({}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'C': RsrcDef({'b': GetRes('B')}, []),
    }
)
engine.create_stack('demo', base)
engine.noop(3)
engine.update_stack('demo', removed)
engine.noop(1)
engine.rollback_stack('demo')
engine.noop(12)
engine.call(verify, base)
engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
