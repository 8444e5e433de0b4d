# Two stacks are made from the same template, and one of them goes.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})


def two_of_each():
    test.assertEqual(2, len(reality.resources_by_logical_name('A')))
    test.assertEqual(2, len(reality.resources_by_logical_name('B')))


engine.create_stack('one', base)
engine.create_stack('two', base)
engine.noop(4)
engine.call(two_of_each)
engine.delete_stack('one')
engine.noop(4)
engine.call(verify, base)
engine.delete_stack('two')
engine.noop(4)
engine.call(verify, Template({}))
