"""The initial schema.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from heatconv.db.migrations import resumable

revision = '0001'
down_revision = None


def _word(length=36):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'), 'mysql'
    )


def _name(length=255):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql'
    )


def _text():
    return sa.Text().with_variant(mysql.LONGTEXT(charset='utf8mb4'), 'mysql')


def upgrade():
    resumable.create_table(
        'template',
        sa.Column('id', _word(64), primary_key=True),
        sa.Column('content', _text(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
    )
    resumable.create_table(
        'stack',
        sa.Column('id', _word(), primary_key=True),
        sa.Column('project_id', _name(64), nullable=False),
        sa.Column('name', _name(), nullable=False),
        sa.Column('action', _word(16), nullable=False),
        sa.Column('status', _word(16), nullable=False),
        sa.Column('reason', _text(), nullable=False),
        sa.Column('version', sa.BigInteger, nullable=False),
        sa.Column('traversal_id', _word()),
        sa.Column('template_id', _word(64)),
        sa.Column('previous_template_id', _word(64)),
        sa.Column('last_good_id', _word(64)),
        sa.Column('wish_id', _word()),
        sa.Column('wish_template_id', _word(64)),
        sa.Column('disable_rollback', sa.Boolean, nullable=False),
        sa.Column('timeout_mins', sa.Integer),
        sa.Column('deadline', sa.Double()),
        sa.Column('tags', _text(), nullable=False),
        sa.Column('username', _name(), nullable=False),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double()),
        sa.Column('deleted_at', sa.Double()),
        sa.Column('deleted', _word(), nullable=False),
        sa.UniqueConstraint('project_id', 'name', 'deleted', name='uq_stack_name'),
    )
    resumable.create_index('ix_stack_traversal', 'stack', ['traversal_id'])
    resumable.create_index('ix_stack_wish', 'stack', ['wish_id'])
    resumable.create_index('ix_stack_deadline', 'stack', ['deadline'])
    resumable.create_index('ix_stack_deleted_at', 'stack', ['deleted_at'])
    resumable.create_table(
        'resource',
        sa.Column('id', _word(), primary_key=True),
        sa.Column('stack_id', _word(), nullable=False),
        sa.Column('name', _name(), nullable=False),
        sa.Column('type', _name(), nullable=False),
        sa.Column('action', _word(16), nullable=False),
        sa.Column('status', _word(16), nullable=False),
        sa.Column('reason', _text(), nullable=False),
        sa.Column('version', sa.BigInteger, nullable=False),
        sa.Column('claim', _word()),
        sa.Column('suspect', sa.Boolean, nullable=False),
        sa.Column('template_id', _word(64)),
        sa.Column('physical_id', _name()),
        sa.Column('properties', _text()),
        sa.Column('attributes', _text(), nullable=False),
        sa.Column('requires', _text(), nullable=False),
        sa.Column('deletion_policy', _word(16), nullable=False),
        sa.Column('replaces', _word()),
        sa.Column('replaced_by', _word()),
        sa.Column('created_at', sa.Double(), nullable=False),
        sa.Column('updated_at', sa.Double()),
    )
    resumable.create_index('ix_resource_stack_name', 'resource', ['stack_id', 'name'])
    resumable.create_index('ix_resource_claim', 'resource', ['claim'])
    resumable.create_index('ix_resource_suspect', 'resource', ['suspect'])
    resumable.create_index('ix_resource_status', 'resource', ['status'])
    resumable.create_table(
        'node',
        sa.Column('id', _name(300), primary_key=True),
        sa.Column('traversal_id', _word(), nullable=False),
        sa.Column('stack_id', _word(), nullable=False),
        sa.Column('kind', _word(1), nullable=False),
        sa.Column('name', _name(), nullable=False),
        sa.Column('subject', _word()),
        sa.Column('status', _word(8), nullable=False),
        sa.Column('blockers', sa.BigInteger, nullable=False),
        sa.Column('successors', _text(), nullable=False),
        sa.Column('attempts', sa.Integer, nullable=False),
        sa.Column('touched_at', sa.Double(), nullable=False),
    )
    resumable.create_index('ix_node_traversal', 'node', ['traversal_id'])
    resumable.create_index('ix_node_subject', 'node', ['subject'])
    resumable.create_index('ix_node_status_touched', 'node', ['status', 'touched_at'])
    resumable.create_table(
        'event',
        sa.Column(
            'seq',
            sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column('id', _word(), nullable=False),
        sa.Column('stack_id', _word(), nullable=False),
        sa.Column('at', sa.Double(), nullable=False),
        sa.Column('resource_name', _name()),
        sa.Column('resource_type', _name(), nullable=False),
        sa.Column('physical_id', _name()),
        sa.Column('action', _word(16), nullable=False),
        sa.Column('status', _word(16), nullable=False),
        sa.Column('reason', _text(), nullable=False),
    )
    resumable.create_index('uq_event_id', 'event', ['id'], unique=True)
    resumable.create_index('ix_event_stack', 'event', ['stack_id', 'seq'])
    resumable.create_table(
        'lease',
        sa.Column('id', _word(), primary_key=True),
        sa.Column('kind', _word(16), nullable=False),
        sa.Column('host', _name(), nullable=False),
        sa.Column('pid', sa.Integer, nullable=False),
        sa.Column('started_at', sa.Double(), nullable=False),
        sa.Column('expires_at', sa.Double(), nullable=False),
    )
    resumable.create_index('ix_lease_expires', 'lease', ['expires_at'])
    resumable.create_table(
        'virtual_resource',
        sa.Column('token', _word(), primary_key=True),
        sa.Column('type', _name(), nullable=False),
        sa.Column('physical_id', _name(), nullable=False),
        sa.Column('properties', _text(), nullable=False),
        sa.Column('state', _text(), nullable=False),
    )
