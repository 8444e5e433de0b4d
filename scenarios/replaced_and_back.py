# What was replaced is wanted again before it is gone: it is kept.
base = Template({'A': RsrcDef({'!a': 1}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})
changed = Template({'A': RsrcDef({'!a': 2}, []), 'B': RsrcDef({'a': GetRes('A')}, [])})


def remember():
    global before
    before = sorted(reality.all_resources())


def nothing_new():
    test.assertEqual(before, sorted(reality.all_resources()))


engine.create_stack('demo', base)
engine.noop(2)
engine.call(remember)
engine.update_stack('demo', changed)
engine.noop(2)
engine.update_stack('demo', base)
engine.noop(12)
engine.call(verify, base)
engine.call(nothing_new)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
