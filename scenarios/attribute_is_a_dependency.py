# What only an attribute refers to is not deleted first.
base = Template(
    {
        'A': RsrcDef({'v': 1}, []),
        'B': RsrcDef({'v': GetAtt('A', 'v')}, []),
    }
)


def only_a_is_left():
    test.assertEqual(1, len(reality.resources_by_logical_name('A')))
    test.assertEqual(0, len(reality.resources_by_logical_name('B')))


engine.create_stack('demo', base)
engine.noop(2)
engine.delete_stack('demo')
engine.call(only_a_is_left)
engine.noop(2)
engine.call(verify, Template({}))
