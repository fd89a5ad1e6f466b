"""`contra trace`: one packet, hop by hop, and why each switch sent it where it did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from contra.check.model import CheckedPolicy
from contra.engine.inputs import Endpoint, LinkState
from contra.engine.packets import steps
from contra.engine.results import Step
from contra.engine.routes import edges_of
from contra.engine.simulation import Simulation
from contra.interp import Edge, Rank, Walk, deciding, evaluate, matched_by, metrics, names_of
from contra.p4.code import words_of
from contra.source import Span

BEST, DROPS = "best_route", "drops"
_Drops = dict[tuple[str, str], int]


@dataclass(frozen=True, kw_only=True)
class Hop:
    """A packet in one switch.

    `tag` and `pid` are those that it was looked up under, `next_tag` is what it left with; None where the program has
    no such field. `rank` is that of the rest of the way, and `clause` the part of the policy that it comes from; None
    where the packet ends.
    """

    switch: str
    ingress_port: int
    egress_port: int | None
    tag: int | None
    pid: int | None
    next_tag: int | None
    rank: Rank | None
    clause: Span | None

    def json(self) -> dict[str, Any]:
        """As `contra trace --json` prints it."""
        place = None
        if self.clause is not None:
            position = {"line": self.clause.line, "column": self.clause.column}
            place = {"file": self.clause.file.name, **position, "text": self.clause.text}
        return {
            "switch": self.switch,
            "in": self.ingress_port,
            "out": self.egress_port,
            "tag": self.tag,
            "pid": self.pid,
            "next_tag": self.next_tag,
            "rank": None if self.rank is None else self.rank.json(),
            "policy": place,
        }


@dataclass(frozen=True)
class Trace:
    """What became of a packet. `reason` says why it did not arrive, empty where it did."""

    hops: tuple[Hop, ...]
    arrived: bool
    reason: str
    rank: Rank | None

    def json(self) -> dict[str, Any]:
        """As `contra trace --json` prints it."""
        return {
            "arrived": self.arrived,
            "reason": self.reason or None,
            "rank": None if self.rank is None else self.rank.json(),
            "hops": [hop.json() for hop in self.hops],
        }


def trace(
    simulation: Simulation,
    policy: CheckedPolicy | None,
    states: Sequence[LinkState],
    source: Endpoint,
    target: Endpoint,
) -> Trace:
    """Send one packet through the network as it stands. Without a policy nothing has a rank."""
    counted = drops(simulation)
    then: _Drops = {}
    found, arrived = steps(simulation, source, target, lambda: then.update(drops(simulation)))
    visits = _visits(found)
    ranked = _Ranked(policy, _walk(simulation, edges_of(simulation, states), visits) if arrived else ())
    hops = []
    tag, pid = _chosen(simulation, source, target)
    for number, (before, after) in enumerate(visits):
        fields = _shim(simulation, before)
        rank, clause = ranked.rest(number)
        next_tag = fields.get("tag")
        hops.append(
            Hop(
                switch=_label(simulation, before.switch),
                ingress_port=before.port,
                egress_port=None if after is None else after.port,
                tag=tag,
                pid=pid,
                next_tag=next_tag if number < len(visits) - 1 and arrived else None,
                rank=rank,
                clause=clause,
            )
        )
        tag = next_tag
    reason = "" if arrived else _reason(simulation, visits, set(then.items()) - set(counted.items()))
    return Trace(tuple(hops), arrived, reason, hops[0].rank if hops else None)


class _Ranked:
    """The ranks of the rests of a way."""

    def __init__(self, policy: CheckedPolicy | None, walk: Walk) -> None:
        self.policy, self.walk = policy, walk
        self.matched = matched_by(policy, names_of(walk)) if walk and policy is not None else frozenset()

    def rest(self, number: int) -> tuple[Rank | None, Span | None]:
        """Rank of the way from a switch on, and the part of the policy that it comes from; None where there is none."""
        rest = self.walk[number:]
        if not rest or self.policy is None:
            return None, None
        values = metrics(self.policy, rest)
        clause = deciding(self.policy, values, self.matched).span
        return evaluate(self.policy, values, self.matched), clause


_Visit = tuple[Step, Step | None]


def _visits(found: Sequence[Step]) -> list[_Visit]:
    """Per switch the packet after its last ingress and after its egress; a resubmitted packet has several."""
    visits: list[_Visit] = []
    for step in found:
        if step.stage == "ingress":
            if visits and visits[-1][1] is None and visits[-1][0].switch == step.switch:
                visits[-1] = (Step(**{**_fields(step), "port": visits[-1][0].port}), None)
            else:
                visits.append((step, None))
        elif visits:
            visits[-1] = (visits[-1][0], step)
    return visits


def _fields(step: Step) -> dict[str, Any]:
    return {name: getattr(step, name) for name in step.__dataclass_fields__}


def _walk(simulation: Simulation, edges: dict[tuple[str, int], Edge], visits: list[_Visit]) -> Walk:
    """The edges between the switches."""
    found = []
    for _, after in visits[:-1]:
        assert after is not None
        found.append(edges[after.switch, after.port])
    return tuple(found)


def _label(simulation: Simulation, name: str) -> str:
    return simulation.topology.switches[simulation.topology.by_name[name]].label


def _shim(simulation: Simulation, step: Step) -> dict[str, int]:
    """The fields of the shim after an ingress, if the packet has one."""
    code = simulation.executables[simulation.topology.by_name[step.switch]].code
    values = {}
    for name, word in code.fields.items():
        if name.startswith("hdr.shim."):
            cells = step.phv[word.index : word.index + words_of(word.width)]
            values[name.removeprefix("hdr.shim.")] = sum(cell << 64 * at for at, cell in enumerate(cells))
    return values if values.pop("$valid", 0) else {}


def _chosen(simulation: Simulation, source: Endpoint, target: Endpoint) -> tuple[int | None, int | None]:
    """Tag and probe class that the source takes from BestT; a field that a program lacks has one value only."""
    switch = simulation.build.switches[source.switch]
    cell = next((cell for cell in switch.program.row.cells if cell.name == BEST), None)
    if cell is None or source.switch == target.switch:
        return None, None
    value = simulation.states[source.switch].read_register(BEST, target.switch)
    fields = {}
    for name, bits in reversed(cell.fields):
        fields[name] = value & (1 << bits) - 1
        value >>= bits
    return fields.get("tag"), fields.get("pid")


def drops(simulation: Simulation) -> _Drops:
    """Packets dropped so far by switch (its label) and reason."""
    reasons = simulation.build.manifest.drop_reasons
    found = {}
    for switch, state in zip(simulation.build.switches, simulation.states, strict=True):
        for layout in state.code.counters:
            if layout.name == DROPS:
                for number, reason in enumerate(reasons[: layout.size]):
                    found[switch.switch.label, reason] = state.counter(DROPS, number)[0]
    return found


def _reason(simulation: Simulation, visits: list[_Visit], changed: Iterable[tuple[tuple[str, str], int]]) -> str:
    """Why a packet did not arrive."""
    for (switch, reason), _ in changed:
        return f"{switch} counts it as {reason}"
    if not visits:
        return "it reached no switch"
    before, after = visits[-1]
    name = _label(simulation, before.switch)
    return f"{name} dropped it" if after is None else f"it was lost after port {after.port} of {name}"
