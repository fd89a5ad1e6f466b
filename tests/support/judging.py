"""Policies and networks for the judge: from text, and from the networks of `support.judge`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from support.judge import Hop, Net

from contra import interp, syntax
from contra.check import check
from contra.check.model import CheckedPolicy
from contra.diagnostics import Reporter
from contra.engine.inputs import read_state
from contra.source import SourceFile
from contra.topology import Defaults, load_source
from contra.topology.model import Topology


def topology_from(content: Mapping[str, Any] | str) -> Topology:
    text = content if isinstance(content, str) else json.dumps(content)
    return load_source(SourceFile("topo.json", text), Reporter(), defaults=Defaults())


def policy_of(text: str, topology: Topology) -> CheckedPolicy:
    source, reporter = SourceFile("policy.ctr", text), Reporter()
    return check(syntax.parse(source, reporter), topology, reporter, source)


def state_of(topology: Topology, rows: list[dict[str, Any]]) -> interp.Network:
    """The network in a state given as the rows of a state file."""
    file = SourceFile("state.json", json.dumps({"links": rows}))
    return interp.network_of(topology, read_state(file, topology, Reporter()))


class Judged:
    """A network of `support.judge`, for the judge."""

    def __init__(self, net: Net) -> None:
        self.topology = topology_from(net.json())
        self.names = {switch.label: switch.name for switch in self.topology.switches}
        self.edges = {(hop.source, hop.port): self._edge(hop) for hop in net.hops}
        self.network = interp.Network(tuple(self.names[name] for name in net.switches), tuple(self.edges.values()))

    def _edge(self, hop: Hop) -> interp.Edge:
        ends = (self.names[hop.source], self.names[hop.target])
        return interp.Edge(*ends, hop.port, hop.load, hop.wire.latency_ns, hop.wire.attributes)

    def walk(self, hops: list[Hop]) -> interp.Walk:
        return tuple(self.edges[hop.source, hop.port] for hop in hops)


def plain(rank: interp.Rank) -> tuple[Any, ...]:
    """A rank as `support.judge` has it."""
    return (float("inf"),) if rank.components is None else tuple(Fraction(value) for value in rank.components)
