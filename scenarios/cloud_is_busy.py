# A cloud cannot do it just now, a few times: it is asked again, and nothing fails.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'a': 2}, []), 'C': RsrcDef({'a': GetRes('A')}, [])})


def made(expected):
    test.assertEqual(expected, len(reality.resources_by_logical_name('A')))


engine.call(reality.busy, 'A', 'create', 2)
engine.call(reality.busy, 'B', 'observe', 2)
engine.create_stack('demo', base)
engine.noop(2)
engine.call(made, 0)
engine.noop(2)
engine.call(reality.busy, 'A', 'update', 1)
engine.call(reality.busy, 'B', 'delete', 1)
engine.update_stack('demo', changed)
