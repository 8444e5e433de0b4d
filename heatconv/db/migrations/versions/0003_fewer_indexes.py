"""Fewer indexes, and resource definitions in nodes.

The tables ``claim`` and ``ready`` and the column ``doubt`` replace indexes on columns that an
operation changes, so its updates do not write to any index. Nodes get the serialized definition of
their resource, resources a fingerprint, and templates a head.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0003'
down_revision = '0002'


def _name(length=255):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql'
    )


def _word(length=36):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'), 'mysql'
    )


def _text():
    return sa.Text().with_variant(mysql.LONGTEXT(charset='utf8mb4'), 'mysql')


def upgrade():
    op.create_table(
        'claim',
        sa.Column('row_id', _word(), primary_key=True),
        sa.Column('lease_id', _word(), nullable=False),
    )
    op.create_table(
        'ready',
        sa.Column('id', _name(300), primary_key=True),
        sa.Column('traversal_id', _word(), nullable=False),
        sa.Column('touched_at', sa.Double(), nullable=False),
    )
    op.create_index('ix_ready_traversal', 'ready', ['traversal_id'])
    op.create_index('ix_ready_touched', 'ready', ['touched_at'])
    op.add_column('resource', sa.Column('fingerprint', _word(), nullable=False, server_default=''))
    op.add_column(
        'resource', sa.Column('doubt', sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column('node', sa.Column('definition', _text()))
    op.add_column('template', sa.Column('head', _text()))

    op.execute(
        'INSERT INTO claim (row_id, lease_id) '
        'SELECT id, claim FROM resource WHERE claim IS NOT NULL'
    )
    op.execute(
        'INSERT INTO ready (id, traversal_id, touched_at) '
        "SELECT id, traversal_id, touched_at FROM node WHERE status = 'ready'"
    )
    resource = sa.table(
        'resource', *map(sa.column, ('claim', 'suspect', 'action', 'status', 'doubt'))
    )
    unsettled = sa.or_(
        resource.c.suspect == sa.true(),
        sa.and_(resource.c.status == 'IN_PROGRESS', resource.c.action.in_(('CREATE', 'UPDATE'))),
    )
    op.execute(
        sa.update(resource)
        .where(resource.c.claim.is_(None), resource.c.action != 'DELETE', unsettled)
        .values(doubt=sa.true())
    )

    op.drop_index('ix_resource_claim', 'resource')
    op.drop_index('ix_resource_suspect', 'resource')
    op.drop_index('ix_resource_status', 'resource')
    op.create_index('ix_resource_doubt', 'resource', ['doubt'])
    op.drop_index('ix_node_status_touched', 'node')
    with op.batch_alter_table('node') as batch:
        batch.drop_column('touched_at')

    if op.get_bind().dialect.name == 'postgresql':
        # Room for the next versions of a row beside it: then no index hears of them.
        op.execute('ALTER TABLE resource SET (fillfactor = 60)')
        op.execute('ALTER TABLE node SET (fillfactor = 60)')
