"""Drawings of a scenario: the graph of each traversal, with the operations of its nodes."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import TestCase

from heatconv.convergence.model import Kind, Node, NodeKey
from heatconv.convergence.step import Commit, Outcome
from heatconv.convergence.traversal import Plan
from heatconv.sim import checkers
from heatconv.sim.moves import Running
from heatconv.sim.play import make_world, play
from heatconv.sim.script import Scenario
from heatconv.sim.snapshot import Snapshot
from heatconv.sim.watcher import Watcher
from heatconv.sim.world import World

COLORS = {
    'created': '#d8f0d8',
    'updated': '#d6e6f8',
    'deleted': '#f8dcd6',
    'failed': '#f4a6a0',
    'unchanged': '#eeeeee',
    '': '#ffffff',
}

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 190, 46, 60, 22, 24


@dataclass
class Drawn:
    """A graph node in a drawing.

    :ivar successors: the nodes that wait for it.
    :ivar did: its operations in order: for each the number of its commit, and a label.
    """

    key: NodeKey
    label: str
    successors: tuple[NodeKey, ...]
    did: list[tuple[int, str]] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        return self.did[-1][1] if self.did else ''


@dataclass
class Traversal:
    """The graph of a traversal."""

    id: str
    title: str
    nodes: dict[NodeKey, Drawn]

    def ranks(self) -> list[list[Drawn]]:
        """Return columns of nodes: each node is in the first column after all its predecessors."""
        rank = dict.fromkeys(self.nodes, 0)
        for _ in self.nodes:
            changed = False
            for key, node in self.nodes.items():
                for successor in node.successors:
                    if successor in rank and rank[successor] <= rank[key]:
                        rank[successor] = rank[key] + 1
                        changed = True
            if not changed:
                break
        columns: list[list[Drawn]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
        for key, node in self.nodes.items():
            columns[rank[key]].append(node)
        return columns


class Recorder(Watcher):
    """Records the traversals of a run, and the operations of their nodes."""

    def __init__(self) -> None:
        self.traversals: dict[str, Traversal] = {}
        self._turn = 0

    def prepared(
        self, world: World, running: Running, plan: Plan, before: Snapshot, after: Snapshot
    ) -> None:
        stack = plan.stack
        if stack.traversal_id is None:
            return
        nodes = {key: _drawn(node, after) for key, node in after.nodes.items()}
        self.traversals[stack.traversal_id] = Traversal(
            stack.traversal_id, f'{stack.action} of {stack.name}', nodes
        )

    def committed(
        self,
        world: World,
        running: Running,
        commit: Commit,
        outcome: Outcome,
        before: Snapshot,
        after: Snapshot,
    ) -> None:
        self._turn += 1
        write = commit.node
        if write is None or outcome.verdict != 'stands':
            return
        traversal = self.traversals[write.key.traversal_id]
        for key, node in after.nodes.items():
            if key.traversal_id == traversal.id and key not in traversal.nodes:
                traversal.nodes[key] = _drawn(node, after)
        if write.key in after.nodes:
            drawn = traversal.nodes[write.key]
            drawn.successors = _successors(after.nodes[write.key])
        drawn = traversal.nodes[write.key]
        operation = _outcome(commit, before)
        if operation:
            drawn.did.append((self._turn, operation))


def _outcome(commit: Commit, before: Snapshot) -> str:
    """Return the label of the operation that a commit finishes; empty if it finishes none."""
    write = commit.node
    assert write is not None
    if commit.failure is not None:
        return 'failed'
    if write.subject_now is not None:
        return 'replaced'
    if write.now != 'done':
        return ''
    if write.key.kind == Kind.ROOT:
        return 'done'
    if commit.row is None:
        return 'unchanged'
    if commit.row.saved is None:
        return 'deleted'
    action = commit.row.saved.action
    if commit.row.read.claim is None:
        return 'unchanged'
    return 'created' if action == 'CREATE' else 'updated'


def _successors(node: Node) -> tuple[NodeKey, ...]:
    return tuple(NodeKey(node.key.traversal_id, kind, name) for kind, name in node.successors)


def _drawn(node: Node, snapshot: Snapshot) -> Drawn:
    key = node.key
    if key.kind == Kind.UPDATE:
        label = f'update {key.name}'
    elif key.kind == Kind.CLEANUP:
        row = snapshot.rows.get(key.name)
        label = f'cleanup {row.name if row else key.name}'
    else:
        label = f'all {"updates " if key.name == "updates" else ""}done'
    return Drawn(key, label, _successors(node))


@dataclass
class Drawing:
    """The graphs of all traversals of a scenario."""

    name: str
    traversals: list[Traversal]

    def dot(self) -> str:
        """Return the graphs in the DOT language of Graphviz."""
        lines = [f'digraph "{self.name}" {{', '  rankdir=LR; node [shape=box, style=filled];']
        for number, traversal in enumerate(self.traversals, 1):
            lines.append(f'  subgraph cluster_{number} {{ label="{number}. {traversal.title}";')
            for node in traversal.nodes.values():
                text = _text(node).replace('\n', '\\n')
                color = COLORS.get(node.outcome, COLORS[''])
                lines.append(f'    "{_id(node.key)}" [label="{text}", fillcolor="{color}"];')
            for node in traversal.nodes.values():
                for successor in node.successors:
                    lines.append(f'    "{_id(node.key)}" -> "{_id(successor)}";')
            lines.append('  }')
        return '\n'.join([*lines, '}', ''])

    def svg(self) -> str:
        """Return the graphs as SVG."""
        parts: list[str] = []
        y = MARGIN
        widest = 0
        for number, traversal in enumerate(self.traversals, 1):
            columns = traversal.ranks()
            rows = max((len(column) for column in columns), default=0)
            parts.append(
                f'<text x="{MARGIN}" y="{y + 14}" class="title">'
                f'{number}. {html.escape(traversal.title)}</text>'
            )
            parts.extend(_graph(columns, y + 28))
            widest = max(widest, len(columns) * (WIDTH + GAP_X) - GAP_X)
            y += 28 + rows * (HEIGHT + GAP_Y) + MARGIN
        width, height = widest + 2 * MARGIN, y + MARGIN
        return '\n'.join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
                f'width="{width}" height="{height}">',
                '<style>text{font:13px sans-serif;fill:#1d2733}.title{font-weight:bold}'
                '.did{font-size:11px;fill:#55606b}'
                'path{fill:none;stroke:#55606b;stroke-width:1.2}'
                'rect{stroke:#33475b;stroke-width:1.2}</style>',
                '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" '
                'markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" '
                'style="fill:#55606b"/></marker></defs>',
                f'<rect width="{width}" height="{height}" fill="#f7f9fb" stroke="none"/>',
                *parts,
                '</svg>',
                '',
            ]
        )


def _graph(columns: list[list[Drawn]], top: int) -> Iterator[str]:
    """Yield the SVG elements of a graph: the edges, then the nodes.

    :param top: y coordinate of the first row.
    """
    positions = {
        node.key: (MARGIN + column * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y))
        for column, nodes in enumerate(columns)
        for row, node in enumerate(nodes)
    }
    nodes = [node for column in columns for node in column]
    for node in nodes:
        x, y = positions[node.key]
        for successor in node.successors:
            if successor in positions:
                to_x, to_y = positions[successor]
                x1, y1, y2 = x + WIDTH, y + HEIGHT // 2, to_y + HEIGHT // 2
                bend = max(30, (to_x - x1) // 2)
                yield (
                    f'<path d="M{x1} {y1}C{x1 + bend} {y1} {to_x - bend} {y2} {to_x} {y2}" '
                    'marker-end="url(#tip)"/>'
                )
    for node in nodes:
        x, y = positions[node.key]
        first, _, second = _text(node).partition('\n')
        color = COLORS.get(node.outcome, COLORS[''])
        yield f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5" fill="{color}"/>'
        yield f'<text x="{x + 10}" y="{y + 19}">{html.escape(first)}</text>'
        yield f'<text x="{x + 10}" y="{y + 36}" class="did">{html.escape(second)}</text>'


def _text(node: Drawn) -> str:
    """Return the two lines of text in a node."""
    operations = ', '.join(f'{label} ({turn})' for turn, label in node.did) or 'never reached'
    return f'{node.label}\n{operations}'


def _id(key: NodeKey) -> str:
    return '/'.join(key)


def draw(scenario: Scenario, test: Any = None) -> Drawing:
    """Run a scenario and draw its graphs.

    :param test: provides the assertions of the scenario; a `unittest.TestCase` if None.
    :raises AssertionError: if an assertion fails, or a checker reports a violation.
    """
    recorder = Recorder()
    world = make_world(watchers=[*checkers.every(), recorder], workers=1, sweeps=False)
    play(scenario, test or TestCase(), world)
    return Drawing(scenario.name, list(recorder.traversals.values()))
