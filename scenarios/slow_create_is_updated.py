# An update comes while a slow create is under way: nothing is made twice.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'a': 2}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})


def made(expected):
    test.assertEqual(expected, len(reality.resources_by_logical_name('A')))


reality.slow('A', 4, 'create', 1)
engine.create_stack('demo', base)
engine.noop(2)
engine.call(made, 1)
engine.update_stack('demo', changed)
engine.noop(4)
engine.call(made, 1)
