"""Stack snapshots.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from heatconv.db.migrations import resumable

revision = '0004'
down_revision = '0003'


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
        'snapshot',
        sa.Column('id', _word(), primary_key=True),
        sa.Column('stack_id', _word(), nullable=False),
        sa.Column('name', _name(), nullable=False),
        sa.Column('template_id', _word(64)),
        sa.Column('resources', _text(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
    )
    resumable.create_index('ix_snapshot_stack', 'snapshot', ['stack_id'])
    resumable.create_index('ix_snapshot_template', 'snapshot', ['template_id'])
