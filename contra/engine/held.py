"""A network whose link metrics stand still: what `routes` and `trace` look at.

Utilisations are written into the cells of the load estimate before each packet of a switch; latencies and declared
attributes stand in the runtime entries of the ports. A direction that is down carries no data: the switch that would
send there ignores probes from that port, and so never learns of it. Without probes what is sent there is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from contra.engine.build import Build
from contra.engine.build.model import Metric
from contra.engine.decisions import Decisions
from contra.engine.inputs import LinkState
from contra.engine.model import Hold
from contra.engine.simulation import PS_PER_NS, Settings, Simulation, assemble
from contra.p4.executable import Executable
from contra.p4.runtime import Entry, SwitchEntries
from contra.p4.state import SwitchState
from contra.p4.typed import Program

PORT_TABLE = "ingress_port"
LOAD, LOAD_TIME = "link_load", "link_time"
_LOAD_SHIFT = 32  # the estimate's whole part: counts of the metric `util`
_LATENCY_UNIT, _DECLARED_UNIT = "ns", "1/1000"
STEADY_PERIODS = 6
"""So long nothing may change before the network counts as converged; longer than an expiry."""
MAX_PERIODS = 200

States = Mapping[tuple[int, int], LinkState]
"""(switch, port) -> the state of the direction that leaves there."""


def by_port(build: Build, states: Sequence[LinkState]) -> dict[tuple[int, int], LinkState]:
    """The states by where their direction leaves."""
    found = {}
    for state in states:
        link = build.topology.links[state.link]
        found[(link.a, link.a_port) if state.forward else (link.b, link.b_port)] = state
    return found


def hold(build: Build, executables: Mapping[Program, Executable], settings: Settings, states: States) -> Simulation:
    """Put a build into a network whose metrics are those of the states."""
    switches = tuple(
        replace(switch, entries=_with_metrics(switch.entries, build.manifest.metrics, number, states))
        for number, switch in enumerate(build.switches)
    )
    delays = {place: state.latency_ns * PS_PER_NS for place, state in states.items()}
    simulation = assemble(replace(build, switches=switches), executables, settings, delays)
    set_loads(simulation, states)
    for place, direction in states.items():
        if not direction.up:
            _take_down(simulation, place)
    return simulation


def _take_down(simulation: Simulation, place: tuple[int, int]) -> None:
    """No data over a direction: nobody learns of it, or, where nobody learns anything, what is sent there is lost."""
    if simulation.build.manifest.learns:
        simulation.network.set_deaf(_link_into(simulation, place), True)
    else:
        simulation.network.set_link(0, simulation.links[place], False)


def set_loads(simulation: Simulation, states: States) -> None:
    """Hold the states' utilisations from now on, in place of those held before; other metrics stay as they are."""
    manifest = simulation.build.manifest
    utilisation = next((metric for metric in manifest.metrics if metric.name == "util"), None)
    if utilisation is None:
        return
    scale, tick_us = _counts_per_unit(utilisation), manifest.constants.clock_tick_us
    pairs = enumerate(zip(simulation.build.switches, simulation.states, strict=True))
    holds = {
        switch.switch.name: _load_holds(switch.entries, state, number, states, scale, tick_us)
        for number, (switch, state) in pairs
    }
    simulation.network.hold(holds)


def settle(simulation: Simulation) -> int | None:
    """Run until the decisions stand still.

    Returns the number of probe periods after which nothing changed any more, or None if that did not happen within
    MAX_PERIODS.
    """
    network, period = simulation.network, simulation.period_ps
    decisions = Decisions(simulation)
    before, changed, number = decisions.read(), 0, 0
    while number - changed < STEADY_PERIODS and number < MAX_PERIODS:
        number += 1
        network.run(number * period - 1)
        now = decisions.read()
        if now != before:
            before, changed = now, number
    return changed if number - changed >= STEADY_PERIODS else None


def _link_into(simulation: Simulation, place: tuple[int, int]) -> int:
    """The direction that comes in at a port."""
    port = next(port for port in simulation.topology.ports[place[0]] if port.number == place[1])
    return simulation.links[port.peer, port.peer_port]


# ------------------------------------------------------------------------------------------------ entries


def _with_metrics(entries: SwitchEntries, metrics: Iterable[Metric], switch: int, states: States) -> SwitchEntries:
    """The entries with the states' latencies and attributes."""
    units = {metric.field: metric for metric in metrics}
    tables = {
        table: tuple(_entry_with_metrics(entry, units, states.get((switch, entry.keys[0].value))) for entry in found)
        if table.name.endswith(f".{PORT_TABLE}")
        else found
        for table, found in entries.entries.items()
    }
    return replace(entries, entries=tables)


def _entry_with_metrics(entry: Entry, units: Mapping[str, Metric], state: LinkState | None) -> Entry:
    if state is None:
        return entry
    arguments = []
    for parameter, value in zip(entry.action.data, entry.arguments, strict=True):
        metric = units.get(parameter.name)
        arguments.append(value if metric is None else _count(metric, state))
    return replace(entry, arguments=tuple(arguments))


def _count(metric: Metric, state: LinkState) -> int:
    """The value of a metric as probes count it."""
    if metric.unit == _LATENCY_UNIT:
        return min(state.latency_ns, (1 << metric.bits) - 1)
    assert metric.unit.startswith(_DECLARED_UNIT)
    thousandths = round(dict(state.attributes)[metric.name] * 1000)
    return min(thousandths, (1 << metric.bits) - 1)


def _counts_per_unit(metric: Metric) -> int:
    """Counts of utilisation 1: the manifest says "1/50000 of the capacity"."""
    return int(Fraction(metric.unit.split(" ", 1)[0]).denominator)


def _load_holds(
    entries: SwitchEntries, state: SwitchState, switch: int, states: States, scale: int, tick_us: int
) -> list[Hold]:
    """The load estimate of each neighbour, as if just made."""
    cells = {layout.name: layout for layout in state.code.registers}
    holds = []
    for port, hop in hops(entries).items():
        if (switch, port) in states and hop < cells[LOAD].size:  # of others the program knows no load either
            count = round(states[switch, port].util * scale)
            load, time = cells[LOAD], cells[LOAD_TIME]
            holds.append(Hold(load.place(hop), load.cell_bytes, count << _LOAD_SHIFT))
            holds.append(Hold(time.place(hop), time.cell_bytes, shift=tick_us.bit_length() - 1))
    return holds


def hops(entries: SwitchEntries) -> dict[int, int]:
    """Port -> number of the neighbour behind it, as the port table says."""
    found = {}
    for table, rows in entries.entries.items():
        if table.name.endswith(f".{PORT_TABLE}"):
            for entry in rows:
                given = dict(zip((p.name for p in entry.action.data), entry.arguments, strict=True))
                if "hop" in given:
                    found[entry.keys[0].value] = given["hop"]
    return found
