"""Lists of flows: Poisson arrivals between random pairs, sizes as in web search."""

from __future__ import annotations

import random
from bisect import bisect_left

from bench.ns3.scenario import PS_PER_S, Job
from contra.topology.model import Topology

WEB_SEARCH = (
    (1, 0.0),
    (6, 0.15),
    (13, 0.2),
    (19, 0.3),
    (33, 0.4),
    (53, 0.53),
    (133, 0.6),
    (667, 0.7),
    (1333, 0.8),
    (3333, 0.9),
    (6667, 0.97),
    (20000, 1.0),
)
"""Segments of 1460 bytes and the share of flows that are no longer: DCTCP (SIGCOMM 2010)."""
SEGMENT = 1460


def mean_bytes(scale: float) -> float:
    """Mean size."""
    steps = zip(WEB_SEARCH, WEB_SEARCH[1:], strict=False)
    return scale * SEGMENT * sum((a + b) / 2 * (q - p) for (a, p), (b, q) in steps)


def draw_size(chance: random.Random, scale: float) -> int:
    """A size, by inverting the piecewise linear distribution."""
    share = chance.random()
    index = max(1, bisect_left([p for _, p in WEB_SEARCH], share))
    (a, p), (b, q) = WEB_SEARCH[index - 1], WEB_SEARCH[index]
    return max(1, round(scale * SEGMENT * (a + (b - a) * (share - p) / (q - p))))


def poisson(topology: Topology, load: float, count: int, seed: int, *, scale: float = 1.0, start_ps: int = 0) -> list[Job]:
    """Flows between random hosts, at a load of the hosts' own links."""
    chance = random.Random(seed)
    hosts = range(len(topology.hosts))
    rate = load * sum(host.capacity for host in topology.hosts) / (8 * mean_bytes(scale))
    now, jobs = 0.0, []
    for _ in range(count):
        now += chance.expovariate(rate)
        source = chance.choice(hosts)
        target = chance.choice([host for host in hosts if host != source])
        jobs.append(Job(source, target, draw_size(chance, scale), start_ps + round(now * PS_PER_S)))
    return jobs
