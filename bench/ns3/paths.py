"""The ways of flows: those that the engine's packets take, and shortest ones chosen without it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

from bench.ns3.scenario import Job, Paths, host_link
from contra.topology.model import Topology


def distances(topology: Topology, target: int) -> list[int]:
    """Hops from each switch to one."""
    found = [-1] * len(topology.switches)
    found[target], layer = 0, [target]
    while layer:
        following = []
        for switch in layer:
            for port in topology.ports[switch]:
                if found[port.peer] < 0:
                    found[port.peer] = found[switch] + 1
                    following.append(port.peer)
        layer = following
    return found


def random_paths(topology: Topology, jobs: Sequence[Job], seed: int) -> list[Paths]:
    """Equal-cost multi-path with a hash of its own: at each switch any of the next hops that are nearer, alike."""
    chance = random.Random(seed)
    away = {switch: distances(topology, switch) for switch in topology.destinations}

    def way(source: int, target: int) -> tuple[int, ...]:
        return _draw(topology, away, source, target, chance)

    return [Paths(way(job.source, job.target), way(job.target, job.source)) for job in jobs]


def _draw(
    topology: Topology, away: dict[int, list[int]], source: int, target: int, chance: random.Random
) -> tuple[int, ...]:
    here, there = topology.hosts[source].switch, topology.hosts[target].switch
    links, left = [], away[there]
    while here != there:
        nearer = [port for port in topology.ports[here] if left[port.peer] < left[here]]
        port = chance.choice(nearer)
        links.append(port.link)
        here = port.peer
    return (host_link(topology, source), *links, host_link(topology, target))


def along(topology: Topology, source: int, target: int, trail: Sequence[int]) -> tuple[int, ...]:
    """The links of a way given by its switches. Raises ValueError where switches are not neighbours, or doubly so."""
    links = []
    for here, there in pairwise(trail):
        between = [port.link for port in topology.ports[here] if port.peer == there]
        if len(between) != 1:
            names = topology.switches[here].name, topology.switches[there].name
            raise ValueError(f"{len(between)} links between {names[0]} and {names[1]}")
        links.append(between[0])
    return (host_link(topology, source), *links, host_link(topology, target))
