# What is still being made is wanted again: it is waited for, and no third one is made.
first = Template({'A': RsrcDef({'!w': 1}, [])})
second = Template({'A': RsrcDef({'!w': 2}, [])})


def remember():
    global before
    before = sorted(reality.all_resources())
    test.assertEqual(1, len(before))


def at_most_two():
    test.assertLessEqual(len(reality.all_resources()), 2)


reality.slow('A', 6, 'create', 1)
engine.create_stack('demo', first)
engine.call(remember)
engine.update_stack('demo', second)
engine.noop(4)
engine.update_stack('demo', first)
engine.noop(4)
engine.call(at_most_two)
