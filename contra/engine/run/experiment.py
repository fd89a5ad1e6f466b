"""Running a plan: flows and failures set up, the clock advanced step by step, what is seen on the way kept.

Memory does not grow with the packets: the journal is read and emptied at each step.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contra.engine.core import layout as at
from contra.engine.decisions import Decisions
from contra.engine.frames import FIRST_PORT, SINK_PORT, packet_out, udp_head
from contra.engine.inputs import Endpoint, Flow
from contra.engine.packets import ways
from contra.engine.results import Fault, Gap, PathChange
from contra.engine.run.capture import PortCaptures
from contra.engine.run.plan import PS_PER_NS, Outage, Plan, Span, end_name, united
from contra.engine.simulation import Simulation

FRAMES = 400
"""Points of time at which flows and links are looked at."""
LOOKS = 4_000
"""The decisions of the switches are looked at more often: this often at most."""
QUIET_LOOKS, LATER_LOOKS = 64, 8
"""Looks per probe period before the first flow or failure, and later."""
BITS_PS = 8 * 10**12
QUIET_SENDS = 4
"""A flow that sends and of which nothing arrived for so many times its gap, and for QUIET_SHARE of a probe period,
is taken to be interrupted."""
QUIET_SHARE = 4
MAX_FAULTS = 1000


@dataclass(frozen=True)
class Moment:
    """How far a run is, for whoever watches."""

    now_ps: int
    until_ps: int
    packet_hops: int
    seconds: float


Watcher = Callable[[Moment], None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the traffic, and its flows as the core numbers them."""

    flow: Flow
    name: str
    first: int
    gap_ps: int

    @property
    def numbers(self) -> range:
        """Of its flows in the core."""
        return range(self.first, self.first + self.flow.flows)


@dataclass(kw_only=True)
class Observation:
    """What was seen. Times are picoseconds; a row of a series for each of `times`, counters since the start."""

    simulation: Simulation
    plan: Plan
    rows: tuple[Row, ...]
    choices: Decisions
    times: list[int] = field(default_factory=list)
    received: list[Any] = field(default_factory=list)
    """Packets per row of the traffic."""
    data_bytes: list[Any] = field(default_factory=list)
    """Per link direction."""
    probe_bytes: list[Any] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    """(time, best choices that became others by then since the look before)."""
    last_change_ps: int | None = None
    """Of any decision, before the first flow or failure."""
    quiet_end_ps: int = 0
    """How far the time without flows and failures was seen."""
    calm_paths: dict[tuple[int, int], tuple[int, ...] | None] = field(default_factory=dict)
    """Ways of new flows when it ended; None where their packets are dropped."""
    last_paths: dict[tuple[int, int], tuple[int, ...] | None] = field(default_factory=dict)
    """At the end of the run."""
    paths: dict[int, list[PathChange]] = field(default_factory=lambda: defaultdict(list))
    """By flow, as the core numbers them."""
    gaps: dict[int, list[Gap]] = field(default_factory=lambda: defaultdict(list))
    faults: list[Fault] = field(default_factory=list)
    drops: Any = None
    """The program's own counter, by reason."""
    seconds: float = 0.0
    """Of the wall clock."""
    interrupted: bool = False


class Experiment:
    """A plan on a simulation. `pairs` are those whose paths are asked for before anything happens."""

    def __init__(
        self,
        simulation: Simulation,
        plan: Plan,
        pairs: Sequence[tuple[int, int]] = (),
        captures: PortCaptures | None = None,
    ) -> None:
        self.simulation, self.plan, self.pairs, self.captures = simulation, plan, pairs, captures
        self.network = simulation.network
        rows = tuple(self._add_flows())
        self._add_outages()
        if captures is not None:
            captures.start()
        self._links = np.array(sorted(simulation.links.values()), np.intp)
        self._lost_drops: Any = np.zeros(self._drops().shape, np.int64)
        self.seen = Observation(simulation=simulation, plan=plan, rows=rows, choices=Decisions(simulation))

    # ------------------------------------------------------------------------------------------ setting up

    def _add_flows(self) -> Iterator[Row]:
        """Each flow of a row has a UDP port of its own; their packets are spread evenly over the gap."""
        topology, period = self.simulation.topology, self.simulation.period_ps
        number = 0
        for place, flow in enumerate(self.plan.flows):
            gap = max(flow.frame_bytes * BITS_PS // flow.rate, 1)
            limit = max(QUIET_SENDS * gap, period // QUIET_SHARE)
            name = f"{end_name(topology, flow.source)} -> {end_name(topology, flow.target)}"
            start = (flow.start_ns or 0) * PS_PER_NS
            for each in range(flow.flows):
                ports = (FIRST_PORT + each, SINK_PORT + place)
                core = self.network.add_flow(self._node(flow.target), gap_ps=limit)
                head = udp_head(topology, flow.source, flow.target, ports, flow.frame_bytes, self._marks())
                self.network.add_udp(
                    self._node(flow.source),
                    packet_out(head) if flow.source.host is None else head,
                    size=flow.frame_bytes + (flow.source.host is None),
                    gap_ps=gap,
                    flow=core,
                    start_ps=start + gap * each // flow.flows,
                    stop_ps=self.plan.until_ps + 1 if flow.stop_ns is None else flow.stop_ns * PS_PER_NS,
                )
            yield Row(flow=flow, name=name, first=number, gap_ps=gap)
            number += flow.flows

    def _marks(self) -> bool:
        return self.simulation.settings.mark_packets > 0

    def _node(self, end: Endpoint) -> str:
        return end_name(self.simulation.topology, end)

    def _add_outages(self) -> None:
        """Links go down in both directions; a switch loses all its links, and its memory when it comes back.

        What several failures take down is down until the last of them is over.
        """
        down: dict[int, list[Span]] = {}
        off: dict[int, list[Span]] = {}
        for outage in self.plan.outages:
            span = (outage.start_ps, outage.stop_ps)
            for place in self._places(outage):
                down.setdefault(place, []).append(span)
            if outage.switch is not None:
                off.setdefault(outage.switch, []).append(span)
        for place, spans in down.items():
            for start, stop in united(spans):
                self.network.set_link(start, place, False)
                if stop is not None:
                    self.network.set_link(stop, place, True)
        for switch, spans in off.items():
            for _, stop in united(spans):
                if stop is not None:
                    self.network.restart(stop, self.simulation.topology.switches[switch].name)

    def _places(self, outage: Outage) -> Iterator[int]:
        """The directions that an outage takes down."""
        topology = self.simulation.topology
        for index in outage.links:
            link = topology.links[index]
            yield self.simulation.links[link.a, link.a_port]
            yield self.simulation.links[link.b, link.b_port]
        if outage.switch is not None:
            for host in topology.hosts_of[outage.switch]:
                yield from self.simulation.host_links[host.name]

    # ------------------------------------------------------------------------------------------ running

    def run(self, watch: Watcher | None = None) -> Observation:
        """Run to the end, or until Ctrl-C: then what was seen so far is marked as interrupted."""
        seen, begin = self.seen, time.perf_counter()
        try:
            self._frame()
            for when, frame in self._steps():
                self._restarting(when)
                self.network.run(when)
                self._look(when)
                if frame:
                    self._frame()
                if watch is not None:
                    hops = int(self.network.arrays["net"][at.N_HOPS])
                    watch(Moment(when, self.plan.until_ps, hops, time.perf_counter() - begin))
        except KeyboardInterrupt:
            seen.interrupted = True
        seen.seconds = time.perf_counter() - begin
        if not seen.times or seen.times[-1] != self.network.now:
            self._frame()
        self._drain()
        self._close_quiet()
        seen.last_paths = self._paths()
        seen.drops = self._drops() + self._lost_drops
        return seen

    def _steps(self) -> Iterator[tuple[int, bool]]:
        """Times to stop at, each with whether flows and links are looked at."""
        until, quiet = self.plan.until_ps, self.plan.quiet_ps
        every = max(until // FRAMES, 1)
        early, late = (
            max(self.simulation.period_ps // looks, until // LOOKS, 1) for looks in (QUIET_LOOKS, LATER_LOOKS)
        )
        frames = {*range(every, until, every), until}
        before_restart = {
            outage.stop_ps - 1 for outage in self.plan.outages if outage.switch is not None and outage.stop_ps
        }
        extra = {quiet - 1, *self.plan.shocks(), *before_restart}
        looks = {*range(early, min(quiet, until), early), *range(quiet, until, late)}
        times = {*frames, *looks, *(each for each in extra if 0 < each <= until)}
        for when in sorted(times):
            yield when, when in frames

    def _restarting(self, when: int) -> None:
        """A restart clears the program's counters: keep them."""
        for outage in self.plan.outages:
            if outage.switch is not None and outage.stop_ps == when and self.network.now < when:
                self._lost_drops += _counters(self.simulation, outage.switch)

    def _look(self, now: int) -> None:
        seen = self.seen
        changed, best = seen.choices.update()
        if now < self.plan.quiet_ps or now == self.plan.until_ps == self.plan.quiet_ps:
            seen.quiet_end_ps = now
            if changed:
                seen.last_change_ps = now
        else:
            self._close_quiet()
            if best:
                seen.changes.append((now, best))
        self._drain()

    def _close_quiet(self) -> None:
        """Nothing has happened but probes: the paths that the network has found for itself."""
        if not self.seen.calm_paths and self.seen.quiet_end_ps:
            self.seen.calm_paths = self._paths()

    def _paths(self) -> dict[tuple[int, int], tuple[int, ...] | None]:
        """The ways that packets of new flows take as things are."""
        found = ways(self.simulation, self.pairs)
        return {pair: way.switches if way else None for pair, way in found.items()}

    def _frame(self) -> None:
        seen, arrays = self.seen, self.network.arrays
        links = arrays["links"].reshape(-1, at.LINK)[self._links]
        received = arrays["flows"].reshape(-1, at.FLOW)[:, at.F_RECEIVED]
        starts = [row.first for row in seen.rows]
        seen.times.append(self.network.now)
        seen.data_bytes.append(links[:, at.L_DATA_BYTES].copy())
        seen.probe_bytes.append(links[:, at.L_PROBE_BYTES].copy())
        seen.received.append(np.add.reduceat(received, starts) if starts else received.copy())

    def _drain(self) -> None:
        """Read the journal and empty it."""
        seen, journal, net = self.seen, self.network.journal, self.network.arrays["net"]
        for change in journal.paths():
            seen.paths[change.flow].append(change)
        for gap in journal.gaps():
            seen.gaps[gap.flow].append(gap)
        if len(seen.faults) < MAX_FAULTS:
            seen.faults += journal.faults()
        if self.captures is not None:
            self.captures.write()
        net[[at.N_JOURNAL, at.N_BLOB]] = 0

    def _drops(self) -> Any:
        return np.sum([_counters(self.simulation, switch) for switch in range(len(self.simulation.states))], axis=0)


def _counters(simulation: Simulation, switch: int) -> Any:
    """Packets that a switch's program counted as dropped, by reason."""
    state = simulation.states[switch]
    reasons = len(simulation.build.manifest.drop_reasons)
    return np.array([state.counter("drops", reason)[0] for reason in range(reasons)], np.int64)
