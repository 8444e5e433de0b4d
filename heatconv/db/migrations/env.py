"""The environment script of alembic: run migrations on the connection of the configuration.

`heatconv.db.migration` passes the connection.
"""

from alembic import context

from heatconv.db import tables

connection = context.config.attributes['connection']
context.configure(
    connection=connection,
    target_metadata=tables.metadata,
    transaction_per_migration=False,
    render_as_batch=connection.dialect.name == 'sqlite',
)
context.run_migrations()
