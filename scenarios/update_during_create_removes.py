# What is being made is not in the next template.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)
less = Template({'A': RsrcDef({'a': 'initial'}, [])})
engine.create_stack('demo', base)
engine.noop(2)
engine.update_stack('demo', less)
engine.noop(12)
engine.call(verify, less)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
