# Two graphs in one stack have nothing to do with each other.
base = Template(
    {
        'A': RsrcDef({'a': 1}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'X': RsrcDef({'x': 1}, []),
        'Y': RsrcDef({'x': GetAtt('X', 'x')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'a': 1}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'X': RsrcDef({'x': 2}, []),
        'Y': RsrcDef({'x': GetAtt('X', 'x')}, []),
    }
)
engine.create_stack('demo', base)
engine.noop(4)
engine.call(verify, base)
engine.update_stack('demo', changed)
engine.noop(8)
engine.call(verify, changed)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
