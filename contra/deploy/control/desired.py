"""What a switch of a deployment should hold: the build's entries, with what the deployment changes in them.

Capacities are scaled (a byte weighs more on a slower link), metrics may be held still, and programs that authenticate
probes are given their key. Everything else is as the compiler wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from contra.deploy.control.errors import CannotHold
from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Holding, Key, Match
from contra.deploy.errors import ToolError
from contra.deploy.plan import Plan, scaled
from contra.engine.build import Build
from contra.engine.build.model import Constants, Metric
from contra.engine.inputs import LinkState
from contra.engine.keys import KEY_ACTION, KEY_TABLE, ProbeKey
from contra.ir.layout import NOT_HELD, clock, load_weight
from contra.ir.model import Clock
from contra.options import ProtocolOptions
from contra.p4.runtime import Entry
from contra.p4.typed import Bits, KeyValue
from contra.p4.typed import Key as TypedKey
from contra.topology.model import Link, Topology

PORT_TABLE, FROM_SWITCH, HELD_LOAD = "ingress_port", "from_switch", "held_util"
HOP_TABLE, WEIGHT = "hop_port", "weight"
_UTILISATION = "util"
_MAX_WEIGHT = 2**48 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Metrics of one direction of a link that are held still; None where they are not."""

    utilisation: Fraction | None = None
    """Of the capacity."""
    latency_ns: int | None = None
    attributes: tuple[tuple[str, Fraction], ...] = ()
    """Of declared attributes, by name; those that are held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustments:
    """What a deployment changes in the entries of its build, beside the scale of capacities."""

    held: Mapping[tuple[int, int], Held] = field(default_factory=dict)
    """(switch, port) -> metrics of the direction that leaves there."""
    probe_key: ProbeKey | None = None
    """What programs with authentication share; others do not need it."""


NO_ADJUSTMENTS = Adjustments()


def held_still(topology: Topology, states: Iterable[LinkState]) -> dict[tuple[int, int], Held]:
    """The states of `contra routes` as adjustments. Whether a link is up is not for tables to say."""
    found = {}
    for state in states:
        link = topology.links[state.link]
        place = (link.a, link.a_port) if state.forward else (link.b, link.b_port)
        found[place] = Held(utilisation=state.util, latency_ns=state.latency_ns, attributes=state.attributes)
    return found


def desired(build: Build, plan: Plan, index: int, adjustments: Adjustments = NO_ADJUSTMENTS) -> Holding:
    """All that switch `index` should hold, default actions that nobody changes included.

    Raises ToolError (CTR1113) if a metric is to be held that the program cannot hold.
    """
    links = ((each.link, each.capacity) for each in plan.links)
    return _Desired(build, _capacities(links, index), index, adjustments).holding()


def desired_at(build: Build, scale: Fraction, index: int, adjustments: Adjustments = NO_ADJUSTMENTS) -> Holding:
    """As `desired`, for a network somewhere else, of which the scale of capacities alone is known."""
    own = (build.topology.links[port.link] for port in build.topology.ports[index])
    links = ((link, scaled(link.capacity, scale)) for link in own)
    return _Desired(build, _capacities(links, index), index, adjustments).holding()


Capacities = Mapping[int | None, tuple[int, int]]
"""Port -> capacity of the link there, and what it is scaled to, bit/s."""


class _Desired:
    def __init__(self, build: Build, capacities: Capacities, index: int, adjustments: Adjustments) -> None:
        self.build, self.index, self.adjustments = build, index, adjustments
        self.metrics = {metric.field: metric for metric in build.manifest.metrics}
        self.clock = _clock(build.manifest.constants)
        self.capacities = capacities

    def holding(self) -> Holding:
        switch = self.build.switches[self.index]
        contents: dict[Key, Content] = {}
        provenance: dict[Key, Mapping[str, Any]] = {}
        for table in switch.program.typed.tables:
            if not table.constant_default:
                values = zip((each.name for each in table.default.data), table.default_arguments, strict=True)
                contents[EntryKey(table.name, default=True)] = Action(table.default.name, tuple(values))
        self.set_key(contents)
        entries = switch.entries
        for key, entry in _all(entries.entries.values(), entries.defaults.values()):
            contents[key], provenance[key] = self.adjusted(entry), entry.provenance
        for number, group in entries.groups.items():
            replicas = sorted(group.replicas, key=lambda replica: (replica.port, replica.instance))
            contents[GroupKey(number)], provenance[GroupKey(number)] = tuple(replicas), group.provenance
        return Holding(contents, provenance)

    def adjusted(self, entry: Entry) -> Action:
        """The action of an entry, as this deployment wants it."""
        action = action_of(entry)
        name, port = _last(entry.table.name), dict(action.parameters).get("port")
        if name == HOP_TABLE and port in self.capacities:
            return self.weighed(action, *self.capacities[port])
        if name == PORT_TABLE and _last(action.name) == FROM_SWITCH:
            held = self.adjustments.held.get((self.index, entry.keys[0].value))
            return action if held is None else self.held(action, held)
        return action

    def weighed(self, action: Action, capacity: int, to: int) -> Action:
        """A byte weighs on the scaled link what the compiler would say; an edited weight keeps its ratio."""
        values = dict(action.parameters)
        if WEIGHT not in values or capacity == to:
            return action
        if values[WEIGHT] == load_weight(capacity, self.clock):
            return _with(action, {WEIGHT: load_weight(to, self.clock)})
        weight = round(Fraction(values[WEIGHT] * capacity, to))
        return _with(action, {WEIGHT: min(_MAX_WEIGHT, max(1, weight))})

    def held(self, action: Action, held: Held) -> Action:
        """Metrics of a link that are held still, as probes count them."""
        names, values = {name for name, _ in action.parameters}, {}
        attributes = dict(held.attributes)
        for field_name, metric in self.metrics.items():
            if metric.name == _UTILISATION:
                if held.utilisation is not None:
                    if HELD_LOAD not in names:
                        raise ToolError([CannotHold(metric=metric.name)])
                    values[HELD_LOAD] = min(NOT_HELD - 1, round(held.utilisation * counts_per_unit(metric)))
            elif field_name in names and metric.unit == "ns":
                if held.latency_ns is not None:
                    values[field_name] = held.latency_ns
            elif field_name in names and metric.name in attributes:
                values[field_name] = round(attributes[metric.name] * counts_per_unit(metric))
        limits = {name: (1 << self.metrics[name].bits) - 1 for name in values if name in self.metrics}
        return _with(action, {name: max(0, min(value, limits.get(name, value))) for name, value in values.items()})

    def set_key(self, contents: dict[Key, Content]) -> None:
        """Give the key to a program that asks for one, unless its entries have one already."""
        key = self.adjustments.probe_key
        for table in self.build.switches[self.index].program.typed.tables:
            place = EntryKey(table.name, default=True)
            if key is None or _last(table.name) != KEY_TABLE or table.keys or table.constant_default:
                continue
            for use in table.actions:
                if _last(use.action.name) == KEY_ACTION and len(use.action.data) == len(key):
                    names = (parameter.name for parameter in use.action.data)
                    contents[place] = Action(use.action.name, tuple(zip(names, key, strict=True)))


def counts_per_unit(metric: Metric) -> int:
    """Counts of one unit of a metric: the manifest says "1/50000 of the capacity"."""
    return int(Fraction(metric.unit.split(" ", 1)[0]).denominator)


def _clock(constants: Constants) -> Clock:
    """The clock that the compiler had."""
    return clock(
        ProtocolOptions(
            probe_period_us=constants.probe_period_us,
            flowlet_timeout_us=constants.flowlet_timeout_us,
            expiry_periods=constants.expiry_periods,
            failure_periods=constants.failure_periods,
            pin_periods=constants.pin_periods,
        )
    )


def _capacities(links: Iterable[tuple[Link, int]], index: int) -> Capacities:
    """The capacities at a switch; `links` with what they are scaled to."""
    found: dict[int | None, tuple[int, int]] = {}
    for link, to in links:
        for switch, port in ((link.a, link.a_port), (link.b, link.b_port)):
            if switch == index:
                found[port] = (link.capacity, to)
    return found


# ------------------------------------------------------------------------------------------------ entries


def _all(rows: Iterable[Iterable[Entry]], defaults: Iterable[Entry]) -> Iterable[tuple[EntryKey, Entry]]:
    for entry in defaults:
        yield EntryKey(entry.table.name, default=True), entry
    for entry in sorted((entry for row in rows for entry in row), key=lambda entry: entry.number):
        yield EntryKey(entry.table.name, matches_of(entry), entry.priority), entry


def matches_of(entry: Entry) -> tuple[Match, ...]:
    """The keys of an entry by name, without those that match anything."""
    pairs = zip(entry.table.keys, entry.keys, strict=True)
    found = (_match(key, value) for key, value in pairs)
    return tuple(sorted((match for match in found if match is not None), key=lambda match: match.name))


def _match(key: TypedKey, value: KeyValue) -> Match | None:
    if key.match == "exact":
        return Match(key.name, "exact", value.value)
    if key.match == "lpm":
        return Match(key.name, "lpm", value.value, value.prefix) if value.prefix else None
    if key.match == "range":
        assert value.high is not None
        kind = key.expression.type
        full = isinstance(kind, Bits) and value.value == 0 and value.high == (1 << kind.width) - 1
        return None if full else Match(key.name, "range", value.value, value.high)
    if not value.mask:
        return None
    return Match(key.name, key.match, value.value, value.mask if key.match == "ternary" else 0)


def action_of(entry: Entry) -> Action:
    """The action of an entry with its parameters."""
    names = (parameter.name for parameter in entry.action.data)
    return Action(entry.action.name, tuple(zip(names, entry.arguments, strict=True)))


def _with(action: Action, values: Mapping[str, int]) -> Action:
    return replace(action, parameters=tuple((name, values.get(name, value)) for name, value in action.parameters))


def _last(name: str) -> str:
    return name.rpartition(".")[2]
