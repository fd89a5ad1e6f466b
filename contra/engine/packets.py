"""Packets from one switch's own address to another's, and the ways that they really take."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise

from contra.engine.frames import FIRST_PORT, SINK_PORT, packet_out, udp_head
from contra.engine.inputs import Endpoint
from contra.engine.results import Journal, Step
from contra.engine.simulation import PS_PER_NS, Simulation
from contra.topology.model import Port, Topology

HEAD_BYTES = 42
"""Ethernet, IPv4, UDP."""
_MOST_HOPS = 64
"""TTL of what hosts send."""


@dataclass(frozen=True)
class Way:
    """The switches that a packet visited, source first, and the ports that it left them by; None if it was dropped."""

    switches: tuple[int, ...]
    ports: tuple[int, ...]


def endpoint(switch: int) -> Endpoint:
    """A switch's own address."""
    return Endpoint(switch, None)


def _head(topology: Topology, source: Endpoint, target: Endpoint, sequence: int = 0) -> bytes:
    """A UDP packet without payload; packets of other numbers are of other flows."""
    port = FIRST_PORT + sequence % (65536 - FIRST_PORT)
    return udp_head(topology, source, target, (port, SINK_PORT), HEAD_BYTES, ecn=False)


def ways(simulation: Simulation, pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], Way | None]:
    """The ways that one packet takes for each pair of switches, in the network as it stands."""
    wanted = list(pairs)
    if _has_parallel_links(simulation):
        return {pair: _way_of(simulation, *pair) for pair in wanted}
    trails = _trails(simulation, wanted)
    return {pair: None if trail is None else _by_neighbours(simulation, trail) for pair, trail in trails.items()}


def steps(
    simulation: Simulation, source: Endpoint, target: Endpoint, look: Callable[[], None] | None = None
) -> tuple[list[Step], bool]:
    """What one packet looks like after each ingress and egress, and whether it arrived.

    `look` is called when it has; then the network becomes again what it was.
    """
    topology, network = simulation.topology, simulation.network
    packet, patience = _head(topology, source, target), _patience(simulation)
    if source.host is None:
        name, port = topology.switches[source.switch].name, network.plan.cpu_port
        found, arrived = network.trace(name, packet_out(packet), port=port, flow=True, for_ps=patience, look=look)
    else:
        found, arrived = network.trace(topology.hosts[source.host].name, packet, flow=True, for_ps=patience, look=look)
    return found, bool(arrived)


def _has_parallel_links(simulation: Simulation) -> bool:
    ends = [frozenset((link.a, link.b)) for link in simulation.topology.links]
    return len(set(ends)) != len(ends)


def _patience(simulation: Simulation) -> int:
    """Longer than any packet can be under way: TTL times the slowest link, and some for transmission."""
    slowest = max((link.delay_ps for link in simulation.network.plan.links), default=0)
    return _MOST_HOPS * (slowest + 1_000_000 * PS_PER_NS)


def _way_of(simulation: Simulation, source: int, target: int) -> Way | None:
    found, arrived = steps(simulation, endpoint(source), endpoint(target))
    if not arrived:
        return None
    index = {switch.name: switch.index for switch in simulation.topology.switches}
    left = [(index[step.switch], step.port) for step in found if step.stage == "egress"]
    return Way(tuple(switch for switch, _ in left), tuple(port for _, port in left[:-1]))


def _trails(simulation: Simulation, pairs: list[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, ...] | None]:
    """One packet per pair, all sent now: they take no notice of each other, since they count on no link before all
    have been sent, and no probe tells of it."""
    network, switches = simulation.network, simulation.topology.switches
    before = network.snapshot()
    try:
        network.suspend()
        network.log(delivered=True)
        flows = {network.add_flow(switches[target].name): (source, target) for source, target in pairs}
        for number, (flow, (source, target)) in enumerate(flows.items()):
            packet = packet_out(_head(simulation.topology, endpoint(source), endpoint(target), number))
            network.inject(network.now, switches[source].name, packet, port=network.plan.cpu_port, flow=flow)
        network.run(network.now + _patience(simulation))
        found: dict[tuple[int, int], tuple[int, ...] | None] = dict.fromkeys(pairs)
        for delivery in Journal(network).deliveries():
            pair = flows[delivery.flow]
            if delivery.host == switches[pair[1]].name:
                found[pair] = delivery.trail
        return found
    finally:
        network.restore(before)


def _by_neighbours(simulation: Simulation, trail: tuple[int, ...]) -> Way:
    """The ports of a trail where no two links lead to one neighbour."""
    ports = []
    for here, there in pairwise(trail):
        ports.append(next(port.number for port in _ports(simulation, here) if port.peer == there))
    return Way(trail, tuple(ports))


def _ports(simulation: Simulation, switch: int) -> tuple[Port, ...]:
    return simulation.topology.ports[switch]
