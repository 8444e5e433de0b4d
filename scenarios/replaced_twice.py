# A second replacement supersedes the first while it is being made.
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
again = Template(
    {
        'A': RsrcDef({'a': 'again'}, []),
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
engine.update_stack('demo', again)
engine.noop(20)
engine.call(verify, again)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
