# A property changes in place, and nothing is made anew.
base = Template(
    {
        'A': RsrcDef({'a': 1}, []),
        'B': RsrcDef({'a': GetAtt('A', 'a')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'a': 2}, []),
        'B': RsrcDef({'a': GetAtt('A', 'a')}, []),
    }
)


def remember():
    global before
    before = sorted(reality.all_resources())


def nothing_new():
    test.assertEqual(before, sorted(reality.all_resources()))


engine.create_stack('demo', base)
engine.noop(2)
engine.call(remember)
engine.update_stack('demo', changed)
engine.noop(4)
engine.call(verify, changed)
engine.call(nothing_new)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
