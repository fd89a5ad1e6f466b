"""What can be left out of the raw product without losing an optimum (docs/protocol.md).

A node or edge is *dominated* if every walk through it has been at the same switch before, in a state that simulates
the later one: cutting out the loop gives a shorter walk of no worse rank, over a subset of the same links, so this
holds whatever the metrics are and whichever links have failed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from contra.analysis.model import RankRule
from contra.product.dominators import immediate_dominators
from contra.product.explore import RawGraph

MAX_DOMINANCE_EDGES = 3_000_000
"""Larger graphs are not searched for dominated nodes: it costs time and saves little."""


def trim(graph: RawGraph) -> RawGraph:
    """Drop what no sending node reaches, and what reaches no useful node that is entered by an edge."""
    outgoing = graph.outgoing()
    entered = _entered(outgoing, graph.sending.values())
    starts = set(graph.sending.values())
    alive = _closure(_incoming(outgoing), (n for n, ok in enumerate(entered) if ok and graph.useful[n]))
    return graph.restrict([ok and (entered[n] or n in starts) for n, ok in enumerate(alive)])


def _entered(outgoing: list[list[int]], starts: Iterable[int]) -> list[bool]:
    """Per node, whether a walk of at least one edge from a start leads to it."""
    return _closure(outgoing, {target for start in starts for target in outgoing[start]})


def _closure(outgoing: list[list[int]], starts: Iterable[int]) -> list[bool]:
    """Per node, whether it is one of `starts` or can be reached from one."""
    seen = [False] * len(outgoing)
    queue = list(starts)
    for node in queue:
        seen[node] = True
    for node in queue:
        for target in outgoing[node]:
            if not seen[target]:
                seen[target] = True
                queue.append(target)
    return seen


def _incoming(outgoing: list[list[int]]) -> list[list[int]]:
    incoming: list[list[int]] = [[] for _ in outgoing]
    for node, row in enumerate(outgoing):
        for target in row:
            incoming[target].append(node)
    return incoming


def drop_dominated(graph: RawGraph, simulators: Sequence[int], switches: int) -> RawGraph:
    """The graph without dominated nodes and edges; `simulators` says, per state, which states simulate it (bits)."""
    if sum(map(len, graph.successors)) > MAX_DOMINANCE_EDGES:
        return graph
    kept, successors = _above(graph, simulators, switches)
    return RawGraph(graph.switch, graph.state, successors, graph.sending, graph.useful).restrict(kept)


def _above(graph: RawGraph, simulators: Sequence[int], switches: int) -> tuple[list[bool], list[list[int]]]:
    """Walk the dominator tree, knowing per switch the states of the nodes above: kept nodes, thinned successors."""
    roots, children = _dominator_tree(graph)
    above = [0] * switches
    kept = [False] * len(graph.switch)
    successors = list(graph.successors)
    switch, state = graph.switch, graph.state
    stack = roots
    while stack:
        node = stack.pop()
        if node < 0:
            above[switch[~node]] ^= 1 << state[~node]
            continue
        if above[switch[node]] & simulators[state[node]]:
            continue
        kept[node] = True
        above[switch[node]] ^= 1 << state[node]
        row = graph.successors[node]
        if any(m >= 0 and above[switch[m]] & simulators[state[m]] for m in row):
            successors[node] = [-1 if m < 0 or above[switch[m]] & simulators[state[m]] else m for m in row]
        stack.append(~node)
        stack.extend(children[node])
    return kept, successors


def _dominator_tree(graph: RawGraph) -> tuple[list[int], list[list[int]]]:
    """The nodes without an immediate dominator, and per node those that it immediately dominates."""
    roots: list[int] = []
    children: list[list[int]] = [[] for _ in graph.switch]
    for node, above in enumerate(immediate_dominators(graph.outgoing(), list(graph.sending.values()))):
        if above >= 0:
            children[above].append(node)
        elif above == -1:
            roots.append(node)
    return roots, children


def probe_classes(graph: RawGraph, rule: Sequence[int], rules: Sequence[RankRule]) -> list[tuple[int, ...]]:
    """Per node, the pids that some useful node reached from it needs, itself included if an edge leads to it."""
    outgoing = graph.outgoing()
    entered = _entered(outgoing, graph.sending.values())
    incoming = _incoming(outgoing)
    users: dict[int, list[int]] = {}
    for node, state in enumerate(graph.state):
        if entered[node] and graph.useful[node]:
            users.setdefault(rule[state], []).append(node)
    per_pid: dict[int, list[int]] = {}
    for index, nodes in users.items():
        for pid in rules[index].probe_classes:
            per_pid.setdefault(pid, []).extend(nodes)
    wanted = {pid: _closure(incoming, nodes) for pid, nodes in sorted(per_pid.items())}
    flags = list(wanted.values())
    if len(flags) == 1:
        return [tuple(wanted)] * len(outgoing)
    names = list(wanted)
    return [tuple(p for p, hit in zip(names, row, strict=True) if hit) for row in zip(*flags, strict=True)]
