"""Stacks that are resources of others, and nodes that wait at hooks.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = '0005'
down_revision = '0004'


def _name(length=255):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql'
    )


def _word(length=36):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'), 'mysql'
    )


def upgrade():
    op.add_column('stack', sa.Column('owner_id', _word()))
    op.add_column('stack', sa.Column('owner_resource', _name()))
    op.create_index('ix_stack_owner', 'stack', ['owner_id'])
    op.add_column('node', sa.Column('hooks', _word(128)))
