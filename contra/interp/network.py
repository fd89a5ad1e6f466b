"""A network at one moment, as data see it: switches, and the directions of links that can be used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Protocol

from contra.topology.model import Topology


@dataclass(frozen=True, slots=True)
class Edge:
    """One direction of a link. Parallel links are edges of their own, told apart by `port`, that of `source`."""

    source: str
    target: str
    port: int
    util: Fraction
    """Of the capacity, in this direction."""
    latency_ns: int
    attributes: tuple[tuple[str, Fraction], ...] = ()
    """Values of the declared attributes."""

    def value(self, name: str) -> Fraction:
        """What the edge contributes to a metric; `lat` is in microseconds, as in policies."""
        match name:
            case "len":
                return Fraction(1)
            case "lat":
                return Fraction(self.latency_ns, 1000)
            case "util":
                return self.util
            case _:
                return dict(self.attributes)[name]


Walk = tuple[Edge, ...]
"""Edges from source to destination, each beginning where the one before it ends; at least one."""


def names_of(walk: Walk) -> tuple[str, ...]:
    """The switches of a walk, source first."""
    return (walk[0].source, *(edge.target for edge in walk))


@dataclass(frozen=True)
class Network:
    """Switches by name, and the edges that are up: what is down cannot be used and is left out."""

    switches: tuple[str, ...]
    edges: tuple[Edge, ...]

    @cached_property
    def out_of(self) -> Mapping[str, tuple[Edge, ...]]:
        """Per switch, the edges that begin there, by target and port."""
        return {
            name: tuple(sorted((edge for edge in self.edges if edge.source == name), key=lambda e: (e.target, e.port)))
            for name in self.switches
        }


class Measured(Protocol):
    """The state of one direction of a link; `contra.engine.inputs.LinkState` is one."""

    @property
    def link(self) -> int:
        """Index of the link."""

    @property
    def forward(self) -> bool:
        """From `a` to `b` of the link."""

    @property
    def util(self) -> Fraction:
        """Fraction of the capacity."""

    @property
    def latency_ns(self) -> int:
        """Propagation delay."""

    @property
    def up(self) -> bool:
        """Whether data can use the direction."""

    @property
    def attributes(self) -> tuple[tuple[str, Fraction], ...]:
        """Declared attributes."""


def network_of(topology: Topology, states: Iterable[Measured]) -> Network:
    """The network of a topology in a state; directions that no row names are not there, as are those that are down."""
    edges = []
    for state in states:
        if state.up:
            link = topology.links[state.link]
            ends = ((link.a, link.a_port), (link.b, link.b_port))
            (source, port), (target, _) = ends if state.forward else ends[::-1]
            names = (topology.switches[source].name, topology.switches[target].name)
            edges.append(Edge(*names, port, state.util, state.latency_ns, state.attributes))
    return Network(tuple(switch.name for switch in topology.switches), tuple(edges))
