"""Stacks that do not wait for what is under way, and what a service tells of itself.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0002'
down_revision = '0001'


def _name(length=255):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql'
    )


def upgrade():
    op.add_column(
        'stack', sa.Column('gives_up', sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column('stack', sa.Column('request_id', _name(), nullable=False, server_default=''))
    op.add_column('lease', sa.Column('server', _name(), nullable=False, server_default=''))
    op.add_column('lease', sa.Column('queued', sa.Integer, nullable=False, server_default='0'))
