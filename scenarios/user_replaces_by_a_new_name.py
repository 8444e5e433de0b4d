# The user replaces a resource by one of another name.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)
renamed = Template(
    {
        'A': RsrcDef({'a': 'updated'}, []),
        'B': RsrcDef({}, []),
        'newC': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('newC')}, []),
        'E': RsrcDef({'ca': GetAtt('newC', '!a')}, []),
    }
)

engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.update_stack('demo', renamed)
engine.noop(3)
engine.rollback_stack('demo')
engine.noop(14)
engine.call(verify, base)
engine.update_stack('demo', renamed)
engine.noop(12)
engine.call(verify, renamed)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
