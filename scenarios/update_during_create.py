# Another template comes before the first one is made.
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
engine.noop(2)
engine.update_stack('demo', changed)
engine.noop(20)
engine.call(verify, changed)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
