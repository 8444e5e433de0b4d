# Eight that require one, which is replaced.
base = Template(
    {
        'Z': RsrcDef({'!z': 1}, []),
        **{name: RsrcDef({'z': GetRes('Z')}, []) for name in 'ABCDEFGH'},
    }
)
changed = Template(
    {
        'Z': RsrcDef({'!z': 2}, []),
        **{name: RsrcDef({'z': GetRes('Z')}, []) for name in 'ABCDEFGH'},
    }
)
engine.create_stack('demo', base)
engine.noop(9)
engine.call(verify, base)
engine.update_stack('demo', changed)
engine.noop(19)
engine.call(verify, changed)
engine.delete_stack('demo')
engine.noop(9)
engine.call(verify, Template({}))
