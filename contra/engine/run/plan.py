"""What is to be simulated: for how long, which flows, which failures; defaults filled in. Times are picoseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from contra.diagnostics import Reporter, report
from contra.engine.errors import FailureAfterEnd, no_destination
from contra.engine.inputs import Endpoint, Failure, Flow, LinkFailure
from contra.engine.inputs.errors import BadTimes
from contra.topology.model import Topology
from contra.units import format_latency

PS_PER_NS = 1_000
WARM_UP = 4
"""Probe periods before a flow starts that names no start: the time to converge."""
LENGTH = 20
"""Probe periods that a run takes if nobody says how long."""
GOLDEN = 618
"""Thousandths: multiples of the golden ratio's fraction are spread evenly, however many there are."""
AFTERMATH = 6
"""Probe periods that such a run goes on after the last failure or repair."""


Span = tuple[int, int | None]
"""From, until; None is for ever. In ps."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """A failure on the clock of the run: `stop_ps` is None where it lasts. Indices of the topology."""

    name: str
    links: tuple[int, ...]
    switch: int | None
    start_ps: int
    stop_ps: int | None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A run. The flows all have a start; the outages are in the order of the command line."""

    until_ps: int
    flows: tuple[Flow, ...]
    outages: tuple[Outage, ...]

    @property
    def quiet_ps(self) -> int:
        """When the first flow starts or the first failure comes: until then only probes are under way."""
        starts = [(flow.start_ns or 0) * PS_PER_NS for flow in self.flows]
        return min([self.until_ps, *starts, *(outage.start_ps for outage in self.outages)])

    def shocks(self) -> list[int]:
        """Times at which something fails or comes back."""
        return sorted(time for outage in self.outages for time in (outage.start_ps, outage.stop_ps) if time is not None)


def make_plan(
    topology: Topology,
    period_ps: int,
    flows: Sequence[Flow],
    failures: Sequence[Failure],
    for_ns: int | None,
    reporter: Reporter,
) -> Plan:
    """Fill in when flows start and how long the run takes. Raises CompileError where a flow cannot be."""
    started = tuple(_started(flow, place, WARM_UP * period_ps // PS_PER_NS) for place, flow in enumerate(flows))
    for flow in started:
        if flow.stop_ns is not None and flow.stop_ns <= (flow.start_ns or 0):
            times = (format_latency(flow.start_ns or 0), format_latency(flow.stop_ns))
            what = f"the flow from {end_name(topology, flow.source)} to {end_name(topology, flow.target)}"
            report(reporter, BadTimes(what=what, start=times[0], stop=times[1]))
        for end in (flow.source, flow.target):
            if end.host is None and end.switch not in topology.destinations:
                report(reporter, no_destination(topology, end.switch))
    reporter.check()
    outages = tuple(_outage(topology, failure) for failure in failures)
    until_ps = for_ns * PS_PER_NS if for_ns is not None else max(_lengths(started, outages, period_ps))
    for outage in outages:
        if outage.start_ps >= until_ps:
            times = (format_latency(outage.start_ps // PS_PER_NS), format_latency(until_ps // PS_PER_NS))
            report(reporter, FailureAfterEnd(name=outage.name, start=times[0], end=times[1]))
    return Plan(until_ps=until_ps, flows=started, outages=outages)


def united(spans: Iterable[Span]) -> list[Span]:
    """The same times without overlaps, in order; spans that touch become one."""
    found: list[Span] = []
    for start, stop in sorted(spans, key=lambda span: span[0]):
        if found and (found[-1][1] is None or start <= found[-1][1]):
            before = found[-1][1]
            until = None if stop is None or before is None else max(stop, before)
            found[-1] = (found[-1][0], until)
        else:
            found.append((start, stop))
    return found


def _started(flow: Flow, place: int, start_ns: int) -> Flow:
    """With a start. Rows that name none do not all send at the same instants: they are spread over a gap."""
    if flow.start_ns is not None:
        return flow
    gap_ns = 8 * 10**9 * flow.frame_bytes // flow.rate // flow.flows
    return replace(flow, start_ns=start_ns + gap_ns * (GOLDEN * place % 1000) // 1000)


def _lengths(flows: Sequence[Flow], outages: Sequence[Outage], period_ps: int) -> Iterator[int]:
    """How long the run has to be at least."""
    yield LENGTH * period_ps
    for flow in flows:
        yield (flow.start_ns or 0) * PS_PER_NS + WARM_UP * period_ps
    for outage in outages:
        yield (outage.stop_ps or outage.start_ps) + AFTERMATH * period_ps


def _outage(topology: Topology, failure: Failure) -> Outage:
    if isinstance(failure, LinkFailure):
        links, switch = failure.links, None
        name = ", ".join(dict.fromkeys(link_name(topology, link) for link in links))
    else:
        switch = failure.switch
        links = tuple(link.index for link in topology.links if switch in (link.a, link.b))
        name = topology.switches[switch].name
    stop = None if failure.stop_ns is None else failure.stop_ns * PS_PER_NS
    return Outage(name=name, links=links, switch=switch, start_ps=failure.start_ns * PS_PER_NS, stop_ps=stop)


def link_name(topology: Topology, index: int) -> str:
    """The two switches of a link, with the first one's port where the two have several links."""
    link = topology.links[index]
    a, b = topology.switches[link.a].name, topology.switches[link.b].name
    parallel = sum(port.peer == link.b for port in topology.ports[link.a]) > 1
    return f"{a}:{link.a_port}-{b}" if parallel else f"{a}-{b}"


def end_name(topology: Topology, end: Endpoint) -> str:
    """The name of a host or switch."""
    return topology.switches[end.switch].name if end.host is None else topology.hosts[end.host].name
