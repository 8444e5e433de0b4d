# A resource waits before it is made and after, and what needs it waits with it.
base = Template(
    {
        'A': RsrcDef({'a': 'initial'}, [], hooks=('pre-create', 'post-create')),
        'B': RsrcDef({'a': GetAtt('A', 'a')}, []),
    }
)
changed = Template(
    {
        'A': RsrcDef({'a': 'updated'}, [], hooks=('pre-update', 'pre-delete')),
        'B': RsrcDef({'a': GetAtt('A', 'a')}, []),
    }
)


def nothing_is_there():
    test.assertEqual({}, reality.all_resources())


def only_a_is_there():
    test.assertEqual(['A'], [one.logical_name for one in reality.all_resources().values()])


engine.create_stack('demo', base)
engine.noop(5)
engine.call(nothing_is_there)
engine.clear_hook('demo', 'A', 'pre-create')
engine.noop(5)
engine.call(only_a_is_there)
engine.clear_hook('demo', 'A', 'post-create')
engine.noop(5)
engine.call(verify, base)

engine.update_stack('demo', changed)
engine.noop(5)
engine.call(verify, base)
engine.clear_hook('demo', 'A', 'pre-update')
engine.noop(5)
engine.call(verify, changed)

engine.delete_stack('demo')
engine.noop(5)
engine.call(only_a_is_there)
engine.clear_hook('demo', 'A', 'pre-delete')
engine.noop(5)
engine.call(verify, Template({}))
