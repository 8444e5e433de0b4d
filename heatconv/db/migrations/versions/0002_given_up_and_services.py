"""Give-up, requests, service details, and the aftermath of voided claims.

Stacks get the give-up flag and the id of their request. Leases get the name of the server and its
queue length. The new table ``aftermath`` holds the checks for what a dead process may still do.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from heatconv.db.migrations import resumable

revision = '0002'
down_revision = '0001'


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
    resumable.add_column(
        'stack', sa.Column('gives_up', sa.Boolean, nullable=False, server_default=sa.false())
    )
    resumable.add_column(
        'stack', sa.Column('request_id', _name(), nullable=False, server_default='')
    )
    resumable.add_column('lease', sa.Column('server', _name(), nullable=False, server_default=''))
    resumable.create_table(
        'aftermath',
        sa.Column('id', _word(80), primary_key=True),
        sa.Column('row', _text(), nullable=False),
        sa.Column('due_at', sa.Double(), nullable=False),
        sa.Column('looks', sa.Integer, nullable=False),
    )
    resumable.create_index('ix_aftermath_due', 'aftermath', ['due_at'])
    resumable.add_column(
        'lease', sa.Column('queued', sa.Integer, nullable=False, server_default='0')
    )
