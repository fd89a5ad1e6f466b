"""What the kinds that simulate have in common: a build in its network, with its links down as the experiment says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from contra.diagnostics import Reporter
from contra.engine.inputs import Failure, LinkFailure, read_failure
from contra.engine.simulation import PS_PER_NS, Settings, Simulation, open_simulation
from contra.experiments.spec import Queue
from contra.topology.model import Topology


def open_network(build: Path, queue: Queue, seed: int) -> Simulation:
    """A build in its network, nothing sent yet but probes. Raises CompileError where it cannot run."""
    settings = Settings(
        seed=seed, queue_packets=queue.packets, queue_bytes=queue.bytes, mark_packets=queue.mark_packets
    )
    return open_simulation(build, Reporter(), settings)


def read_failures(failures: Sequence[str], topology: Topology) -> tuple[Failure, ...]:
    """Failures as the experiment names them."""
    return tuple(read_failure(text, topology, Reporter()) for text in failures)


def apply_failures(simulation: Simulation, failures: Sequence[Failure]) -> None:
    """Links go down in both directions; a switch loses its links, and its memory when it comes back."""
    topology, network = simulation.topology, simulation.network
    for failure in failures:
        if not isinstance(failure, LinkFailure) and failure.stop_ns is not None:
            network.restart(failure.stop_ns * PS_PER_NS, topology.switches[failure.switch].name)
        for place in _places(simulation, failure):
            network.set_link(failure.start_ns * PS_PER_NS, place, False)
            if failure.stop_ns is not None:
                network.set_link(failure.stop_ns * PS_PER_NS, place, True)


def _places(simulation: Simulation, failure: Failure) -> Iterator[int]:
    """The directions of links that a failure takes down."""
    topology = simulation.topology
    for link in topology.links:
        hit = link.index in failure.links if isinstance(failure, LinkFailure) else failure.switch in (link.a, link.b)
        if hit:
            yield simulation.links[link.a, link.a_port]
            yield simulation.links[link.b, link.b_port]
    if not isinstance(failure, LinkFailure):
        for host in topology.hosts_of[failure.switch]:
            yield from simulation.host_links[host.name]


@dataclass(frozen=True, slots=True)
class Carried:
    """What links carried, headers included. `header_bytes` are those of the scheme's own header on data packets.

    All but `sent` is of the links between switches, where schemes differ. `queue_bytes` is the longest queue there.
    """

    sent: int
    data_packets: int
    data_bytes: int
    probe_bytes: int
    header_bytes: int
    queue_bytes: int
    full: int


def carried(simulation: Simulation) -> Carried:
    """Counters of the links so far; `sent` are the packets of all hosts."""
    network = simulation.network
    between = [network.link_totals(place) for place in simulation.links.values()]
    packets = sum(each.data_packets for each in between)
    return Carried(
        sent=sum(network.link_totals(up).data_packets for up, _ in simulation.host_links.values()),
        data_packets=packets,
        data_bytes=sum(each.data_bytes for each in between),
        probe_bytes=sum(each.probe_bytes for each in between),
        header_bytes=packets * extra_header_bytes(simulation),
        queue_bytes=max((each.deepest_bytes for each in between), default=0),
        full=sum(each.full for each in between),
    )


def extra_header_bytes(simulation: Simulation) -> int:
    """Bytes that a scheme puts into each data packet between switches: the shim."""
    shim = simulation.network.plan.shim
    return 0 if shim is None else shim.size
