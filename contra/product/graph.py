"""The product graph: the topology times the policy's automata, pruned, with tags.

Edges point in probe direction, from destinations outward; traffic follows them backwards. Nodes are dense integers,
ordered by switch and then tag, so that all per-node data are plain tuples.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from contra.analysis.model import AnalysedPolicy
from contra.topology.model import Topology


@dataclass(frozen=True, slots=True)
class ProductNode:
    """A switch and a state of the joint automaton after reading that switch."""

    index: int
    switch: int
    tag: int
    """Number of the node within its switch, from 0."""
    state: int
    """State of the joint automaton, for people."""
    rule: int
    """Rank rule of paths that start here."""
    pids: tuple[int, ...]
    """Probe classes that somebody at or beyond this node can use, ascending; never empty."""


class ProductEdge(NamedTuple):
    """Probes at node `source` leave by `port` and become node `target` at the neighbour, which hears them on
    `peer_port`."""

    source: int
    target: int
    port: int
    peer_port: int
    link: int


@dataclass(frozen=True, kw_only=True)
class ProductGraph:
    """All that the switch programs need to know about policy and topology together."""

    topology: Topology
    policy: AnalysedPolicy
    nodes: tuple[ProductNode, ...]
    node_ranges: tuple[tuple[int, int], ...]
    """Per switch, the half-open range of its nodes in `nodes`."""
    successors: tuple[tuple[ProductEdge, ...], ...] = field(repr=False)
    """Per node, its outgoing edges in probe direction, by port then target."""
    sending: dict[int, int]
    """Destination switch -> the node where its probes start. A destination that nobody can use is absent."""
    unreachable_count: int
    """Number of ordered pairs (source switch, destination) without a compliant path, source != destination."""
    unreachable: tuple[tuple[int, int], ...]
    """The first of those pairs, at most 1000, ordered by source then destination."""
    matched: tuple[frozenset[int], ...]
    """Per joint state, the indices of the regexes that a path ending its reading there matches."""

    def nodes_of(self, switch: int) -> tuple[ProductNode, ...]:
        """The product nodes of one switch, by tag."""
        start, end = self.node_ranges[switch]
        return self.nodes[start:end]

    @property
    def max_tags(self) -> int:
        """Largest number of tags at any switch, at least 1."""
        return max((end - start for start, end in self.node_ranges), default=1) or 1
