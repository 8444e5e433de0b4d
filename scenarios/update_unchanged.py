# The same template again changes nothing, not even an id.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)


def remember():
    global before
    before = sorted(reality.all_resources())


def nothing_new():
    test.assertEqual(before, sorted(reality.all_resources()))


engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.call(remember)
engine.update_stack('demo', base)
engine.noop(10)
engine.call(verify, base)
engine.call(nothing_new)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
