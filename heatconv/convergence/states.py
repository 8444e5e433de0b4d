"""The states of a resource row, and the transitions between them.

The state names of the documentation (INIT, CREATING, OK, ...) are pairs of action and status
here, as Heat's API shows them.
"""

from __future__ import annotations

from heatconv.convergence.model import Action, Resource, Status

State = tuple[Action, Status]

INIT: State = (Action.INIT, Status.COMPLETE)
CREATING: State = (Action.CREATE, Status.IN_PROGRESS)
CREATED: State = (Action.CREATE, Status.COMPLETE)
CREATE_FAILED: State = (Action.CREATE, Status.FAILED)
UPDATING: State = (Action.UPDATE, Status.IN_PROGRESS)
UPDATED: State = (Action.UPDATE, Status.COMPLETE)
UPDATE_FAILED: State = (Action.UPDATE, Status.FAILED)
DELETING: State = (Action.DELETE, Status.IN_PROGRESS)
DELETE_FAILED: State = (Action.DELETE, Status.FAILED)
CHECK_FAILED: State = (Action.CHECK, Status.FAILED)
CHECKED: State = (Action.CHECK, Status.COMPLETE)
SUSPENDED: State = (Action.SUSPEND, Status.COMPLETE)
RESUMED: State = (Action.RESUME, Status.COMPLETE)
SNAPSHOTTED: State = (Action.SNAPSHOT, Status.COMPLETE)

#: The states in which a resource is as requested.
HEALTHY = (CREATED, UPDATED, CHECKED, SUSPENDED, RESUMED, SNAPSHOTTED)
_INSPECTED = (CHECKED, SUSPENDED, RESUMED, SNAPSHOTTED, CHECK_FAILED)
_CHANGED = (UPDATING, UPDATED, UPDATE_FAILED, CREATE_FAILED, DELETING)

#: For each state, the states that one write may lead to. A write that keeps the state (a
#: claim, a release, a change of template) is always allowed. The deletion of a row is not a
#: transition; only INIT and DELETING rows, and rows with a retained resource, are deleted.
TRANSITIONS: dict[State, tuple[State, ...]] = {
    INIT: (CREATING, CREATE_FAILED),
    CREATING: (CREATED, CREATE_FAILED, DELETING),
    CREATED: (*_CHANGED, *_INSPECTED),
    CREATE_FAILED: (CREATING, UPDATING, CREATED, UPDATED, UPDATE_FAILED, DELETING, CHECK_FAILED),
    UPDATING: (UPDATED, UPDATE_FAILED, CREATE_FAILED, DELETING),
    UPDATED: (*_CHANGED, *_INSPECTED),
    UPDATE_FAILED: (UPDATING, UPDATED, CREATE_FAILED, DELETING, CHECK_FAILED),
    DELETING: (DELETE_FAILED,),
    DELETE_FAILED: (DELETING,),
    CHECK_FAILED: (CREATING, UPDATING, UPDATED, CREATE_FAILED, UPDATE_FAILED, DELETING, CHECKED),
    CHECKED: (*_CHANGED, *_INSPECTED),
    SUSPENDED: (*_CHANGED, *_INSPECTED),
    RESUMED: (*_CHANGED, *_INSPECTED),
    SNAPSHOTTED: (*_CHANGED, *_INSPECTED),
}


def state(row: Resource) -> State:
    """Return the state of a row."""
    return (row.action, row.status)


def allowed(before: State, after: State) -> bool:
    """Say whether one write may lead from the state ``before`` to the state ``after``."""
    return before == after or after in TRANSITIONS[before]


def begun(row: Resource) -> bool:
    """Say whether the row has left INIT: an operation was begun for it, or refused."""
    return state(row) != INIT


def healthy(row: Resource) -> bool:
    """Say whether the last operation succeeded and nothing puts it in doubt."""
    return state(row) in HEALTHY


def in_progress(row: Resource) -> bool:
    """Say whether a create or an update was begun and not finished."""
    return state(row) in (CREATING, UPDATING)


def doomed(row: Resource) -> bool:
    """Say whether a delete was begun: such a row is never chosen, reused or revived."""
    return row.action == Action.DELETE


def unsettled(row: Resource) -> bool:
    """Say whether reality must be observed before anything is decided about the row."""
    return not doomed(row) and (in_progress(row) or row.suspect)
