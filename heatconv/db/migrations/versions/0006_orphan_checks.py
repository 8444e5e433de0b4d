"""Rename the table ``aftermath`` to ``orphan_check``, as the code calls it.

It holds the checks for what a fenced process may still have done.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa

from heatconv.db.migrations import resumable

revision = '0006'
down_revision = '0005'


def upgrade():
    resumable.drop_index('ix_aftermath_due', 'aftermath')
    resumable.rename_table('aftermath', 'orphan_check')
    resumable.rename_column('orphan_check', 'looks', 'attempts', sa.Integer())
    resumable.create_index('ix_orphan_check_due', 'orphan_check', ['due_at'])
