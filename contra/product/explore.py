"""Topology times joint automaton: the raw product, reached from the destinations, dead states left out.

Hot code: plain lists of integers throughout. `successors[n]` runs parallel to the wires of n's switch, with -1 where
nothing goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from contra.product.joint import JointAutomaton
from contra.topology.model import Topology

MAX_EDGES = 10_000_000
"""Most edges of the raw product."""

Wire: TypeAlias = tuple[int, int, int, int]
"""(port, neighbour, port of the neighbour, link)"""


class TooManyEdgesError(Exception):
    """The raw product has more than `MAX_EDGES` edges."""


@dataclass(frozen=True)
class RawGraph:
    """A product graph in the making; nodes are ordered by switch, then state."""

    switch: list[int]
    state: list[int]
    successors: list[list[int]]
    sending: dict[int, int]
    useful: list[bool]
    """Per node, whether it has a finite rank that a source can use."""

    def outgoing(self) -> list[list[int]]:
        """Per node, its successors without the gaps."""
        return [[m for m in row if m >= 0] if -1 in row else row for row in self.successors]

    def restrict(self, keep: Sequence[bool]) -> RawGraph:
        """The graph induced by the kept nodes, numbered anew in the same order."""
        if all(keep):
            return self
        number = [-1] * (len(keep) + 1)  # the last cell makes -1 stay -1
        kept = [node for node, flag in enumerate(keep) if flag]
        for index, node in enumerate(kept):
            number[node] = index
        return RawGraph(
            switch=[self.switch[node] for node in kept],
            state=[self.state[node] for node in kept],
            successors=[[number[m] for m in self.successors[node]] for node in kept],
            sending={d: number[node] for d, node in self.sending.items() if keep[node]},
            useful=[self.useful[node] for node in kept],
        )


def wires_of(topology: Topology) -> list[list[Wire]]:
    """Per switch, its wires by port."""
    wires: list[list[Wire]] = [[] for _ in topology.switches]
    for link in topology.links:
        a, b, a_port, b_port, index = link.a, link.b, link.a_port, link.b_port, link.index
        wires[a].append((a_port, b, b_port, index))
        wires[b].append((b_port, a, a_port, index))
    for row in wires:
        row.sort()
    return wires


def explore(topology: Topology, joint: JointAutomaton, wires: list[list[Wire]]) -> RawGraph:
    """All nodes on walks from sending nodes through live states. Raises `TooManyEdgesError`."""
    states = len(joint.default)
    peers = [[wire[1] for wire in row] for row in wires]
    sending: dict[int, int] = {}
    for destination in topology.destinations:
        state = joint.step(0, destination)
        if joint.live[state]:
            sending[destination] = destination * states + state
    out = _walk(list(sending.values()), joint, peers)
    keys = sorted(out)
    number = {key: index for index, key in enumerate(keys)}
    number[-1] = -1
    return RawGraph(
        switch=[key // states for key in keys],
        state=[key % states for key in keys],
        successors=[[number[target] for target in out[key]] for key in keys],
        sending={destination: number[key] for destination, key in sending.items()},
        useful=[joint.useful[key % states] for key in keys],
    )


def _walk(queue: list[int], joint: JointAutomaton, peers: list[list[int]]) -> dict[int, list[int]]:
    """Successors per node, nodes written as switch * number of states + state."""
    states, class_of, live = len(joint.default), joint.class_of, joint.live
    has_dead = [
        not (live[other] and all(live[t] for t in row.values()))
        for other, row in zip(joint.default, joint.moves, strict=True)
    ]
    seen = set(queue)
    out: dict[int, list[int]] = {}
    budget = MAX_EDGES
    for key in queue:
        switch, state = divmod(key, states)
        step, other = joint.moves[state].get, joint.default[state]
        targets = [peer * states + step(class_of[peer], other) for peer in peers[switch]]
        if has_dead[state]:
            targets = [target if live[target % states] else -1 for target in targets]
        out[key] = targets
        fresh = set(targets) - seen
        fresh.discard(-1)
        seen |= fresh
        queue.extend(fresh)
        budget -= len(targets)
        if budget < 0:
            raise TooManyEdgesError
    return out
