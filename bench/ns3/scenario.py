"""What the ns-3 model (model.cc) is told, and what it answers: text files, so that it stays a process of its own.

A scenario is lines of words. `set KEY VALUE`; `node host|switch`, numbered from 0, switches first;
`link A B RATE DELAY` in bit/s and ps, numbered from 0, those between switches first, then one for each host;
`flow SOURCE TARGET SIZE START` in bytes and ps, followed by the path of its data and that of its acknowledgements: the
number of links, and the links.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from contra.topology.model import Topology

PS_PER_NS = 1_000
PS_PER_US = 1_000_000
PS_PER_S = 1_000_000_000_000
MOST_FLOWS_OF_A_HOST = 50_000
"""The model gives each flow of a host a port of its own."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """TCP and queues of all hosts and switches of a run. Queues of 0 packets have no limit, a mark of 0 never happens.

    `congestion_control`: ns-3's `newreno`, `linux-reno`, `cubic`, `dctcp`; or `byte-reno`, which is `newreno` but
    counts acknowledged bytes where that counts acknowledgements. `slow_start_segments` and `window_validation` are
    for `byte-reno` alone. `host_queue`: `fifo` as ns-3 has it, or `fair`; see Transport.
    """

    congestion_control: str = "newreno"
    segment_bytes: int = 1460
    initial_window: int = 10
    slow_start_segments: int = 1
    min_rto_ps: int = 10_000 * PS_PER_US
    initial_rto_ps: int = 100_000 * PS_PER_US
    clock_granularity_ps: int = PS_PER_US
    delayed_ack_segments: int = 2
    delayed_ack_ps: int = 500 * PS_PER_US
    send_buffer_bytes: int = 2 << 20
    receive_window_bytes: int = 2 << 20
    sack: bool = False
    limited_transmit: bool = True
    window_validation: bool = True
    host_queue: str = "fair"
    careful: bool = False
    """Without SACK: two departures of ns-3 from the RFCs are put right (HostSocket in model.cc)."""
    hystart: bool = False
    queue_packets: int = 200
    mark_packets: int = 0
    header_bytes: int = 14
    """Ethernet, before the IPv4 packet."""
    least_frame_bytes: int = 60
    """Shorter frames are padded (IEEE 802.3, without the checksum)."""
    limit_ps: int = 60 * PS_PER_S


@dataclass(frozen=True, slots=True)
class Job:
    """A flow: hosts by index, bytes, ps."""

    source: int
    target: int
    size: int
    start_ps: int


@dataclass(frozen=True, slots=True)
class Paths:
    """Links of the way of a flow's data and of that of its acknowledgements, the hosts' own links included."""

    there: tuple[int, ...]
    back: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a flow. Times are ps from the start of the run, -1 where it did not happen."""

    start_ps: int
    finish_ps: int
    """The last byte was acknowledged at the sender."""
    received_ps: int
    """The last byte was at the receiver."""
    size: int
    segments_sent: int
    retransmitted: int
    timeouts: int
    fast_recoveries: int

    @property
    def finished(self) -> bool:
        """All bytes acknowledged."""
        return self.finish_ps >= 0

    @property
    def fct_us(self) -> float:
        """Flow completion time, from the SYN to the last acknowledgement."""
        return (self.finish_ps - self.start_ps) / PS_PER_US


def host_link(topology: Topology, host: int) -> int:
    """The number of a host's link."""
    return len(topology.links) + host


def scenario(topology: Topology, jobs: Sequence[Job], paths: Sequence[Paths], setup: Setup) -> Iterator[str]:
    """The lines of a scenario."""
    for field in fields(setup):
        value = getattr(setup, field.name)
        yield f"set {field.name} {int(value) if isinstance(value, bool) else value}"
    switches = len(topology.switches)
    yield from ("node switch" for _ in topology.switches)
    yield from ("node host" for _ in topology.hosts)
    for link in topology.links:
        yield f"link {link.a} {link.b} {link.capacity} {link.latency_ns * PS_PER_NS}"
    for host in topology.hosts:
        yield f"link {switches + host.index} {host.switch} {host.capacity} {host.latency_ns * PS_PER_NS}"
    for job, way in zip(jobs, paths, strict=True):
        ends = f"{switches + job.source} {switches + job.target}"
        yield f"flow {ends} {job.size} {job.start_ps} {_words(way.there)} {_words(way.back)}"


def _words(path: Sequence[int]) -> str:
    return " ".join(map(str, (len(path), *path)))


def read_outcomes(path: Path) -> list[Outcome]:
    """The results that the model wrote, in the order of the flows."""
    with path.open(encoding="utf-8", newline="") as file:
        return [_outcome(row) for row in csv.DictReader(file)]


def _outcome(row: dict[str, str]) -> Outcome:
    return Outcome(**{field.name: int(row[field.name]) for field in fields(Outcome)})


def check(jobs: Iterable[Job]) -> None:
    """Raises ValueError where the model could not tell flows apart or count their bytes."""
    counts: dict[int, int] = {}
    for job in jobs:
        counts[job.source] = counts.get(job.source, 0) + 1
        if job.source == job.target:
            raise ValueError("a flow from a host to itself has no path")
        if not 0 < job.size < 1 << 31:
            raise ValueError(f"a flow of {job.size} bytes: the model counts from 1 to 2**31 - 1")
    if counts and max(counts.values()) > MOST_FLOWS_OF_A_HOST:
        raise ValueError(f"more than {MOST_FLOWS_OF_A_HOST} flows from one host")
