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

from heatconv.db.migrations import resumable

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
    resumable.create_table(
        'claim',
        sa.Column('row_id', _word(), primary_key=True),
        sa.Column('lease_id', _word(), nullable=False),
    )
    resumable.create_table(
        'ready',
        sa.Column('id', _name(300), primary_key=True),
        sa.Column('traversal_id', _word(), nullable=False),
        sa.Column('touched_at', sa.Double(), nullable=False),
    )
    resumable.create_index('ix_ready_traversal', 'ready', ['traversal_id'])
    resumable.create_index('ix_ready_touched', 'ready', ['touched_at'])
    resumable.add_column(
        'resource', sa.Column('fingerprint', _word(), nullable=False, server_default='')
    )
    resumable.add_column(
        'resource', sa.Column('doubt', sa.Boolean, nullable=False, server_default=sa.false())
    )
    resumable.add_column('node', sa.Column('definition', _text()))
    resumable.add_column('template', sa.Column('head', _text()))

    op.execute(
        'INSERT INTO claim (row_id, lease_id) '
        'SELECT id, claim FROM resource WHERE claim IS NOT NULL '
        'AND id NOT IN (SELECT row_id FROM claim)'
    )
    if resumable.has_column('node', 'touched_at'):
        op.execute(
            'INSERT INTO ready (id, traversal_id, touched_at) '
            "SELECT id, traversal_id, touched_at FROM node WHERE status = 'ready' "
            'AND id NOT IN (SELECT id FROM ready)'
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

    resumable.drop_index('ix_resource_claim', 'resource')
    resumable.drop_index('ix_resource_suspect', 'resource')
    resumable.drop_index('ix_resource_status', 'resource')
    resumable.create_index('ix_resource_doubt', 'resource', ['doubt'])
    resumable.drop_index('ix_node_status_touched', 'node')
    resumable.drop_column('node', 'touched_at')

    if op.get_bind().dialect.name == 'postgresql':
        # Leave room for new versions of a row on its page, so that an update does not write to
        # any index (heap-only tuples).
        op.execute('ALTER TABLE resource SET (fillfactor = 60)')
        op.execute('ALTER TABLE node SET (fillfactor = 60)')
