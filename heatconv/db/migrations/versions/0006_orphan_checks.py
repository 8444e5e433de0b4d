"""Rename the table ``aftermath`` to ``orphan_check``, as the code calls it.

It holds the checks for what a fenced process may still have done.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'


def upgrade():
    op.drop_index('ix_aftermath_due', 'aftermath')
    op.rename_table('aftermath', 'orphan_check')
    op.alter_column(
        'orphan_check',
        'looks',
        new_column_name='attempts',
        existing_type=sa.Integer(),
        existing_nullable=False,
    )
    op.create_index('ix_orphan_check_due', 'orphan_check', ['due_at'])
