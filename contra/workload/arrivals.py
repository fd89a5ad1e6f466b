"""Poisson arrivals at a rate that loads the network as asked.

A load of 1 is the rate at which a cut between senders and receivers is full (`contra.workload.capacity`), counted in
payload: headers come on top. The flows arrive at load * capacity / mean size a second; what that really came to, with
sizes and gaps as they were drawn, is `Traffic.offered_bps`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contra.workload.chance import uniforms
from contra.workload.distribution import Distribution
from contra.workload.model import Flow, Traffic, offered_bps
from contra.workload.patterns import Pattern, choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of the network. `capacity_bps`: the payload rate at a load of 1."""

    pattern: Pattern
    sizes: Distribution
    load: float
    capacity_bps: int
    flows: int
    seed: int


def make_traffic(demand: Demand) -> Traffic:
    """The flows of a demand, the first arrival process beginning at 0."""
    together = demand.pattern.together
    arrivals = -(-demand.flows // together)
    sizes = demand.sizes.sample(uniforms(demand.seed, "sizes", arrivals * together)).reshape(arrivals, together)
    starts = arrival_times(demand, arrivals)
    pairs = choose(demand.pattern, arrivals, demand.seed)
    flows = tuple(
        Flow(source, target, size, start)
        for start, row, ends in zip(starts.tolist(), sizes.tolist(), pairs, strict=True)
        for size, (source, target) in zip(row, ends, strict=False)
    )[: demand.flows]
    return Traffic(flows, offered_bps(flows))


def arrival_times(demand: Demand, arrivals: int) -> NDArray[np.int64]:
    """Times of arrivals in ns: sums of exponential gaps. For other loads of a seed the same gaps are stretched."""
    unit = -np.log1p(-uniforms(demand.seed, "gaps", arrivals))
    found: NDArray[np.int64] = np.rint(np.cumsum(unit) * mean_gap_ns(demand)).astype(np.int64)
    return found


def mean_gap_ns(demand: Demand) -> float:
    """Mean time between arrivals."""
    return 8e9 * float(demand.sizes.mean) * demand.pattern.together / (demand.load * demand.capacity_bps)
