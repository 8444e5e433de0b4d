# A delete comes in the middle of a rollback.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'a': 'updated'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)

engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.update_stack('demo', changed)
engine.noop(4)
engine.rollback_stack('demo')
engine.noop(2)
engine.delete_stack('demo')
engine.noop(16)
engine.call(verify, Template({}))
