"""The flows of a comparison: those of `contra.workload`, hosts by index and times in picoseconds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from bench.ns3.scenario import PS_PER_NS, Job
from contra.topology.model import Topology
from contra.workload import Demand, Distribution, Pattern, make_traffic, smallest_cut
from contra.workload.catalogue import shipped

ANY = ("*",)


def sizes(workload: str, scale: float) -> Distribution:
    """A shipped distribution, all sizes scaled."""
    found = shipped(workload)
    return replace(found, points=tuple((round(size * scale), share) for size, share in found.points))


def poisson(
    topology: Topology,
    sizes: Distribution,
    load: float,
    count: int,
    seed: int,
    *,
    senders: Sequence[str] = ANY,
    receivers: Sequence[str] = ANY,
    start_ps: int = 0,
) -> list[Job]:
    """Flows between random hosts of these name patterns; a load of 1 fills the smallest cut between them."""
    names = {host.label: host.index for host in topology.hosts}
    sources, targets = (_matching(names, wanted) for wanted in (senders, receivers))
    pattern = Pattern(kind="random", senders=sources, receivers=targets)
    capacity = smallest_cut(topology, sources, targets)
    demand = Demand(pattern=pattern, sizes=sizes, load=load, capacity_bps=capacity, flows=count, seed=seed)
    return [
        Job(names[flow.source], names[flow.target], flow.size, start_ps + flow.start_ns * PS_PER_NS)
        for flow in make_traffic(demand).flows
    ]


def _matching(names: Iterable[str], patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns))
