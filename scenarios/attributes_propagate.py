# A value goes through a chain of attributes.
base = Template(
    {
        'A': RsrcDef({'v': 1}, []),
        'B': RsrcDef({'v': GetAtt('A', 'v')}, []),
        'C': RsrcDef({'v': GetAtt('B', 'v')}, []),
        'D': RsrcDef({'!v': GetAtt('C', 'v')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'v': 2}, []),
        'B': RsrcDef({'v': GetAtt('A', 'v')}, []),
        'C': RsrcDef({'v': GetAtt('B', 'v')}, []),
        'D': RsrcDef({'!v': GetAtt('C', 'v')}, []),
    }
)
engine.create_stack('demo', base)
engine.noop(4)
engine.update_stack('demo', changed)
engine.noop(9)
engine.call(verify, changed)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
