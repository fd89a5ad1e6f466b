"""`contra routes`: with link metrics held still, the path that a packet takes for every pair, and its rank."""

from __future__ import annotations

from collections.abc import Sequence

from contra.check.model import CheckedPolicy
from contra.engine.inputs import LinkState
from contra.engine.packets import Way, ways
from contra.engine.route import Route, edges_in
from contra.engine.simulation import Simulation
from contra.interp import INF, Edge, rank
from contra.interp.network import Walk


def routes(simulation: Simulation, policy: CheckedPolicy | None, states: Sequence[LinkState]) -> list[Route]:
    """The routes of every ordered pair of destination switches, in the network as it stands; without a policy they
    have no rank."""
    destinations = simulation.topology.destinations
    pairs = [(source, target) for source in destinations for target in destinations if source != target]
    found = ways(simulation, pairs)
    edges = edges_of(simulation, states)
    return [_route(simulation, policy, edges, pair, found[pair]) for pair in pairs]


def edges_of(simulation: Simulation, states: Sequence[LinkState]) -> dict[tuple[str, int], Edge]:
    """The judge's edges by source and port."""
    return edges_in(simulation.topology, states)


def walk_of(simulation: Simulation, edges: dict[tuple[str, int], Edge], way: Way) -> Walk:
    """A way as the judge has it."""
    switches = simulation.topology.switches
    return tuple(edges[switches[switch].name, port] for switch, port in zip(way.switches, way.ports, strict=False))


def _route(
    simulation: Simulation,
    policy: CheckedPolicy | None,
    edges: dict[tuple[str, int], Edge],
    pair: tuple[int, int],
    way: Way | None,
) -> Route:
    switches = simulation.topology.switches
    source, target = (switches[index].label for index in pair)
    if way is None:
        return Route(source, target, None, (), None if policy is None else INF)
    path = tuple(switches[index].label for index in way.switches)
    ranked = None if policy is None else rank(policy, walk_of(simulation, edges, way))
    return Route(source, target, path, way.ports, ranked)
