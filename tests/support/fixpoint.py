"""The probe protocol over what the compiler emits: `runtime.json` of every switch, orders and rank cases of programs.

Time counts in rounds of probes; each link is a queue, and the queues are served in random order. Metrics are counts, as
on the wire. The wiring and the loads come from the judge's network, so that ports are checked too.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from random import Random
from typing import Any

from support.judge import Hop, Net

from contra.check.model import Combine
from contra.emit.runtime import RuntimeWriter, node_names
from contra.ir.entries import Configurator
from contra.ir.model import Component, Deployment, RankWord, SwitchProgram

Counts = dict[str, int]
MISSED = 2
"""Rounds after which a route, or a choice, that was not refreshed may be taken over."""
EXPIRED = 3
"""Rounds after which it is dead."""
MOST_ROUNDS = 40
LOAD_FULL = 50_000
"""Count of a load that fills its link."""


def exactly(value: Fraction) -> int:
    """A count, which has to be whole: quantisation is not what is judged here."""
    assert value.denominator == 1
    return value.numerator


def value_of(word: RankWord, counts: Counts) -> int:
    """The packed word, as the data plane computes it; what does not fit its component is an error."""
    packed = 0
    for component in word.components:
        value = _component(component, counts)
        assert 0 <= value < 1 << component.bits, f"{component} wraps at {counts}"
        packed = packed << component.bits | value
    return packed


def _component(component: Component, counts: Counts) -> int:
    value = max(
        form.constant + sum(factor * counts[name] for name, factor in form.terms) for form in component.alternatives
    )
    return value if component.ceiling is None else min(value, component.ceiling)


@dataclass
class Route:
    """An entry of FwdT."""

    order: int
    hop: int
    next_tag: int
    version: int
    counts: Counts


@dataclass
class Best:
    """An entry of BestT; rank None is inf."""

    rank: int | None
    tag: int
    pid: int
    version: int


@dataclass(frozen=True)
class Probe:
    origin: int
    pid: int
    tag: int
    version: int
    counts: Counts


@dataclass
class Box:
    """A switch: its tables as loaded, and its state."""

    name: str
    program: SwitchProgram
    index: int = -1
    own_tag: int = 0
    origin_group: int = 0
    hop_of_port: dict[int, int] = field(default_factory=dict)
    link_counts: dict[int, Counts] = field(default_factory=dict)
    port_of_hop: dict[int, int] = field(default_factory=dict)
    enter: dict[tuple[int, int, int], tuple[int, int, int, bool]] = field(default_factory=dict)
    """(hop, tag, pid) -> (tag, rule, group, whether it may go back out of the port it came in by)."""
    groups: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    routes: dict[tuple[int, int, int], Route] = field(default_factory=dict)
    best: dict[int, Best] = field(default_factory=dict)

    def load(self, runtime: dict[str, Any]) -> None:
        """Take the entries of a runtime.json."""
        for entry in runtime["table_entries"]:
            table, action = entry["table"].split(".")[-1], entry["action_name"].split(".")[-1]
            self._entry(table, action, entry.get("match", {}), entry["action_params"])
        for group in runtime["multicast_group_entries"]:
            replicas = [(replica["egress_port"], replica["instance"]) for replica in group["replicas"]]
            assert len({*replicas}) == len(replicas), f"{self.name} sends the same copy twice"
            self.groups[group["multicast_group_id"]] = replicas

    def _entry(self, table: str, action: str, match: dict[str, int], params: dict[str, int]) -> None:
        if table == "identity":
            self.index, self.own_tag, self.origin_group = params["self"], params.get("tag", 0), params["group"]
        elif action == "from_switch":
            self.hop_of_port[match["port"]] = params["hop"]
            self.link_counts[match["port"]] = {
                metric.name: params[metric.field] for metric in self.program.link_metrics
            }
        elif table == "hop_port":
            self.port_of_hop[match["hop"]] = params["port"]
        elif table == "product_node":
            key = (match["hop"], match.get("tag", 0), match.get("pid", 0))
            assert key not in self.enter, f"{self.name} has two entries for {key}"
            turn = bool(params.get("turn", 0))
            self.enter[key] = (params.get("tag", 0), params.get("rule", 0), params["group"], turn)

    def measure(self, port: int, counts: Counts, load: int) -> Counts:
        """Metrics of a probe that came in on a port, saturated; `load` is that of the port's outgoing direction."""
        link = {"len": 1, "util": load, **self.link_counts[port]}
        result = {}
        for metric in self.program.metrics:
            old, new = counts[metric.name], link[metric.name]
            if metric.combine is Combine.SUM:
                result[metric.name] = min(old + new, (1 << metric.bits) - 1)
            else:
                result[metric.name] = max(old, new) if metric.combine is Combine.MAX else min(old, new)
        return result

    def order(self, pid: int, counts: Counts) -> int:
        order = self.program.orders[pid]
        assert order.pid == pid
        return value_of(order.word, counts)

    def rank(self, rule: int, pid: int, counts: Counts) -> int | None:
        """By the decision table: the first case counts; to classes other than its own it is the last resort."""
        for case in self.program.cases:
            if case.rule == rule and all(least <= counts[name] <= most for name, least, most in case.ranges):
                if case.word is None:
                    return None
                if case.pid != pid:
                    return (1 << self.program.rank_bits) - 2  # the last resort
                rank = value_of(case.word, counts)
                assert rank < (1 << self.program.rank_bits) - 1, "a finite rank reads as inf"
                return rank
        return None

    def take(self, probe: Probe, port: int, load: int) -> tuple[Probe, int, bool] | None:
        """Process a probe; what to pass on, to which group, and whether back too; None where it is refused."""
        if probe.origin == self.index:
            return None
        hop = self.hop_of_port[port]
        node = self.enter.get((hop, probe.tag, probe.pid))
        if node is None:
            return None
        tag, rule, group, turn = node
        counts = self.measure(port, probe.counts, load)
        order = self.order(probe.pid, counts)
        old = self.routes.get((probe.origin, tag, probe.pid))
        if old is not None:
            newer_from_same = probe.version > old.version and (old.hop, old.next_tag) == (hop, probe.tag)
            if not (order < old.order or newer_from_same or probe.version - old.version >= MISSED):
                return None
        self.routes[probe.origin, tag, probe.pid] = Route(order, hop, probe.tag, probe.version, counts)
        if self.program.has_best:
            self._choose(probe, tag, self.rank(rule, probe.pid, counts))
        return Probe(probe.origin, probe.pid, tag, probe.version, counts), group, turn

    def _choose(self, probe: Probe, tag: int, rank: int | None) -> None:
        old = self.best.get(probe.origin)
        same_key = old is not None and (old.tag, old.pid) == (tag, probe.pid)
        better = rank is not None and (old is None or old.rank is None or rank < old.rank)
        overdue = rank is not None and old is not None and probe.version - old.version >= MISSED
        if same_key or better or overdue:
            self.best[probe.origin] = Best(rank, tag, probe.pid, probe.version)


class DroppedError(Exception):
    """The packet has no way on."""


class Fabric:
    """All switches of a deployment, wired up as in the judge's network.

    Split horizon is that of the entries: a probe goes back only where `turn` allows it.
    """

    def __init__(self, deployment: Deployment, net: Net, random: Random) -> None:
        self.net = net
        self.round = 0
        self._random = random
        configurator, writer = (
            Configurator(deployment),
            RuntimeWriter(deployment.graph.topology, node_names(deployment.graph)),
        )
        self.boxes: dict[str, Box] = {}
        for switch in deployment.graph.topology.switches:
            box = Box(switch.label, deployment.program_of(switch.index))
            box.load(json.loads(writer.text(configurator.configure(switch.index))))
            box.index = switch.index
            self.boxes[switch.label] = box
        self._queues: dict[tuple[str, int], deque[Probe]] = {}
        self._loads: dict[tuple[str, int], int] = {}

    # -------------------------------------------------------------------------------------------- probes

    def settle(self) -> None:
        """Rounds of probes until one changes nothing: not even the age of anything that still counts."""
        for _ in range(MOST_ROUNDS):
            before = self._snapshot()
            self._one_round()
            if self._snapshot() == before:
                return
        raise AssertionError("the network does not settle")

    def _snapshot(self) -> list[object]:
        state: list[object] = []
        for box in self.boxes.values():
            live = {key: route for key, route in box.routes.items() if self._alive(route)}
            state.append({k: (r.order, r.hop, r.next_tag, r.counts, self.round - r.version) for k, r in live.items()})
            state.append({k: (b.rank, b.tag, b.pid, self._age(b)) for k, b in box.best.items()})
        return state

    def _age(self, best: Best) -> int:
        return min(EXPIRED, self.round - best.version)

    def _alive(self, route: Route) -> bool:
        return self.round - route.version < EXPIRED

    def _one_round(self) -> None:
        self.round += 1
        hops = {(hop.source, hop.port): hop for hop in self.net.hops}
        self._loads = {key: exactly(hop.load * LOAD_FULL) for key, hop in hops.items()}
        for box in self.boxes.values():
            for port, instance in box.groups.get(box.origin_group, ()):
                start = {metric.name: metric.start for metric in box.program.metrics}
                self._send(hops, box, port, Probe(box.index, instance - 1, box.own_tag, self.round, start))
        while self._queues:
            key = self._random.choice(list(self._queues))
            queue = self._queues[key]
            self._arrive(hops, hops[key], queue.popleft())
            if not queue:
                del self._queues[key]

    def _send(self, hops: dict[tuple[str, int], Hop], box: Box, port: int, probe: Probe) -> None:
        if (box.name, port) in hops:
            self._queues.setdefault((box.name, port), deque()).append(probe)

    def _arrive(self, hops: dict[tuple[str, int], Hop], over: Hop, probe: Probe) -> None:
        box = self.boxes[over.target]
        passed = box.take(probe, over.peer_port, self._loads[over.target, over.peer_port])
        if passed is None:
            return
        for port, instance in box.groups.get(passed[1], ()):
            assert instance == 1
            if passed[2] or port != over.peer_port:
                self._send(hops, box, port, passed[0])

    # ---------------------------------------------------------------------------------------------- data

    def forward(self, source: str, destination: str) -> list[Hop]:
        """The hops that a packet takes. Raises `DroppedError`."""
        box, target = self.boxes[source], self.boxes[destination].index
        tag, pid = self._first_key(box, target)
        hops = {(hop.source, hop.port): hop for hop in self.net.hops}
        taken: list[Hop] = []
        while box.name != destination:
            route = box.routes.get((target, tag, pid))
            if route is None or not self._alive(route):
                raise DroppedError(f"{box.name} has no route")
            hop = hops[box.name, box.port_of_hop[route.hop]]
            taken.append(hop)
            assert len(taken) < 60, f"a loop from {source} to {destination}"
            box, tag = self.boxes[hop.target], route.next_tag
            assert hop.peer_port in box.hop_of_port
        assert tag == box.own_tag, "a packet arrives off policy"
        return taken

    def _first_key(self, box: Box, target: int) -> tuple[int, int]:
        if not box.program.has_best:
            return 0, 0
        best = box.best.get(target)
        if best is None or best.rank is None:
            raise DroppedError(f"{box.name} has no choice")
        return best.tag, best.pid
