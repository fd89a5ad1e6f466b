"""From what was seen to the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from contra.engine.core import layout as at
from contra.engine.inputs import Endpoint
from contra.engine.results import REASONS, FlowTotals, PathChange, totals
from contra.engine.run.experiment import Observation, Row
from contra.engine.run.plan import PS_PER_NS, end_name
from contra.engine.run.recovery import failure_reports
from contra.engine.run.report import (
    BestPath,
    Convergence,
    Drop,
    FaultReport,
    FlowReport,
    LinkReport,
    Loops,
    Path,
    Probes,
    Report,
    UsedPath,
)
from contra.engine.simulation import Simulation
from contra.p4 import abi
from contra.topology.model import Topology

SECOND = 10**12
SETTLED = 2
"""Probe periods without a change after which the switches count as converged."""
SHOCK = 2
"""A change counts as caused by a failure or repair within this many periods after detection and expiry."""
MOST_PAIRS = 2_000
PROBE_REASONS = ("UNKNOWN_TAG", "PROBE")
"""Reasons of the program that only probes are dropped for."""
FAULTS = {
    abi.FAULT_INVALID_HEADER: "a field of an invalid header",
    abi.FAULT_UNDEFINED: "a variable without a value",
    abi.FAULT_REGISTER_INDEX: "a register past its end",
    abi.FAULT_STACK_INDEX: "a header stack past its end",
    abi.FAULT_HEAD: "a packet past the bytes that are simulated",
}


def make_pairs(topology: Topology, ends: list[tuple[Endpoint, Endpoint]]) -> list[tuple[int, int]]:
    """The pairs of switches to report: those with traffic first, all others too if they are not too many."""
    chosen = [(source.switch, target.switch) for source, target in ends if source.switch != target.switch]
    count = len(topology.destinations)
    if count * (count - 1) <= MOST_PAIRS:
        chosen += [(a, b) for a in topology.destinations for b in topology.destinations if a != b]
    return list(dict.fromkeys(chosen))


def collect(seen: Observation, pairs: list[tuple[int, int]]) -> Report:
    """The report of a run."""
    simulation, plan = seen.simulation, seen.plan
    topology, network = simulation.topology, simulation.network
    counted, destinations = totals(network), len(topology.destinations)
    return Report(
        build=str(simulation.build.folder),
        scheme=simulation.build.manifest.scheme,
        topology=topology.name,
        switches=len(topology.switches),
        links=len(topology.links),
        hosts=len(topology.hosts),
        period_ps=simulation.period_ps,
        time_ps=network.now,
        planned_ps=plan.until_ps,
        interrupted=seen.interrupted,
        packet_hops=counted.packet_hops,
        events=counted.events,
        seconds=seen.seconds,
        strict=simulation.settings.strict,
        convergence=convergence(seen),
        pairs=tuple(_pair(seen, *pair) for pair in pairs),
        pairs_total=destinations * (destinations - 1),
        flows=tuple(_flow(seen, row) for row in seen.rows),
        drops=tuple(_drops(seen)),
        probes=_probes(seen),
        loops=_loops(seen, counted.looped, counted.longest_trail),
        failures=failure_reports(seen),
        busiest=_links(seen),
        faults=tuple(_faults(seen)),
    )


def named(simulation: Simulation, trail: tuple[int, ...]) -> Path:
    """Switches by name."""
    return tuple(simulation.topology.switches[index].name for index in trail)


# ------------------------------------------------------------------------------------------------ decisions


def convergence(seen: Observation) -> Convergence:
    """When the decisions stood still, and how often they changed later."""
    constants, period = seen.simulation.build.manifest.constants, seen.simulation.period_ps
    window = (constants.failure_periods + constants.expiry_periods + SHOCK) * period
    shocks = seen.plan.shocks()
    failures = sum(count for time, count in seen.changes if any(shock < time <= shock + window for shock in shocks))
    last, quiet = seen.last_change_ps, seen.quiet_end_ps
    learns = seen.simulation.build.manifest.learns
    return Convergence(
        learns=learns,
        quiet_ps=quiet,
        last_change_ps=last,
        converged=not learns or (last is not None and quiet - last >= SETTLED * period),
        after_failures=failures,
        under_load=sum(count for _, count in seen.changes) - failures,
    )


def _pair(seen: Observation, source: int, destination: int) -> BestPath:
    first, last = (paths.get((source, destination)) for paths in (seen.calm_paths, seen.last_paths))
    names = seen.simulation.topology.switches
    return BestPath(
        source=names[source].name,
        destination=names[destination].name,
        first=named(seen.simulation, first) if first else None,
        last=named(seen.simulation, last) if last else None,
    )


# ------------------------------------------------------------------------------------------------ flows


def _flow(seen: Observation, row: Row) -> FlowReport:
    network, flow = seen.simulation.network, row.flow
    topology = seen.simulation.topology
    all_of_them = [network.flow_totals(number) for number in row.numbers]
    delivered = _sum(all_of_them, "received")
    sent, astray = _sum(all_of_them, "sent"), _sum(all_of_them, "astray")
    lost = sum(sum(each.lost.values()) for each in all_of_them)
    start = (flow.start_ns or 0) * PS_PER_NS
    stop = None if flow.stop_ns is None else flow.stop_ns * PS_PER_NS
    active = min(network.now, network.now if stop is None else stop) - start
    return FlowReport(
        name=row.name,
        source=end_name(topology, flow.source),
        target=end_name(topology, flow.target),
        source_switch=topology.switches[flow.source.switch].name,
        target_switch=topology.switches[flow.target.switch].name,
        flows=flow.flows,
        rate=flow.rate,
        frame_bytes=flow.frame_bytes,
        start_ps=start,
        stop_ps=stop,
        sent=sent,
        delivered=delivered,
        lost=lost,
        under_way=sent - delivered - lost - astray,
        astray=astray,
        late=_sum(all_of_them, "late"),
        looped=_sum(all_of_them, "looped"),
        delay_mean_ps=_sum(all_of_them, "delay_sum_ps") // delivered if delivered else -1,
        delay_max_ps=max((each.delay_max_ps for each in all_of_them), default=0) if delivered else -1,
        throughput=delivered * flow.frame_bytes * 8 * SECOND // active if active > 0 else 0,
        path_changes=max(_sum(all_of_them, "paths") - sum(each.received > 0 for each in all_of_them), 0),
        paths=_used(seen, row),
    )


def _sum(flows: list[FlowTotals], name: str) -> int:
    return sum(getattr(each, name) for each in flows)


def stretches(seen: Observation, number: int) -> Iterator[tuple[PathChange, int]]:
    """The ways that a flow took, in order, and how many of its packets each time."""
    changes = seen.paths[number]
    if not changes:
        return
    ends = [change.before for change in changes[1:]]
    for change, end in zip(changes, [*ends, seen.simulation.network.flow_totals(number).received], strict=True):
        yield change, end - change.before


def _used(seen: Observation, row: Row) -> tuple[UsedPath, ...]:
    """Ways by packets, most first."""
    packets: Counter[tuple[int, ...]] = Counter()
    first: dict[tuple[int, ...], int] = {}
    for number in row.numbers:
        for change, count in stretches(seen, number):
            packets[change.trail] += count
            first[change.trail] = min(first.get(change.trail, change.time_ps), change.time_ps)
    return tuple(
        UsedPath(path=named(seen.simulation, trail), packets=count, first_ps=first[trail])
        for trail, count in sorted(packets.items(), key=lambda item: (-item[1], item[0]))
    )


def _loops(seen: Observation, packets: int, longest: int) -> Loops:
    twice = next((trail for trail in _trails(seen) if len(set(trail)) < len(trail)), None)
    example = named(seen.simulation, twice) if twice else None
    programs = seen.simulation.build.manifest.programs.values()
    cells = [cell for program in programs for cell in program.cells if cell.name == "fwd_next"]
    tags = any(name == "tag" for cell in cells for name, _ in cell.fields)
    return Loops(packets=packets, longest=longest, example=example, tags=tags)


def _trails(seen: Observation) -> Iterator[tuple[int, ...]]:
    for number in sorted(seen.paths):
        yield from (change.trail for change in seen.paths[number])


# ------------------------------------------------------------------------------------------------ drops, probes, links


def _drops(seen: Observation) -> Iterator[Drop]:
    """The program's reasons, then the network's. What ingress and egress drop on the program's word is in both:
    for data the program has counted the reason; probes are dropped where they bring no news or would turn back."""
    reasons = seen.simulation.build.manifest.drop_reasons
    for reason, count in zip(reasons, seen.drops.tolist(), strict=True):
        if count:
            probes = reason in PROBE_REASONS
            yield Drop(by="program", reason=reason, data=0 if probes else count, probes=count if probes else 0)
    network = seen.simulation.network
    lost = network.arrays["flows"].reshape(-1, at.FLOW)[:, at.F_LOST : at.F_LOST + at.REASONS].sum(axis=0).tolist()
    everything = totals(network).drops
    for name, code in REASONS.items():
        count = everything.get(name, 0)
        if count and code not in (at.DROP_INGRESS, at.DROP_EGRESS):
            yield Drop(by="network", reason=name, data=lost[code], probes=count - lost[code])


def _probes(seen: Observation) -> Probes:
    network = seen.simulation.network
    every = [network.link_totals(place) for place in seen.simulation.links.values()]
    packets, size = sum(link.probe_packets for link in every), sum(link.probe_bytes for link in every)
    all_bytes = size + sum(link.data_bytes for link in every)
    seconds = max(network.now, 1) / SECOND
    each = max(len(every), 1)
    return Probes(
        packets=packets,
        bytes=size,
        share=size / all_bytes if all_bytes else 0.0,
        per_link_second=packets / seconds / each,
        bits_per_link_second=8 * size / seconds / each,
        bits_per_second=8 * size / seconds,
    )


def loads(seen: Observation) -> Any:
    """Share of its capacity that each direction of a link carried between two points of `times`: (interval, link)."""
    plan = seen.simulation.network.plan.links
    rates = np.array([plan[place].rate_bps for place in sorted(seen.simulation.links.values())], float)
    carried = np.diff(np.array(seen.data_bytes, float) + np.array(seen.probe_bytes, float), axis=0)
    lasting = np.maximum(np.diff(np.array(seen.times, float)), 1)
    return 8 * carried * SECOND / lasting[:, None] / rates[None, :]


def _links(seen: Observation) -> tuple[LinkReport, ...]:
    network, load = seen.simulation.network, loads(seen)
    begins = np.array(seen.times[:-1])
    starts = [(row.flow.start_ns or 0) * PS_PER_NS for row in seen.rows]
    busy = begins >= min(starts, default=0)
    weights = np.diff(np.array(seen.times, float))[busy]
    mean = (load[busy] * weights[:, None]).sum(axis=0) / weights.sum() if busy.any() else np.zeros(load.shape[1])
    peak = load.max(axis=0, initial=0.0)
    reports = []
    for place, middle, most in zip(sorted(seen.simulation.links.values()), mean, peak, strict=True):
        link = network.plan.links[place]
        reports.append(
            LinkReport(
                source=link.source,
                source_port=link.source_port,
                target=link.target,
                target_port=link.target_port,
                capacity=link.rate_bps,
                mean=float(middle),
                peak=float(most),
                totals=network.link_totals(place),
            )
        )
    return tuple(sorted(reports, key=lambda report: -report.mean))


def _faults(seen: Observation) -> Iterator[FaultReport]:
    simulation = seen.simulation
    places: dict[tuple[int, str], FaultReport] = {}
    for fault in seen.faults:
        program = simulation.executables[simulation.topology.by_name[fault.switch]]
        key = fault.code, program.places[fault.place]
        times = places[key].times + 1 if key in places else 1
        first = places.get(key)
        places[key] = FaultReport(
            kind=FAULTS.get(fault.code, "?"),
            place=key[1],
            switch=first.switch if first else fault.switch,
            time_ps=first.time_ps if first else fault.time_ps,
            times=times,
        )
    yield from places.values()
