"""Whatever a network does to packets, every byte arrives, is acknowledged only then, and every flow finishes; compiled
or not, it all happens alike."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest
from engine.support.examples import examples
from engine.support.pipes import GIGABIT, SYN, US, Pipe, dissect, flows, link

from contra.engine.core import connections as at
from contra.engine.core.layout import N_JOURNAL, RECORD
from contra.engine.model import Impairment
from contra.engine.network import Network
from contra.engine.results import in_flight
from contra.engine.tcp import TcpRun
from contra.engine.transport import Transport

HOSTS = 3
LISTENING = 5001


CONTROLS = ("newreno", "cubic", "dctcp")


def some_transport(random: Random, control: str) -> Transport:
    return Transport(
        congestion_control=control,
        segment_bytes=random.choice((100, 1000, 1460, 8946)),
        initial_window=random.choice((1, 2, 10)),
        slow_start_segments=random.choice((1, 2)),
        limited_transmit=random.random() < 0.5,
        window_validation=random.random() < 0.5,
        min_rto_us=random.choice((600, 5_000)),
        initial_rto_us=random.choice((50, 10_000)),  # at times shorter than a round trip
        delayed_ack_segments=random.choice((1, 2, 4)),
        host_queue=random.choice(("fair", "fifo")),
        receive_window_bytes=random.choice((9_000, 100_000, 1 << 21)),
        send_buffer_bytes=random.choice((9_000, 1 << 21)),
    )


def scene(seed: int, control: str, *, jit: bool, segments: int) -> TcpRun:
    """A few flows both ways through a link that loses, doubles, and mixes packets both ways, all of it captured."""
    random = Random(seed)
    pipe = Pipe(
        hosts=HOSTS,
        rate=random.choice((GIGABIT, 10 * GIGABIT)),
        delay=random.choice((1, 30, 100)) * US,
        queue=random.choice((3, 20, 1000)),
        mark=random.choice((0, 2, 10)),
        seed=random.randrange(1000),
    )
    network = pipe.network(jit=jit)
    bad = Impairment(
        loss=random.choice((0, 0.01, 0.1)),
        duplicate=random.choice((0, 0.1)),
        reorder=random.choice((0, 0.05, 0.5)),
        jitter_ps=random.choice((1, 20, 200)) * US,
    )
    for ends in (("left", "right"), ("right", "left")):
        network.impair(link(network, *ends), bad)
    for place, plan in enumerate(network.plan.links):
        if "left" not in (plan.source, plan.target) or "right" not in (plan.source, plan.target):
            network.capture(place)
    network.log(windows=True)
    transport = some_transport(random, control)
    wanted = []
    for _ in range(random.randint(1, 6)):
        a, b = f"l{random.randrange(HOSTS)}", f"r{random.randrange(HOSTS)}"
        ends = (a, b) if random.random() < 0.8 else (b, a)
        size = random.choice((1, transport.segment_bytes, random.randrange(1, segments * transport.segment_bytes)))
        wanted.append((*ends, size, random.randrange(300 * US)))
    run = flows(network, wanted, transport)
    if random.random() < 0.3:  # sequence numbers wrap early
        table = network.arrays["connections"].reshape(-1, at.CONNECTION)
        table[:, at.C_ISN] = 2**32 - random.randrange(1, 20_000)
        table[:, at.R_ISN] = 2**32 - 1
    return run


def conserved(network: Network) -> None:
    totals = network.totals
    gone = totals.delivered + sum(totals.drops.values())
    assert totals.injected + totals.copied == gone + in_flight(network)


class Stream:
    """A flow as its receiver sees it: bytes that came, the prefix of the flow without gaps."""

    def __init__(self) -> None:
        self.came: dict[int, int] = {}
        self.prefix = 0
        self.packets = 0

    def take(self, place: int, size: int) -> None:
        """A segment came."""
        self.packets += 1
        assert self.came.setdefault(place, size) == size
        while self.prefix in self.came:
            self.prefix += self.came[self.prefix]


def streams(network: Network) -> list[Stream]:
    """All flows; acknowledgements are checked as they leave. Two senders may choose the same port."""
    found: dict[tuple[str, int, int], Stream] = {}
    first: dict[tuple[str, int, int], int] = {}
    for host in [plan.name for plan in network.plan.hosts]:
        for packet in network.journal.captured(host, 0):
            segment, (target, source) = dissect(packet.data), (packet.data[5], packet.data[11])
            assert packet.size == max(60, len(packet.data) + segment.payload)
            if target == _number(host) and segment.target == LISTENING:
                key = host, source, segment.source
                if segment.flags & SYN:
                    first[key] = segment.sequence + 1
                    found.setdefault(key, Stream())
                elif segment.payload:
                    found[key].take((segment.sequence - first[key]) % 2**32, segment.payload)
            elif source == _number(host) and segment.source == LISTENING and not segment.flags & SYN:
                key = host, target, segment.target
                assert (segment.acknowledged - first[key]) % 2**32 <= found[key].prefix + 1
    return list(found.values())


def _number(host: str) -> int:
    return int(host[1:]) + (100 if host[0] == "r" else 0)


@pytest.mark.parametrize("control", CONTROLS)
@examples(30)
def test_every_flow_arrives_whole_and_finishes(control: str, seed: int) -> None:
    run = scene(seed, control, jit=True, segments=300)
    run.run(10**15)
    network, results = run.network, run.results()
    assert results.finished.all(), f"seed {seed}"
    assert (results.received_ps <= results.finish_ps).all()
    assert (results.received_ps > results.start_ps).all()
    segments = -(-results.size // run.transport.segment_bytes)
    assert (results.segments_sent - results.retransmitted == segments).all()
    assert (results.segments_received >= segments).all()
    assert not results.astray.any()
    table = network.arrays["connections"].reshape(-1, at.CONNECTION)
    assert (table[:, at.R_NEXT] == table[:, at.C_SIZE]).all()
    assert not table[:, at.R_HELD].any()
    assert not network.arrays["board"].any()
    found = streams(network)
    assert sorted(stream.prefix for stream in found) == sorted(results.size.tolist())
    assert sum(stream.packets for stream in found) == results.segments_received.sum()
    network.run(network.now + 10**13)
    conserved(network)
    assert in_flight(network) == 0


@pytest.mark.parametrize("control", CONTROLS)
@examples(6)
def test_the_same_unjitted(control: str, seed: int) -> None:
    found = []
    for jit in (True, False):
        run = scene(seed, control, jit=jit, segments=100)
        run.run(10**14)
        arrays = run.network.arrays
        rows = arrays["journal"].reshape(-1, RECORD)[: int(arrays["net"][N_JOURNAL])]
        found.append((rows.tolist(), arrays["connections"].tolist(), run.network.totals, run.network.now))
    for one, other in zip(*found, strict=True):
        assert one == other, f"seed {seed}"
    assert len(found[0][0]) > 10


def finishes(seed: int, network_seed: int) -> list[int]:
    """Completion times of a scene in a network of a seed."""
    pipe = replace(Pipe(hosts=2, rate=GIGABIT, queue=20), seed=network_seed)
    network = pipe.network()
    network.impair(link(network, "left", "right"), Impairment(loss=0.02))
    random = Random(seed)
    wanted = [(f"l{n % 2}", f"r{n % 2}", random.randrange(300_000), random.randrange(10**8)) for n in range(20)]
    run = flows(network, wanted, Transport())
    run.run(10**14)
    finished: list[int] = run.results().finish_ps.tolist()
    return finished


def test_the_same_seed_gives_the_same_times() -> None:
    assert finishes(1, 7) == finishes(1, 7)
    assert finishes(1, 7) != finishes(1, 8)
