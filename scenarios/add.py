# An update adds resources that refer to old ones.
base = Template({'A': RsrcDef({'a': 1}, [])})
more = Template(
    {
        'A': RsrcDef({'a': 1}, []),
        'B': RsrcDef({'a': GetRes('A')}, []),
        'C': RsrcDef({}, ['B']),
    }
)
engine.create_stack('demo', base)
engine.noop(1)
engine.update_stack('demo', more)
engine.noop(4)
engine.call(verify, more)

engine.delete_stack('demo')
engine.noop(8)
engine.call(verify, Template({}))
