"""The routes that running switches choose: BestT at the first switch, then FwdT hop by hop, as `Route` in the P4 does.

What new packets do is told: flowlets that are pinned elsewhere go their own way for a while.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from contra.check.model import CheckedPolicy
from contra.deploy.state.layout import own_tag
from contra.deploy.state.model import NetworkView, SwitchView
from contra.engine.build import Build
from contra.engine.inputs import LinkState
from contra.engine.route import Route, edges_in
from contra.interp import INF, Edge, rank

_MOST_LINKS = 63
"""A packet with a TTL of 64, of which a switch drops what has less than 2."""


class End(Enum):
    """How the way of a packet ends."""

    ARRIVED = "arrived"
    NOTHING_KNOWN = "no path known"
    EXPIRED = "route expired"
    DEAD_LINK = "link down"
    OFF_POLICY = "wrong tag at its destination"
    LOOP = "loop"
    TOO_LONG = "TTL"
    UNREADABLE = "switch not readable"


@dataclass(frozen=True, slots=True)
class LiveRoute:
    """A route as found in the state of the switches, how it ends, and the labels of all switches on the way there."""

    route: Route
    end: End
    visited: tuple[str, ...]

    @property
    def text(self) -> str:
        """The path, or how far packets come and why no further."""
        if self.end is End.ARRIVED:
            return " ".join(self.visited)
        return f"dropped: {self.end.value} at {self.visited[-1]}" + (
            f", after {' '.join(self.visited)}" if len(self.visited) > 1 else ""
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """Switches visited, ports left by, and the end."""

    switches: tuple[int, ...]
    ports: tuple[int, ...]
    end: End


def live_routes(
    build: Build, policy: CheckedPolicy | None, view: NetworkView, states: Sequence[LinkState]
) -> list[LiveRoute]:
    """The route of every ordered pair of destination switches, ranked by the judge with metrics `states`; without a
    policy routes have no rank.

    `states` are given (metrics held still), or `decode.states_of` the view: the present ones.
    """
    walker = _Walker(build, view)
    # A way is ranked over links that packets are sent to, whatever the states say of them
    edges = edges_in(build.topology, [replace(state, up=True) for state in states])
    destinations = build.topology.destinations
    return [
        _route(build, policy, edges, walker.walk(source, target), target)
        for source in destinations
        for target in destinations
        if source != target
    ]


def _route(
    build: Build, policy: CheckedPolicy | None, edges: Mapping[tuple[str, int], Edge], way: _Way, target: int
) -> LiveRoute:
    switches = build.topology.switches
    visited = tuple(switches[index].label for index in way.switches)
    if way.end is not End.ARRIVED:
        return LiveRoute(
            Route(visited[0], switches[target].label, None, (), None if policy is None else INF), way.end, visited
        )
    steps = zip(way.switches, way.ports, strict=False)
    walk = tuple(edges[switches[switch].name, port] for switch, port in steps)
    ranked = None if policy is None else rank(policy, walk)
    return LiveRoute(Route(visited[0], visited[-1], visited, way.ports, ranked), way.end, visited)


class _Walker:
    """Follows packets from switch to switch."""

    def __init__(self, build: Build, view: NetworkView) -> None:
        self._peers = [{port.number: port.peer for port in row} for row in build.topology.ports]
        self._views = view.switches
        self._routes = {
            number: {(row.destination, row.tag, row.pid): row for row in each.fwd}
            for number, each in view.switches.items()
        }
        self._alive = {number: {row.port for row in each.links if row.alive} for number, each in view.switches.items()}
        self._best = {number: _best(each) for number, each in view.switches.items()}
        self._own_tag = [own_tag(switch) for switch in build.switches]

    def walk(self, source: int, target: int) -> _Way:
        """The way of a packet from a host of one switch to one of another."""
        if source not in self._views:
            return _Way((source,), (), End.UNREADABLE)
        key = self._best[source].get(target)
        if key is None:
            return _Way((source,), (), End.NOTHING_KNOWN)
        tag, pid = key
        here, switches = source, [source]
        ports: list[int] = []
        been: set[tuple[int, int]] = set()
        while True:
            end = self._stops(here, target, tag, pid, been)
            if end is not None:
                return _Way(tuple(switches), tuple(ports), end)
            if len(ports) == _MOST_LINKS:
                return _Way(tuple(switches), tuple(ports), End.TOO_LONG)
            been.add((here, tag))
            row = self._routes[here][target, tag, pid]
            assert row.port is not None
            here, tag = self._peers[here][row.port], row.next_tag
            switches.append(here)
            ports.append(row.port)

    def _stops(self, here: int, target: int, tag: int, pid: int, been: set[tuple[int, int]]) -> End | None:
        """How the way ends at a switch, None where it goes on. The order is that of the program."""
        if here == target:
            return End.ARRIVED if tag == self._own_tag[target] else End.OFF_POLICY
        if (here, tag) in been:
            return End.LOOP
        if here not in self._views:
            return End.UNREADABLE
        row = self._routes[here].get((target, tag, pid))
        if row is None or row.port is None:
            return End.NOTHING_KNOWN
        if not row.alive:
            return End.EXPIRED
        return None if row.port in self._alive[here] else End.DEAD_LINK


def _best(view: SwitchView) -> dict[int, tuple[int, int]]:
    """Destination -> (tag, pid) that packets start with; those of rank inf are dropped at once."""
    return {row.destination: (row.tag, row.pid) for row in view.best if row.rank is not None}


# ------------------------------------------------------------------------------------------------ comparing


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two routes of one pair that are neither the same path nor of the same rank; None: the pair is missing."""

    one: Route | None
    other: Route | None


def compare(one: Iterable[Route], other: Iterable[Route]) -> list[Disagreement]:
    """Pairs on which two lists of routes do not agree. Paths of equal rank agree: the policy does not prefer either."""
    first = {(route.source, route.target): route for route in one}
    second = {(route.source, route.target): route for route in other}
    pairs = list(dict.fromkeys([*first, *second]))
    found = []
    for pair in pairs:
        a, b = first.get(pair), second.get(pair)
        if a is None or b is None or not _agree(a, b):
            found.append(Disagreement(a, b))
    return found


def _agree(one: Route, other: Route) -> bool:
    if one.path is None or other.path is None:
        return one.path == other.path
    return (one.path, one.ports) == (other.path, other.ports) or one.rank == other.rank
