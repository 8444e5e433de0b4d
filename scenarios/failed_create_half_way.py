# A create fails, and the resource is there all the same: it is replaced, not trusted.
base = Template({'A': RsrcDef({'a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})


def remember():
    global before
    (before,) = reality.resources_by_logical_name('A')


def another():
    (now,) = reality.resources_by_logical_name('A')
    test.assertNotEqual(before, now)


reality.fail('A', 'create', 1, half=True)
engine.create_stack('demo', base)
engine.noop(1)
engine.call(remember)
engine.update_stack('demo', base)
engine.noop(6)
engine.call(verify, base)
engine.call(another)
engine.delete_stack('demo')
engine.noop(4)
engine.call(verify, Template({}))
