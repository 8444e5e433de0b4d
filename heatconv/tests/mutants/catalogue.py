"""Faults put into the core and the worker by hand, one at a time.

Each is what a history of Heat, of the prototype or of this project's own exploration
looks like in code. Exploration must find every one of them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A fault.

    :ivar module: where it is.
    :ivar old: the text that it replaces; it is there exactly once.
    """

    name: str
    module: str
    old: str
    new: str


TRAVERSAL = 'heatconv.convergence.traversal'
COMMIT = 'heatconv.convergence.commit'
FUSED = 'heatconv.convergence.fused'
FINGERPRINT = 'heatconv.convergence.fingerprint'
CHECK = 'heatconv.convergence.check'
CLEANUP = 'heatconv.convergence.cleanup'
REPLACEMENT = 'heatconv.convergence.replacement'
SETTLE = 'heatconv.convergence.settle'
RECOVERY = 'heatconv.convergence.dead_claims'
STACK = 'heatconv.convergence.stack'
STATES = 'heatconv.convergence.states'
ROOTS = 'heatconv.convergence.roots'
TIMEOUT = 'heatconv.convergence.timeout'
WORKER = 'heatconv.worker.check'
SAVE = 'heatconv.worker.save'
WORKER_RECOVERY = 'heatconv.worker.recovery'
SWEEP = 'heatconv.worker.sweep'
CALLER = 'heatconv.worker.plugin_caller'
PREPARE = 'heatconv.engine.prepare'
NESTED = 'heatconv.engine.requests.nested'
GROUP = 'heatconv.resources.scaling.group'
BATCHES = 'heatconv.resources.scaling.batches'
ROLLOUTS = 'heatconv.resources.rollouts'
NUMBERED = 'heatconv.resources.groups'

MUTANTS = (
    # The graph
    Mutant(
        'updates_wait_for_nothing',
        TRAVERSAL,
        'tuple(dict.fromkeys(other for other in definition.requires if other in definitions))',
        '()',
    ),
    Mutant(
        'cleanup_does_not_wait_for_the_update_of_its_name',
        TRAVERSAL,
        'successors += tuple((Kind.CLEANUP, row.id) for row in by_name.get(name, ()))',
        'successors += ()',
    ),
    Mutant(
        'cleanup_does_not_wait_for_those_that_require_it',
        TRAVERSAL,
        '(Kind.CLEANUP, required) for required in row.requires if required in cleanup_after',
        '(Kind.CLEANUP, required) for required in () if required in cleanup_after',
    ),
    Mutant(
        'root_of_all_does_not_wait_for_the_updates',
        TRAVERSAL,
        'all_root_blockers = int(bool(blockers)) + sum(',
        'all_root_blockers = sum(',
    ),
    Mutant(
        'old_rows_get_no_cleanup',
        TRAVERSAL,
        'def cleanup_nodes() -> Iterator[Node]:\n        for row in existing:',
        'def cleanup_nodes() -> Iterator[Node]:\n        for row in existing[:0]:',
    ),
    # What is left out of a traversal
    Mutant(
        'settles_whatever_is_required',
        TRAVERSAL,
        'len(rows) != 1 or not all(map(settled.__contains__, before[name]))',
        'len(rows) != 1',
    ),
    Mutant(
        'settles_whatever_was_written_since',
        FINGERPRINT,
        'row.fingerprint == stamped(made, row.version)',
        "row.fingerprint.partition(':')[0] == made",
    ),
    Mutant(
        'fingerprint_of_the_definition_alone',
        FINGERPRINT,
        'return digest(definition, *sorted([*map(line, required), *others]))',
        'return digest(definition)',
    ),
    Mutant(
        'settled_rows_have_no_node_to_look_up',
        TRAVERSAL,
        'if name in referenced:',
        'if False:',
    ),
    Mutant(
        'updates_end_before_the_cleanups',
        COMMIT,
        'ends = last is not None and last.status == NodeStatus.READY',
        'ends = last is not None',
    ),
    Mutant(
        'nobody_hears_of_who_is_ready',
        COMMIT,
        'for key in unblocked:',
        'for key in ():',
    ),
    Mutant(
        'delete_makes_nothing_the_last_good_template',
        STACK,
        'deletes = stack.template_id is None and stack.action == Action.DELETE',
        'deletes = False',
    ),
    # Begin and finish in one commit
    Mutant(
        'fused_wherever_the_node_is',
        FUSED,
        '        fused=True,\n',
        '        fused=True,\n        late_stands=True,\n',
    ),
    # Which row serves a name
    Mutant(
        'doomed_rows_are_chosen',
        REPLACEMENT,
        'max((row for row in rows if not states.doomed(row)), key=rank, default=None)',
        'max(rows, key=rank, default=None)',
    ),
    Mutant(
        'no_substitute_is_looked_for',
        REPLACEMENT,
        'fitting = [other for other in others if fits(other, desired)]',
        'fitting: list[Resource] = []',
    ),
    Mutant(
        'rows_being_created_are_no_substitute',
        REPLACEMENT,
        'if not states.healthy(row) and not states.in_progress(row):',
        'if not states.healthy(row):',
    ),
    Mutant(
        'rows_never_begun_are_no_substitute',
        REPLACEMENT,
        'if not states.begun(other) and other.type == desired.type:',
        'if False:',
    ),
    Mutant(
        'every_row_fits', REPLACEMENT, 'return not needs_replacement(row, desired)', 'return True'
    ),
    Mutant(
        'nothing_is_replaced',
        REPLACEMENT,
        'return any(name in desired.replace_on_change for name in differ)',
        'return False',
    ),
    Mutant(
        'every_change_replaces',
        REPLACEMENT,
        'return any(name in desired.replace_on_change for name in differ)',
        'return bool(differ)',
    ),
    Mutant(
        'failed_create_is_updated_in_place',
        REPLACEMENT,
        'return row.physical_id is not None',
        'return False',
    ),
    Mutant(
        'removed_properties_are_no_change',
        REPLACEMENT,
        'names = sorted({*before, *after})',
        'names = sorted(after)',
    ),
    Mutant(
        'abandoned_row_gets_no_cleanup',
        COMMIT,
        'if commit.abandons is not None:\n        changed = _abandon',
        'if False:\n        changed = _abandon',
    ),
    Mutant(
        'abandoned_row_is_not_counted',
        COMMIT,
        'blockers=root.blockers + 1',
        'blockers=root.blockers',
    ),
    Mutant('cleanup_deletes_what_serves', CLEANUP, 'if view.serving:', 'if False:'),
    # Guards. Not here: the looks at the claim and at the subject of a node beside the
    # version of the row, which rises with each change of them. They cost nothing, and
    # no history tells them apart.
    Mutant(
        'row_version_is_not_compared',
        COMMIT,
        'if row.version != write.read.version:\n        return False',
        'if False:\n        return False',
    ),
    Mutant(
        'suspicion_is_not_looked_at',
        COMMIT,
        'return row.claim is None and row.suspect == write.read.suspect',
        'return row.claim is None',
    ),
    Mutant(
        'status_of_the_node_is_not_compared',
        COMMIT,
        'node.status != write.was or node.subject != write.subject',
        'node.subject != write.subject',
    ),
    Mutant(
        'blockers_are_counted_twice', COMMIT, 'successor.blockers - 1', 'successor.blockers - 2'
    ),
    Mutant(
        'row_in_doubt_counts_as_done',
        COMMIT,
        'elif doubted and commit.node.now == NodeStatus.DONE:',
        'elif False:',
    ),
    Mutant(
        'doubt_is_forgotten',
        COMMIT,
        'saved = evolve(saved, suspect=True)',
        'saved = evolve(saved, suspect=False)',
    ),
    Mutant(
        'failure_leaves_the_nodes',
        COMMIT,
        'locked.events.extend(events)\n'
        '    locked.purge(node.key.traversal_id)\n    return stack.id',
        'locked.events.extend(events)\n    return stack.id',
    ),
    Mutant(
        'late_finish_is_refused',
        COMMIT,
        'if node is None and not commit.late_stands:',
        'if node is None:',
    ),
    # Checks
    Mutant(
        'claimed_row_is_begun',
        CHECK,
        "if row.claim is not None:\n        return Step('claimed",
        "if False:\n        return Step('claimed",
    ),
    Mutant('nothing_is_settled', CHECK, 'if states.unsettled(row):', 'if False:'),
    Mutant(
        'requirements_are_forgotten_at_the_begin',
        CHECK,
        'requires=union(row.requires, desired.requires)',
        'requires=desired.requires',
    ),
    Mutant(
        'requirements_never_shrink',
        CHECK,
        'requires=desired.requires,\n            frozen=desired.frozen,\n        )',
        'requires=claimed.requires,\n            frozen=desired.frozen,\n        )',
    ),
    Mutant(
        'unchanged_row_keeps_its_requirements',
        CHECK,
        'template_id=desired.template_id,\n        requires=desired.requires,',
        'template_id=desired.template_id,\n        requires=row.requires,',
    ),
    Mutant(
        'failed_update_is_taken_for_unchanged',
        CHECK,
        'if same and states.healthy(row) and not',
        'if same and not',
    ),
    Mutant(
        'claim_is_not_released',
        CHECK,
        'released = evolve(claimed, claim=None, version=claimed.version + 1)\n    if observation',
        'released = evolve(claimed, version=claimed.version + 1)\n    if observation',
    ),
    Mutant(
        'what_was_asked_is_taken_for_real',
        CHECK,
        'as_desired = not replacement.changed(saved.properties, desired.properties)',
        'as_desired = True',
    ),
    Mutant(
        'zombie_makes_up_for_nothing',
        CHECK,
        'if row is None or (states.doomed(row) and verb == Verb.CREATE):',
        'if False:',
    ),
    Mutant(
        'zombie_casts_no_doubt',
        CHECK,
        'Commit(suspects=row.id))',
        'None)',
    ),
    Mutant(
        'cleanup_of_a_claimed_row_begins',
        CLEANUP,
        "if row.claim is not None:\n        return Step('claimed",
        "if False:\n        return Step('claimed",
    ),
    Mutant(
        'begun_rows_are_dropped',
        CLEANUP,
        'if not states.begun(row):',
        'if row.physical_id is None:',
    ),
    Mutant(
        'settling_wakes_nobody',
        SETTLE,
        "return Step('settled', commit, wakes=claimed.id)",
        "return Step('settled', commit)",
    ),
    # Stacks
    Mutant(
        'rollback_goes_to_the_previous_template',
        STACK,
        'wish(failed, Action.ROLLBACK, stack.last_good_id, failure.wish_id)',
        'wish(failed, Action.ROLLBACK, stack.previous_template_id, failure.wish_id)',
    ),
    Mutant(
        'old_traversal_completes_over_a_wish',
        STACK,
        'if stack.wish_id:\n        return evolve(stack, version=stack.version + 1), ()\n'
        '    if stack.status == Status.FAILED:',
        'if False:\n        return evolve(stack, version=stack.version + 1), ()\n'
        '    if stack.status == Status.FAILED:',
    ),
    Mutant(
        'failure_forgets_the_newer_wish',
        STACK,
        'if stack.wish_id:\n        # The user',
        'if False:\n        # The user',
    ),
    Mutant(
        'template_is_never_good',
        STACK,
        'return evolve(stack, last_good_id=stack.template_id, version=stack.version + 1)',
        'return evolve(stack, version=stack.version + 1)',
    ),
    # The worker
    Mutant(
        'casts_before_the_commit',
        SAVE,
        'outcome: Outcome = yield Save(commit)',
        'if commit.node is not None:\n'
        '        yield Cast((commit.node.key,))\n'
        '    outcome: Outcome = yield Save(commit)\n'
        '    outcome = evolve(outcome, ready=())',
    ),
    Mutant(
        'late_finish_wakes_nobody',
        SAVE,
        'if outcome.verdict == Verdict.LATE and step.commit.row is not None:',
        'if False:',
    ),
    Mutant(
        'ready_successors_are_not_cast',
        SAVE,
        'casts.extend(key for key in outcome.ready if key.kind != Kind.ROOT)',
        'pass',
    ),
    Mutant(
        'roots_are_not_checked',
        SAVE,
        'if root.kind == Kind.ROOT:',
        'if False:',
    ),
    Mutant(
        'rollback_is_not_announced',
        SAVE,
        'if outcome.wish is not None:',
        'if False:',
    ),
    Mutant(
        'fence_is_not_looked_at',
        WORKER,
        'if outcome.verdict == Verdict.REFUSED:\n            yield from self._fenced',
        'if False:\n            yield from self._fenced',
    ),
    Mutant(
        'operation_of_an_old_traversal_is_never_released',
        WORKER,
        'if current.node is None:\n                stack:',
        'if False:\n                stack:',
    ),
    Mutant(
        'zombie_leaves_what_it_made',
        WORKER,
        'if acted and (row is None or row.version != call.row.version):',
        'if False:',
    ),
    Mutant(
        'action_starts_whatever_the_lease',
        CALLER,
        'if effect.compensates or self._lease.time_left(claim) > self._action_timeout:',
        'if True:',
    ),
    Mutant(
        'sweep_finds_no_orphans',
        SWEEP,
        'for dead_claim in dead_claims:',
        'for dead_claim in self._store.dead_claims(LIMIT)[:0]:',
    ),
    Mutant(
        'sweep_finds_no_strays',
        SWEEP,
        'for row in unsettled_rows:',
        'for row in self._store.unsettled_rows(LIMIT)[:0]:',
    ),
    Mutant(
        'sweep_finds_no_wishes',
        SWEEP,
        'for stack_id in sorted(owned(self._store.lost_wishes())):',
        'for stack_id in self._store.lost_wishes()[:0]:',
    ),
    Mutant(
        'sweep_finds_no_lost_nodes',
        SWEEP,
        'if nodes:\n',
        'if nodes and not nodes:\n',
    ),
    Mutant('leaves_are_not_cast', PREPARE, 'if planned.leaves:', 'if False:'),
    Mutant(
        'nobody_looks_for_what_the_dead_did',
        WORKER_RECOVERY,
        'clean = yield from self._remove(step.call)',
        'pass',
    ),
    # Patience
    Mutant(
        'row_is_not_released_to_who_waits',
        TIMEOUT,
        'if awaited or stack is None or observation.reality == Reality.UNKNOWN:',
        'if stack is None or seen.reality == Reality.UNKNOWN:',
    ),
    Mutant(
        'release_wakes_nobody', TIMEOUT, "in progress', commit, wakes=claimed.id)", "', commit)"
    ),
    Mutant(
        'release_keeps_the_claim',
        TIMEOUT,
        'claimed,\n        claim=None,\n',
        'claimed,\n        claim=claimed.claim,\n',
    ),
    Mutant(
        'release_leaves_no_doubt',
        TIMEOUT,
        'suspect=not states.doomed(claimed),',
        'status=Status.COMPLETE,',
    ),
    Mutant(
        'what_is_given_up_keeps_its_claim',
        TIMEOUT,
        'reason),\n        claim=None,\n',
        'reason),\n',
    ),
    Mutant(
        'create_that_is_given_up_is_forgotten',
        TIMEOUT,
        'physical_id=physical_id or (row.token if creating else None),',
        'physical_id=None,',
    ),
    Mutant(
        'what_is_given_up_counts_as_done',
        TIMEOUT,
        'status=Status.FAILED,\n        reason=reason,\n        physical_id',
        'status=Status.COMPLETE,\n        reason=reason,\n        physical_id',
    ),
    Mutant(
        'plugin_that_is_busy_is_asked_for_ever',
        WORKER,
        'elif tries < self.retry_limit:',
        'elif True:',
    ),
    Mutant(
        'plugin_that_is_busy_has_failed', WORKER, 'elif tries < self.retry_limit:', 'elif False:'
    ),
    Mutant(
        'retry_forgets_what_it_saved',
        WORKER,
        'call = evolve(call, row=step.commit.row.saved)',
        'pass',
    ),
    Mutant(
        'rollback_waits_for_ever',
        SETTLE,
        '== Reality.PENDING and waits and not',
        '== Reality.PENDING and not',
    ),
    Mutant(
        'stack_never_gives_up',
        STACK,
        'wish_template_id=None,\n            gives_up=True,',
        'wish_template_id=None,',
    ),
    Mutant(
        'deadline_is_not_kept',
        STACK,
        'stack.deadline > now:',
        'stack.deadline < now + 1e9:',
    ),
    # Groups
    Mutant(
        'update_overwrites_a_signal',
        NESTED,
        'self.conflict = newest != self._before',
        'self.conflict = False',
    ),
    Mutant(
        'signal_during_a_change_counts',
        GROUP,
        'if child.in_progress:',
        'if False:',
    ),
    Mutant(
        'cooldown_is_not_kept',
        GROUP,
        'if now < until:',
        'if False:',
    ),
    Mutant(
        'signal_counts_during_an_update_in_batches',
        GROUP,
        "if scaling is None or UNFINISHED in content or self.children.busy(scaling['token']):",
        'if scaling is None:',
    ),
    Mutant(
        'youngest_member_goes',
        BATCHES,
        'kept = list(members[-size:]) if size else []',
        'kept = list(members[:size])',
    ),
    Mutant(
        'nobody_stays_in_service',
        BATCHES,
        'in_service = min(policy.min_in_service, target, size)',
        'in_service = 0',
    ),
    Mutant(
        'batch_has_no_limit',
        BATCHES,
        'changes = max(min(policy.max_batch_size - retried, target - updated), 0)',
        'changes = max(target - updated, 0)',
    ),
    Mutant(
        'first_batch_is_the_last',
        ROLLOUTS,
        'if wait <= 0:\n            self.update(resource, ())',
        'if False:\n            self.update(resource, ())',
    ),
    Mutant(
        'unfinished_group_looks_finished',
        ROLLOUTS,
        'if UNFINISHED not in content:\n            return properties',
        'if True:\n            return properties',
    ),
)
