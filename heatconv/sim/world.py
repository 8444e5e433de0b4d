"""The simulated world: engines, workers, messages and reality, advanced one step at a time.

The world runs the tasks of the real engine and the real worker on a real store. Plugin calls use
the worker's plugin caller, and sweeps are the worker's sweep. Time, threads, messages, processes
and crashes are simulated. The world makes no choices: `choices` returns the possible moves, and a
driver picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from heatconv.convergence.hooks import due
from heatconv.convergence.model import NodeKey, Stack
from heatconv.engine.prepare import prepare
from heatconv.engine.requests.core import Requests
from heatconv.exception import HeatconvException
from heatconv.resources.registry import Registry
from heatconv.runtime.effects import Task
from heatconv.sim import language, script
from heatconv.sim.moves import (
    LATER,
    NEXT,
    NOW,
    Choice,
    Message,
    Pause,
    Running,
    SimClock,
    SimIds,
    SimWorker,
)
from heatconv.sim.reality import RETRIES, Reality, SimResource
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.tasks import Tasks
from heatconv.sim.templates import Templates
from heatconv.sim.user import PROJECT, User
from heatconv.sim.watcher import Watcher, hooks
from heatconv.storage.base import Store
from heatconv.storage.stack_query import StackQuery
from heatconv.worker.check import Checker
from heatconv.worker.lease import LeaseKeeper
from heatconv.worker.plugin_caller import PluginCaller
from heatconv.worker.sweep import Sweep

LEASE_SECONDS = 10.0
HEARTBEAT_SECONDS = 2.0
ACTION_SECONDS = 4.0
POLL_SECONDS = 1.0
SWEEP_SECONDS = 4.0
#: Delay of the only orphan check of a voided claim. A parked worker may die for good only before
#: it, so that the check finds what the worker did; later the worker can only continue.
ORPHAN_CHECK_SECONDS = 12.0


class World(Tasks):
    """The state of a simulation, and its possible moves.

    :param watchers: notified of every event.
    :param workers: number of workers at the start.
    :param sweeps: whether workers sweep.
    :param settles: whether engines leave out nodes whose check would find nothing to do.
    :param tracing: whether to record a trace.
    """

    def __init__(
        self,
        store: Store,
        clock: SimClock,
        ids: SimIds,
        templates: Templates,
        *,
        workers: int = 3,
        watchers: Sequence[Watcher] = (),
        sweeps: bool = True,
        settles: bool = False,
        tracing: bool = False,
    ) -> None:
        self.store = store
        self.clock = clock
        self.ids = ids
        self.reality = Reality()
        self.registry = self.make_registry()
        self.templates = templates.bound(store, self.registry)
        self.watchers = tuple(watchers)
        self._hooks = hooks(watchers)
        self.sweeps = sweeps
        self.settles = settles
        #: Whether reality counts as part of the store, so that commits are fused.
        self.fused = False
        self.tracing = tracing
        self.trace: list[str] = []
        self.steps = 0
        self.entries: list[script.Entry] = []
        self.messages: list[Message] = []
        #: Nodes paused at a hook: a possible move is that a user clears the hook. The move has no
        #: effect if the scenario has cleared the hook already.
        self.pauses: list[Pause] = []
        self.running: list[Running] = []
        self.last: Running | None = None
        self.snapshots: dict[str, Snapshot] = {}
        self.names: dict[str, str] = {}
        self.stack_of: dict[str, str] = {}
        #: The template of each request as the script wrote it, by content id; None: no template.
        self.written: dict[str | None, language.Template] = {None: language.Template()}
        self.workers: list[SimWorker] = []
        self.violations: list[str] = []
        #: Whether a zombie has acted: until it compensates, it may cause refusals of reality.
        self.zombie_acted = False
        #: Whether a worker has died before it could compensate for its operations.
        self.died = False
        #: Number of refused requests.
        self.refused = 0
        self._serial = 0
        self._beaten = clock.time
        self._turn = 0
        self._made_workers = 0
        requests = Requests(store, self.templates, self, clock, ids)
        self._user = User(requests, self.templates, self.names, self.written)
        #: Whether an engine prepares a wish immediately, as in the order of the prototype.
        self.prepares_at_once = False
        self._wishes: list[str] = []
        for _ in range(workers):
            self.add_worker()

    def make_registry(self) -> Registry:
        """Return the resource types of the world."""
        return Registry({language.TYPE: SimResource(self.reality)})

    # Processes

    def add_worker(self) -> SimWorker:
        """Start a worker."""
        self._made_workers += 1
        lease = LeaseKeeper(self.store, self.clock, self.ids, LEASE_SECONDS)
        lease.start()
        worker = SimWorker(
            f'w{self._made_workers}',
            lease,
            PluginCaller(self.registry, lease, ACTION_SECONDS),
            self.clock.time + SWEEP_SECONDS,
        )
        self.workers.append(worker)
        return worker

    # Possible moves

    def choices(self) -> list[Choice]:
        """Return all possible moves, the default one first.

        The first one continues the task of the last move, if possible. The other tasks follow by
        age, then messages, paused nodes, the next entry of the script, and timers that are due.
        Zombies and the clock are last.
        """
        last = self.last
        awake: list[Choice] = []
        late: list[Choice] = []
        asleep: float | None = None
        for running in self.running:
            if running.due is not None:
                if asleep is None or running.due < asleep:
                    asleep = running.due
            elif running.worker is not None and running.worker.parked:
                late.append(running)
            elif running is last:
                awake.insert(0, running)
            else:
                awake.append(running)
        awake += self.messages
        awake += self.pauses
        if self.entries:
            awake.append(NEXT)
        due = self._next_due(asleep)
        if due is not None and due <= self.clock.time:
            awake.append(NOW)
            awake += late
        else:
            awake += late
            if due is not None:
                awake.append(LATER)
        return awake

    def take(self, choice: Choice) -> None:
        """Make a move."""
        self.steps += 1
        if isinstance(choice, Running):
            self.last = choice
            self.advance(choice)
        elif isinstance(choice, Message):
            self.messages.remove(choice)
            self.deliver(choice)
        elif isinstance(choice, Pause):
            self.pauses.remove(choice)
            self.clear(choice.key)
        elif choice is NEXT:
            self.next_entry()
        else:
            self.next_timer()

    def at_rest(self) -> bool:
        """Say whether no work is left, neither now nor for a later timer."""
        if self.running or self.messages or self.entries:
            return False
        for snapshot in self.snapshots.values():
            stack = snapshot.stack
            if stack.wish_id or stack.status == 'IN_PROGRESS':
                return False
            if any(row.claim is not None for row in snapshot.rows.values()):
                return False
        # Only the sweep handles unsettled rows without a node, and orphan checks.
        return not self.sweeps or not (
            self.store.unsettled_rows(1) or self.store.orphan_checks(1e12, 1)
        )

    # Requests

    def next_entry(self) -> None:
        """Carry out the next entry of the script."""
        entry = self.entries.pop(0)
        if isinstance(entry, script.Noop):
            if entry.count > 1:
                self.entries.insert(0, script.Noop(entry.count - 1))
        elif isinstance(entry, script.Request):
            self.request(entry)
        elif isinstance(entry, script.Call):
            self.call(entry)
        elif isinstance(entry, script.Wait):
            self.note(f'{entry.seconds:g} s go by')
            # A stack may time out meanwhile, and fail for that reason.
            self.reality.troubled = True
            self.pass_time(self.clock.time + entry.seconds)
            self.sweep(self.workers[0])
        elif isinstance(entry, script.Trouble):
            self.note(f'trouble with {entry.name}')
            if entry.busy:
                self.reality.busy(entry.name, entry.verb, entry.times)
            elif entry.polls is None:
                self.reality.fail(entry.name, entry.verb, entry.times, entry.half)
            else:
                self.reality.slow(entry.name, entry.polls, entry.verb, entry.times)

    def call(self, entry: script.Call) -> None:
        """Call a function of the scenario; a driver may override this method."""
        entry.function(*entry.args, **entry.kwargs)

    def request(self, entry: script.Request) -> None:
        """Send a request of a user."""
        line = f'user: {entry.verb} {entry.stack}'
        try:
            stack = self._user.ask(entry)
        except HeatconvException as error:
            self.note(f'{line}: refused: {error}')
            self.refused += 1
            for notify in self._hooks['refused']:
                notify(self, entry, error)
            return
        self.note(line)
        before = self.snapshots.get(stack.id)
        after = self._look(stack.id)
        for notify in self._hooks['requested']:
            notify(self, entry, before, after)
        self.prepare_wishes()

    def clear(self, key: NodeKey) -> None:
        """Clear the hook that a node waits at, as a user; do nothing if it no longer waits."""
        stack_id = self.stack_of[key.traversal_id]
        for node in self.store.nodes(stack_id):
            hook = due(node)
            if node.key == key and node.status == 'paused' and hook and node.subject:
                row = self.store.row(node.subject)
                assert row is not None
                self.note(f'user: clears {hook} of {row.name}')
                self._user.clear(self.snapshots[stack_id].stack, row.name, hook)
                after = self._look(stack_id).nodes.get(key)
                if after is not None and after.status == 'paused' and due(after) == hook:
                    # The request cleared another row of the same name: this node still waits.
                    self._serial += 1
                    self.pauses.append(Pause(self._serial, key))

    # Messages

    def nodes(self, keys: Sequence[NodeKey], near: bool = False) -> None:
        """Cast nodes to workers: the world is the announcer of all processes."""
        for key in keys:
            self.announce(key)

    def wish(self, stack_id: str) -> None:
        """Cast a wish to engines, or queue it if engines prepare immediately."""
        if self.prepares_at_once:
            self._wishes.append(stack_id)
            return
        self.announce(stack_id)

    def announce(self, subject: NodeKey | str) -> None:
        """Send a message about a node to a worker, or about a stack to an engine."""
        self._serial += 1
        self.messages.append(Message(self._serial, subject))

    def prepare_wishes(self) -> None:
        """Prepare the queued wishes, which exist only if engines prepare immediately."""
        while self._wishes:
            stack_id = self._wishes.pop(0)
            self.exhaust(
                self._start(prepare(stack_id, self.ids, self.settles), None, f'prepare {stack_id}')
            )

    def deliver(self, message: Message) -> Running | None:
        """Deliver a message to an engine, or to the next worker in turn.

        :return: the task of the recipient; None if it has ended without any effect.
        """
        subject = message.subject
        if isinstance(subject, str):
            return self._start(
                prepare(subject, self.ids, self.settles), None, f'prepare {subject}'
            )
        self._turn = (self._turn + 1) % len(self.workers)
        worker = self.workers[self._turn]
        name = f'{subject.traversal_id}/{subject.kind}/{subject.name}'
        return self._start(self._checker(worker).check(subject), worker, name)

    def _checker(self, worker: SimWorker) -> Checker:
        return Checker(
            worker.lease.id, self.ids, self.clock, POLL_SECONDS, RETRIES, (ORPHAN_CHECK_SECONDS,)
        )

    # Time

    def _next_due(self, asleep: float | None) -> float | None:
        due = asleep
        if self.sweeps:
            for worker in self.workers:
                if due is None or worker.sweep_due < due:
                    due = worker.sweep_due
        return due

    def next_timer(self) -> None:
        """Advance the clock to the next timer, and run it."""
        sleeper = min(
            (running for running in self.running if running.due is not None),
            key=lambda running: (running.due, running.serial),
            default=None,
        )
        sweeper = min(self.workers, key=lambda worker: worker.sweep_due) if self.sweeps else None
        asleep = None if sleeper is None else sleeper.due
        if sweeper is not None and (asleep is None or sweeper.sweep_due < asleep):
            self.pass_time(sweeper.sweep_due)
            self.sweep(sweeper)
        elif sleeper is not None and asleep is not None:
            self.pass_time(asleep)
            sleeper.due = None
            self._send(sleeper, None)

    def pass_time(self, until: float) -> None:
        """Advance the clock to a time; live workers renew their leases."""
        if until <= self.clock.time:
            return
        self.clock.time = until
        if until - self._beaten >= HEARTBEAT_SECONDS:
            self._beaten = until
            for worker in self.workers:
                worker.lease.renew()

    def sweep(self, worker: SimWorker) -> None:
        """Let a worker sweep once."""
        worker.sweep_due = self.clock.time + SWEEP_SECONDS

        def submit(task: Task) -> bool:
            self._start(task, worker, 'sweep')
            return True

        # Casts and tasks are made in the order of the store, which is deterministic.
        recovery = self._checker(worker).recovery
        sweeper = Sweep(self.store, self, self.clock, self.ids, lambda: recovery, submit)
        self.note(f'{worker.name} sweeps')
        overdue = self.store.overdue(self.clock.time)
        sweeper.run(2 * SWEEP_SECONDS)
        for stack_id in overdue:
            before = self.snapshots[stack_id]
            after = self._look(stack_id)
            for notify in self._hooks['timed_out']:
                notify(self, before, after)

    # For drivers

    def stack(self, name: str) -> Stack | None:
        """Return the live stack of that name."""
        return self.store.stack_by_name(PROJECT, name)

    def stacks(self) -> list[Stack]:
        """Return all stacks that are not deleted, by name."""
        return self.store.stacks(StackQuery(None, sort=(('name', False),)))

    def violate(self, what: str) -> None:
        """Report a violation."""
        self.violations.append(what)

    def note(self, text: str) -> None:
        """Add a line to the trace."""
        if self.tracing:
            self.trace.append(f'{self.steps} {text}')


Driver = Callable[[World], None]
