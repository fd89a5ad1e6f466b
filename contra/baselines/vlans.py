"""SPAIN's two offline steps: several good paths for each pair of switches, and VLANs that hold them all.

Paths (Mudigonda et al., NSDI 2010, algorithm 1): again and again the lightest path, each time with the links of the one
found made heavier than any path without them, so that paths share no link as long as there is another way. VLANs
(algorithm 2): each path into the first VLAN where it contradicts no other, that is where every switch on it leads to
the destination by the same port as it does on the paths that are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from contra.topology.model import Port, Topology

Path = tuple[tuple[int, Port], ...]
"""(switch, port that it leaves by), from the source to the switch before the target."""


@dataclass(frozen=True)
class Vlans:
    """The paths of a network in VLANs, numbered from 1."""

    count: int
    hops: dict[tuple[int, int, int], Port]
    """(switch, VLAN, destination) -> the port to leave by."""
    choices: dict[tuple[int, int], tuple[int, ...]]
    """(source, destination) -> the VLANs of its paths, the best path's first."""


def good_paths(topology: Topology, source: int, target: int, most: int) -> list[Path]:
    """Up to `most` different paths, the first one shortest; none where there is no way."""
    weights = [1] * len(topology.links)
    found: list[Path] = []
    while len(found) < most:
        path = _lightest(topology, source, target, weights)
        if path is None or path in found:
            break
        found.append(path)
        for _, port in path:
            weights[port.link] += len(topology.links)
    return found


def _lightest(topology: Topology, source: int, target: int, weights: Sequence[int]) -> Path | None:
    """The lightest path, by Dijkstra's algorithm from the target: with weights as they are at first, the paths of all
    sources are a tree. Ties go by the order of switches and ports."""
    best = {target: 0}
    reached: dict[int, tuple[int, Port]] = {}
    """Per switch, the next one towards the target, and the port that leads from there back to it."""
    queue = [(0, target)]
    while queue:
        far, here = heappop(queue)
        if here == source:
            return tuple(_steps(reached, source, target))
        if far > best[here]:
            continue
        for port in topology.ports[here]:
            through = far + weights[port.link]
            if port.peer not in best or through < best[port.peer]:
                best[port.peer] = through
                reached[port.peer] = here, port
                heappush(queue, (through, port.peer))
    return None


def _steps(reached: dict[int, tuple[int, Port]], source: int, target: int) -> Iterator[tuple[int, Port]]:
    here = source
    while here != target:
        there, back = reached[here]
        yield here, Port(back.peer_port, there, back.number, back.link)
        here = there


def vlans_of(topology: Topology, most: int) -> Vlans:
    """Good paths for all pairs of destinations, and the VLANs that they are packed into."""
    hops: dict[tuple[int, int, int], Port] = {}
    choices: dict[tuple[int, int], tuple[int, ...]] = {}
    count = 0
    for target in topology.destinations:
        sources = [source for source in topology.destinations if source != target]
        paths = {source: good_paths(topology, source, target, most) for source in sources}
        packed = _Packing()
        for rank in range(most):  # the best paths of all sources first: they go together
            for source in sources:
                if rank < len(paths[source]):
                    packed.add(source, paths[source][rank])
        for vlan, ways in enumerate(packed.ways, 1):
            hops.update({(switch, vlan, target): port for switch, port in ways.items()})
        choices.update({(source, target): tuple(numbers) for source, numbers in packed.numbers.items()})
        count = max(count, len(packed.ways))
    return Vlans(count, hops, choices)


class _Packing:
    """The paths to one destination in VLANs; those to others do not matter to it, for switches look at both."""

    def __init__(self) -> None:
        self.ways: list[dict[int, Port]] = []
        """Per VLAN, the port by which each switch leads to the destination."""
        self.numbers: dict[int, list[int]] = {}
        """Per source, the VLANs of its paths."""

    def add(self, source: int, path: Path) -> None:
        """Put a path into the first VLAN that it fits into."""
        number = next((n for n, ways in enumerate(self.ways) if _fits(ways, path)), len(self.ways))
        if number == len(self.ways):
            self.ways.append({})
        self.ways[number].update(path)
        self.numbers.setdefault(source, []).append(number + 1)


def _fits(ways: dict[int, Port], path: Path) -> bool:
    return all(ways.get(switch, port) == port for switch, port in path)
