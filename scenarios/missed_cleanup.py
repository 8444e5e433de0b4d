# The cleanup of a replaced resource is superseded, and made up for.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'a': 'updated'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C')}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)
more = Template(
    {
        'A': RsrcDef({'a': 'updated'}, []),
        'B': RsrcDef({}, []),
        'C': RsrcDef({'!a': GetAtt('A', 'a')}, ['B']),
        'D': RsrcDef({'c': GetRes('C'), 'd': 1}, []),
        'E': RsrcDef({'ca': GetAtt('C', '!a')}, []),
    }
)


def copies(expected):
    test.assertEqual(expected, len(reality.resources_by_logical_name('C')))


engine.create_stack('demo', base)
engine.noop(5)
engine.call(verify, base)
engine.update_stack('demo', changed)
engine.noop(7)
engine.call(copies, 2)
engine.update_stack('demo', more)
engine.noop(16)
engine.call(verify, more)
engine.call(copies, 1)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
