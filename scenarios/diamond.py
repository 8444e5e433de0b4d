# One at the top, two in the middle, one that needs both; the top is replaced.
base = Template(
    {
        'A': RsrcDef({'!a': 1}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'C': RsrcDef({'!a': GetRes('A')}, []),
        'D': RsrcDef({'b': GetRes('B'), 'c': GetRes('C')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'!a': 2}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'C': RsrcDef({'!a': GetRes('A')}, []),
        'D': RsrcDef({'b': GetRes('B'), 'c': GetRes('C')}, []),
    }
)
engine.create_stack('demo', base)
engine.noop(4)
engine.call(verify, base)
engine.update_stack('demo', changed)
engine.noop(10)
engine.call(verify, changed)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
