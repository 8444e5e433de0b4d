# A name is used again while its old copy is slowly deleted: a new one at once.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'b': 1}, [])})
less = Template({'A': RsrcDef({'a': 1}, [])})


def copies(expected):
    test.assertEqual(expected, len(reality.resources_by_logical_name('B')))


reality.slow('B', 5, 'delete', 1)
engine.create_stack('demo', base)
engine.noop(2)
engine.update_stack('demo', less)
engine.noop(4)
engine.update_stack('demo', base)
engine.noop(2)
engine.call(copies, 2)
