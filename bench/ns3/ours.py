"""The embedded engine's side: the scheme's P4 programs, the engine's TCP, and the ways that the flows take."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from bench.ns3.paths import along
from bench.ns3.scenario import PS_PER_S, PS_PER_US, Job, Outcome, Paths, Setup
from contra.baselines import compile_baseline
from contra.diagnostics import Reporter
from contra.engine.core.connections import TEMPLATE
from contra.engine.frames import checksum
from contra.engine.simulation import Settings, Simulation, open_simulation
from contra.engine.tcp import TcpFlow, TcpResults, TcpRun, add_flows
from contra.engine.transport import Transport
from contra.options import SIMULATION
from contra.topology.model import Topology

HEAD = 54
"""Ethernet, IPv4, TCP."""
APART_PS = PS_PER_US
"""Between the packets that tell the ways: none waits for another one."""


@dataclass(frozen=True)
class Run:
    """What the engine says of a run."""

    outcomes: tuple[Outcome, ...]
    packet_hops: int
    """Packets that switches received."""
    dropped: int


def setup_of(transport: Transport, settings: Settings, limit_ps: int) -> Setup:
    """The same in ns-3. NewReno's window grows by bytes here: `byte-reno`; where each segment is acknowledged, ns-3's
    own NewReno does the same."""
    control = transport.congestion_control
    if control == "newreno" and transport.delayed_ack_segments > 1:
        control = "byte-reno"
    shared = {field.name for field in fields(Setup)} & {field.name for field in fields(Transport)}
    same = {name: getattr(transport, name) for name in shared - {"congestion_control"}}
    return Setup(
        congestion_control=control,
        min_rto_ps=transport.min_rto_us * PS_PER_US,
        initial_rto_ps=transport.initial_rto_us * PS_PER_US,
        delayed_ack_ps=transport.delayed_ack_us * PS_PER_US,
        queue_packets=settings.queue_packets,
        mark_packets=settings.mark_packets,
        limit_ps=limit_ps,
        **same,
    )


def build(scheme: str, topology: Topology, folder: Path) -> Path:
    """A build of a baseline. Raises CompileError."""
    out = folder / f"{scheme}-build"
    compile_baseline(scheme, topology, SIMULATION, out, Reporter())
    return out


class Experiment:
    """Flows in a network of the engine, before they run."""

    def __init__(self, folder: Path, jobs: Sequence[Job], transport: Transport, settings: Settings) -> None:
        self.simulation: Simulation = open_simulation(folder, Reporter(), settings)
        self.jobs = jobs
        hosts = self.simulation.topology.hosts
        flows = [TcpFlow(hosts[job.source].name, hosts[job.target].name, job.size, job.start_ps) for job in jobs]
        self.tcp: TcpRun = add_flows(self.simulation, flows, transport)

    def paths(self) -> list[Paths]:
        """The way of each flow's data and acknowledgements: that of a packet with the same headers, sent now.

        Right for schemes that choose by headers alone. Raises ValueError where a packet gets lost.
        """
        topology = self.simulation.topology
        trails = self._trails()
        return [
            Paths(
                along(topology, job.source, job.target, trails[2 * number]),
                along(topology, job.target, job.source, trails[2 * number + 1]),
            )
            for number, job in enumerate(self.jobs)
        ]

    def run(self, limit_ps: int = 60 * PS_PER_S) -> Run:
        """Run to the end of the last flow."""
        self.tcp.run(limit_ps)
        totals = self.simulation.network.totals
        return Run(tuple(_outcomes(self.tcp.results())), totals.packet_hops, sum(totals.drops.values()))

    def _trails(self) -> list[tuple[int, ...]]:
        network, hosts = self.simulation.network, self.simulation.topology.hosts
        frames = list(self._frames())
        before = network.snapshot()
        try:
            network.suspend()
            network.log(delivered=True)
            numbers = {}
            for place, frame in enumerate(frames):
                job = self.jobs[place // 2]
                source, target = (job.target, job.source) if place % 2 else (job.source, job.target)
                flow = network.add_flow(hosts[target].name)
                network.inject(network.now + place * APART_PS, hosts[source].name, frame, flow=flow)
                numbers[flow] = place, hosts[target].name
            network.run(network.now + len(frames) * APART_PS + PS_PER_S)
            found: list[tuple[int, ...]] = [()] * len(frames)
            for delivery in network.journal.deliveries():
                place, name = numbers[delivery.flow]
                if delivery.host == name:
                    found[place] = delivery.trail
        finally:
            network.restore(before)
        if () in found:
            raise ValueError(f"flow {found.index(()) // 2}: a packet without payload did not arrive")
        return found

    def _frames(self) -> Iterator[bytes]:
        """An acknowledgement of each flow, and one of each way back."""
        templates = self.simulation.network.arrays["templates"].reshape(-1, 2, TEMPLATE // 2)
        places = {flow: row for row, flow in enumerate(self.tcp.order)}
        for flow in range(len(self.jobs)):
            for back in range(2):
                yield _acknowledgement(templates[places[flow], back, :HEAD].tobytes())


def _acknowledgement(head: bytes) -> bytes:
    """A frame from headers whose variable fields are 0."""
    ip = head[14:16] + struct.pack(">H", HEAD - 14) + head[18:24] + b"\0\0" + head[26:34]
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return head[:14] + ip + head[34:46] + b"\x50\x10" + head[48:HEAD]


def _outcomes(results: TcpResults) -> Iterator[Outcome]:
    names = [field.name for field in fields(Outcome)]
    columns = [getattr(results, name).tolist() for name in names]
    for values in zip(*columns, strict=True):
        yield Outcome(**dict(zip(names, values, strict=True)))


def shifted(jobs: Sequence[Job], by_ps: int) -> list[Job]:
    """The same flows later."""
    return [replace(job, start_ps=job.start_ps + by_ps) for job in jobs]
