"""The tables of the database, in terms of SQLAlchemy Core.

Ids and names are compared byte by byte on every database. With its default collation, MariaDB
would treat ``A`` and ``a`` as the same resource.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

metadata = sa.MetaData()


def id_type(length: int = 36) -> sa.types.TypeEngine[str]:
    """Return the type of a column of ids or other ASCII strings."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='ascii', collation='ascii_bin'), 'mysql'
    )


def name_type(length: int = 255) -> sa.types.TypeEngine[str]:
    """Return the type of a column that holds a name chosen by a user."""
    return sa.String(length).with_variant(
        mysql.VARCHAR(length, charset='utf8mb4', collation='utf8mb4_bin'), 'mysql'
    )


def text_type() -> sa.types.TypeEngine[str]:
    """Return the type of a column of texts of any length."""
    return sa.Text().with_variant(mysql.LONGTEXT(charset='utf8mb4'), 'mysql')


def time_type() -> sa.types.TypeEngine[float]:
    """Return the type of a column that holds seconds since the epoch."""
    return sa.Double()


template = sa.Table(
    'template',
    metadata,
    sa.Column('id', id_type(64), primary_key=True),
    sa.Column('content', text_type(), nullable=False),
    sa.Column('created_at', time_type(), nullable=False),
    # The content without resources, outputs and files; null in older rows.
    sa.Column('head', text_type()),
)

stack = sa.Table(
    'stack',
    metadata,
    sa.Column('id', id_type(), primary_key=True),
    sa.Column('project_id', name_type(64), nullable=False),
    sa.Column('name', name_type(), nullable=False),
    sa.Column('action', id_type(16), nullable=False),
    sa.Column('status', id_type(16), nullable=False),
    sa.Column('reason', text_type(), nullable=False),
    sa.Column('version', sa.BigInteger, nullable=False),
    sa.Column('traversal_id', id_type()),
    sa.Column('template_id', id_type(64)),
    sa.Column('previous_template_id', id_type(64)),
    sa.Column('last_good_id', id_type(64)),
    sa.Column('wish_id', id_type()),
    sa.Column('wish_template_id', id_type(64)),
    sa.Column('disable_rollback', sa.Boolean, nullable=False),
    sa.Column('gives_up', sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column('timeout_mins', sa.Integer),
    sa.Column('deadline', time_type()),
    sa.Column('tags', text_type(), nullable=False),
    sa.Column('username', name_type(), nullable=False),
    sa.Column('request_id', name_type(), nullable=False, server_default=''),
    sa.Column('created_at', time_type(), nullable=False),
    sa.Column('updated_at', time_type()),
    sa.Column('deleted_at', time_type()),
    # '' while the stack is live, its id once it is deleted. So the name of a deleted stack can be
    # used again.
    sa.Column('deleted', id_type(), nullable=False),
    # The id of the stack that owns a nested stack, and the name of its resource there; null for
    # other stacks.
    sa.Column('owner_id', id_type()),
    sa.Column('owner_resource', name_type()),
    sa.UniqueConstraint('project_id', 'name', 'deleted', name='uq_stack_name'),
    sa.Index('ix_stack_traversal', 'traversal_id'),
    sa.Index('ix_stack_wish', 'wish_id'),
    sa.Index('ix_stack_deadline', 'deadline'),
    sa.Index('ix_stack_deleted_at', 'deleted_at'),
    sa.Index('ix_stack_owner', 'owner_id'),
)

resource = sa.Table(
    'resource',
    metadata,
    sa.Column('id', id_type(), primary_key=True),
    sa.Column('stack_id', id_type(), nullable=False),
    sa.Column('name', name_type(), nullable=False),
    sa.Column('type', name_type(), nullable=False),
    sa.Column('action', id_type(16), nullable=False),
    sa.Column('status', id_type(16), nullable=False),
    sa.Column('reason', text_type(), nullable=False),
    sa.Column('version', sa.BigInteger, nullable=False),
    sa.Column('claim', id_type()),
    sa.Column('suspect', sa.Boolean, nullable=False),
    sa.Column('template_id', id_type(64)),
    sa.Column('physical_id', name_type()),
    sa.Column('properties', text_type()),
    sa.Column('attributes', text_type(), nullable=False),
    sa.Column('requires', text_type(), nullable=False),
    sa.Column('deletion_policy', id_type(16), nullable=False),
    sa.Column('replaces', id_type()),
    sa.Column('replaced_by', id_type()),
    sa.Column('created_at', time_type(), nullable=False),
    sa.Column('updated_at', time_type()),
    # The fingerprint that the last check saved; '' if it is not certain.
    sa.Column('fingerprint', id_type(), nullable=False, server_default=''),
    # The type as the template declares it, if the environment maps it to another; else ''.
    sa.Column('declared_type', name_type(), nullable=False, server_default=''),
    # True if the next update replaces the resource.
    sa.Column('tainted', sa.Boolean, nullable=False, server_default=sa.false()),
    # True if the resource exists independently of the stack.
    sa.Column('external', sa.Boolean, nullable=False, server_default=sa.false()),
    # A digest of metadata, explicit dependencies and policies; null if it is not known.
    sa.Column('frozen', id_type()),
    # True if the row is unclaimed and unsettled: the sweep searches for these rows.
    sa.Column('doubt', sa.Boolean, nullable=False, server_default=sa.false()),
    # No index contains a column that an operation changes, so the updates of an operation do not
    # write to any index.
    sa.Index('ix_resource_stack_name', 'stack_id', 'name'),
    sa.Index('ix_resource_doubt', 'doubt'),
)

#: The claimed rows and their leases. This table replaces an index on ``resource.claim``: it is as
#: large as the work in progress. A real index would be written twice for each operation.
claim = sa.Table(
    'claim',
    metadata,
    sa.Column('row_id', id_type(), primary_key=True),
    sa.Column('lease_id', id_type(), nullable=False),
)

node = sa.Table(
    'node',
    metadata,
    # Traversal, kind and name in one column: so every database reads a list of nodes as a
    # range of one key.
    sa.Column('id', name_type(300), primary_key=True),
    sa.Column('traversal_id', id_type(), nullable=False),
    sa.Column('stack_id', id_type(), nullable=False),
    sa.Column('kind', id_type(1), nullable=False),
    sa.Column('name', name_type(), nullable=False),
    sa.Column('subject', id_type()),
    sa.Column('status', id_type(8), nullable=False),
    sa.Column('blockers', sa.BigInteger, nullable=False),
    sa.Column('successors', text_type(), nullable=False),
    sa.Column('attempts', sa.Integer, nullable=False),
    # The serialized resource definition of an update node; null for other nodes.
    sa.Column('definition', text_type()),
    # The hooks of the node, separated by commas; null for most nodes.
    sa.Column('hooks', id_type(128)),
    sa.Index('ix_node_traversal', 'traversal_id'),
    sa.Index('ix_node_subject', 'subject'),
)

#: The ready nodes and the times of their last announcement, for the sweep. This table replaces an
#: index on ``node``: it is as large as the waiting work.
ready = sa.Table(
    'ready',
    metadata,
    sa.Column('id', name_type(300), primary_key=True),
    sa.Column('traversal_id', id_type(), nullable=False),
    sa.Column('touched_at', time_type(), nullable=False),
    sa.Index('ix_ready_traversal', 'traversal_id'),
    sa.Index('ix_ready_touched', 'touched_at'),
)

event = sa.Table(
    'event',
    metadata,
    sa.Column(
        'seq',
        sa.BigInteger().with_variant(sa.Integer, 'sqlite'),
        primary_key=True,
        autoincrement=True,
    ),
    sa.Column('id', id_type(), nullable=False),
    sa.Column('stack_id', id_type(), nullable=False),
    sa.Column('at', time_type(), nullable=False),
    sa.Column('resource_name', name_type()),
    sa.Column('resource_type', name_type(), nullable=False),
    sa.Column('physical_id', name_type()),
    sa.Column('action', id_type(16), nullable=False),
    sa.Column('status', id_type(16), nullable=False),
    sa.Column('reason', text_type(), nullable=False),
    sa.Index('uq_event_id', 'id', unique=True),
    sa.Index('ix_event_stack', 'stack_id', 'seq'),
)

lease = sa.Table(
    'lease',
    metadata,
    sa.Column('id', id_type(), primary_key=True),
    sa.Column('kind', id_type(16), nullable=False),
    sa.Column('host', name_type(), nullable=False),
    sa.Column('pid', sa.Integer, nullable=False),
    sa.Column('started_at', time_type(), nullable=False),
    sa.Column('expires_at', time_type(), nullable=False),
    sa.Column('server', name_type(), nullable=False, server_default=''),
    sa.Column('queued', sa.Integer, nullable=False, server_default='0'),
    sa.Index('ix_lease_expires', 'expires_at'),
)

orphan_check = sa.Table(
    'orphan_check',
    metadata,
    sa.Column('id', id_type(80), primary_key=True),
    sa.Column('row', text_type(), nullable=False),
    sa.Column('due_at', time_type(), nullable=False),
    sa.Column('attempts', sa.Integer, nullable=False),
    sa.Index('ix_orphan_check_due', 'due_at'),
)

#: Snapshots of stacks. ``resources`` is JSON: the exported resources by name.
snapshot = sa.Table(
    'snapshot',
    metadata,
    sa.Column('id', id_type(), primary_key=True),
    sa.Column('stack_id', id_type(), nullable=False),
    sa.Column('name', name_type(), nullable=False),
    sa.Column('template_id', id_type(64)),
    sa.Column('resources', text_type(), nullable=False),
    sa.Column('created_at', time_type(), nullable=False),
    sa.Index('ix_snapshot_stack', 'stack_id'),
    sa.Index('ix_snapshot_template', 'template_id'),
)

#: Software configurations and deployments. ``content`` is JSON.
software = sa.Table(
    'software',
    metadata,
    sa.Column('id', id_type(), primary_key=True),
    sa.Column('project_id', name_type(64), nullable=False),
    sa.Column('kind', id_type(16), nullable=False),
    sa.Column('content', text_type(), nullable=False),
    sa.Column('created_at', time_type(), nullable=False),
    sa.Column('updated_at', time_type()),
    sa.Index('ix_software_project', 'project_id', 'kind'),
)

#: Signals to resources, by the token of the resource.
signal = sa.Table(
    'signal',
    metadata,
    sa.Column('token', id_type(), primary_key=True),
    sa.Column('id', name_type(), primary_key=True),
    sa.Column('number', sa.Integer, nullable=False),
    sa.Column('status', id_type(16), nullable=False),
    sa.Column('reason', text_type(), nullable=False),
    sa.Column('data', text_type(), nullable=False),
)

#: The physical resources of the built-in types, which need no cloud; see `heatconv.db.records`.
virtual_resource = sa.Table(
    'virtual_resource',
    metadata,
    sa.Column('token', id_type(), primary_key=True),
    sa.Column('type', name_type(), nullable=False),
    sa.Column('physical_id', name_type(), nullable=False),
    sa.Column('properties', text_type(), nullable=False),
    sa.Column('state', text_type(), nullable=False),
)
