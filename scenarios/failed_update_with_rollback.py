# An update fails and is rolled back by itself.
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

engine.create_stack('demo', base, disable_rollback=False)
engine.noop(5)
engine.call(reality.fail, 'D', 'update', 1)
engine.update_stack('demo', changed)
engine.noop(30)
engine.call(verify, base)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
