"""Save declared types and more of resources, and mark the tainted and the external ones.

Users see the type that a template declares. All resources of nested templates get one type, so
that the name of the file does not identify a resource.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from heatconv.db.migrations import resumable

revision = '0007'
down_revision = '0006'


def _name(length=255):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql'
    )


def _word(length=36):
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'), 'mysql'
    )


def upgrade():
    resumable.add_column(
        'resource', sa.Column('declared_type', _name(), nullable=False, server_default='')
    )
    resumable.add_column('resource', sa.Column('frozen', _word()))
    for name in ('tainted', 'external'):
        resumable.add_column(
            'resource', sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())
        )
    for ending in ('.yaml', '.template'):
        op.execute(
            sa.text(
                'UPDATE resource SET declared_type = type, type = :type WHERE type LIKE :pattern'
            ).bindparams(type='OS::Heat::TemplateResource', pattern=f'%{ending}')
        )
