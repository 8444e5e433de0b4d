"""Nested stacks, hooks of nodes, signals, and software configurations and deployments.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from heatconv.db.migrations import resumable

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


def _text():
    return sa.Text().with_variant(mysql.LONGTEXT(charset='utf8mb4'), 'mysql')


def upgrade():
    resumable.add_column('stack', sa.Column('owner_id', _word()))
    resumable.add_column('stack', sa.Column('owner_resource', _name()))
    resumable.create_index('ix_stack_owner', 'stack', ['owner_id'])
    resumable.add_column('node', sa.Column('hooks', _word(128)))
    resumable.create_table(
        'software',
        sa.Column('id', _word(), primary_key=True),
        sa.Column('project_id', _name(64), nullable=False),
        sa.Column('kind', _word(16), nullable=False),
        sa.Column('content', _text(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double()),
    )
    resumable.create_index('ix_software_project', 'software', ['project_id', 'kind'])
    resumable.create_table(
        'signal',
        sa.Column('token', _word(), primary_key=True),
        sa.Column('id', _name(), primary_key=True),
        sa.Column('number', sa.Integer, nullable=False),
        sa.Column('status', _word(16), nullable=False),
        sa.Column('reason', _text(), nullable=False),
        sa.Column('data', _text(), nullable=False),
    )
