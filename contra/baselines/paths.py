"""Shortest paths by number of links; ties go by the order of switches, then of ports."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import permutations

from contra.topology.model import Port, Topology

FAR = -1
"""Distance of what cannot be reached."""


def distances(topology: Topology, target: int) -> list[int]:
    """The number of links from each switch to `target`."""
    return distances_from(topology, [target])


def distances_from(topology: Topology, starts: Sequence[int]) -> list[int]:
    """The number of links from each switch to the nearest of `starts`."""
    found = [FAR] * len(topology.switches)
    for start in starts:
        found[start] = 0
    queue = deque(starts)
    while queue:
        here = queue.popleft()
        for port in topology.ports[here]:
            if found[port.peer] == FAR:
                found[port.peer] = found[here] + 1
                queue.append(port.peer)
    return found


def next_hops(topology: Topology, far: Sequence[int], switch: int) -> tuple[Port, ...]:
    """The ports of a switch that lead closer to the target of the distances `far`, the first choice first."""
    if far[switch] == FAR:
        return ()
    closer = (port for port in topology.ports[switch] if far[port.peer] == far[switch] - 1)
    return tuple(sorted(closer, key=lambda port: (port.peer, port.number)))


class ShortestWays:
    """All next hops on shortest paths: `ways[destination][switch]`, none at the destination itself."""

    def __init__(self, topology: Topology) -> None:
        self._hops: dict[int, list[tuple[Port, ...]]] = {}
        for target in topology.destinations:
            far = distances(topology, target)
            self._hops[target] = [next_hops(topology, far, switch.index) for switch in topology.switches]

    def __getitem__(self, destination: int) -> list[tuple[Port, ...]]:
        return self._hops[destination]

    @property
    def unreachable(self) -> tuple[tuple[int, int], ...]:
        """Pairs (source, destination) without a path."""
        return tuple((a, b) for a, b in permutations(self._hops, 2) if not self._hops[b][a])
