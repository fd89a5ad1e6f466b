"""Reading what the core wrote: the journal and the blob as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from contra.engine.capture import Packet
from contra.engine.core import layout as at

if TYPE_CHECKING:
    from contra.engine.network import Network

REASONS = {
    "queue full": at.DROP_FULL,
    "link down": at.DROP_DOWN,
    "lost on the link": at.DROP_LOST,
    "dropped by the ingress": at.DROP_INGRESS,
    "dropped by the egress": at.DROP_EGRESS,
    "no such port": at.DROP_NO_PORT,
    "resubmitted too often": at.DROP_SPINS,
    "recirculated too often": at.DROP_ROUNDS,
    "unknown multicast group": at.DROP_NO_GROUP,
    "probe ignored": at.DROP_DEAF,
    "switch restarted": at.DROP_RESTART,
}


@dataclass(frozen=True)
class Totals:
    """Counters of a whole network."""

    packet_hops: int  # packets that switches received on wires
    events: int
    injected: int
    copied: int
    delivered: int
    looped: int  # data packets that visited a switch twice
    longest_trail: int
    digests: int
    to_controller: int
    faults: int
    path_changes: int
    drops: dict[str, int]  # by reason


@dataclass(frozen=True)
class LinkTotals:
    """Counters of one direction of a link. Drops: before the queue, when it went down, on the wire."""

    data_packets: int
    data_bytes: int
    probe_packets: int
    probe_bytes: int
    full: int
    down: int
    lost: int
    marked: int
    deepest_bytes: int


@dataclass(frozen=True)
class FlowTotals:
    """Counters of a flow. Delays are of delivered packets; `late` packets arrived after later ones."""

    sent: int
    sent_bytes: int
    received: int
    received_bytes: int
    late: int
    delay_sum_ps: int
    delay_max_ps: int
    hops: int
    paths: int
    astray: int  # delivered to another host
    looped: int
    last_ps: int  # time of the last delivery, -1 for none
    lost: dict[str, int]  # by reason


@dataclass(frozen=True)
class Delivery:
    """A packet that reached a host, with the switches that it visited (the first 64 of `hops`).

    Of probes without a flow, birth and way are not kept: `born_ps` is -1, `trail` empty, `hops` 0. A `flow` below -1 is
    TCP's connection (-2 - flow) // 2, an odd number is of its way back; `sequence` counts the segments sent.
    """

    time_ps: int
    host: str
    flow: int
    sequence: int
    born_ps: int
    trail: tuple[int, ...]
    hops: int
    head: bytes


@dataclass(frozen=True)
class PathChange:
    """A flow's packets come by another way from now on; `before` had been delivered until then."""

    time_ps: int
    flow: int
    trail: tuple[int, ...]
    hops: int
    before: int


@dataclass(frozen=True)
class Gap:
    """A long time without deliveries of a flow, between two of them; `missing` packets were sent in between."""

    start_ps: int
    stop_ps: int
    flow: int
    missing: int


@dataclass(frozen=True)
class ToController:
    """A packet that a switch sent to its CPU port."""

    time_ps: int
    switch: str
    head: bytes
    size: int


@dataclass(frozen=True)
class Words:
    """A digest: the PHV that it was made from."""

    time_ps: int
    switch: str
    phv: tuple[int, ...]


@dataclass(frozen=True)
class Fault:
    """A program did what P4 leaves undefined: FAULT_ code and place (`contra.p4.abi`)."""

    time_ps: int
    switch: str
    code: int
    place: int


@dataclass(frozen=True)
class Loss:
    """A packet that was dropped, at a switch or at a host; `flow` as in `Delivery`."""

    time_ps: int
    node: str
    reason: str
    flow: int
    sequence: int
    probe: bool


@dataclass(frozen=True)
class Window:
    """A TCP sender after an acknowledgement; `flow` as given to `add_flows` is `TcpRun.order[connection]`. Bytes."""

    time_ps: int
    connection: int
    acknowledged: int
    window: int  # congestion window
    threshold: int  # of slow start
    rto_ps: int
    alpha: int  # of DCTCP, of 2**20


@dataclass(frozen=True)
class Step:
    """A traced packet after ingress (`port`: where it came in) or after egress (`port`: where it goes out)."""

    time_ps: int
    stage: str  # "ingress" or "egress"
    switch: str
    port: int
    phv: tuple[int, ...]
    head: bytes


def totals(network: Network) -> Totals:
    """Counters of the whole network."""
    net = network.arrays["net"].tolist()
    by_reason = network.arrays["drops"].reshape(-1, at.REASONS).sum(axis=0).tolist()
    return Totals(
        net[at.N_HOPS],
        net[at.N_EVENTS],
        net[at.N_INJECTED],
        net[at.N_COPIED],
        net[at.N_DELIVERED],
        net[at.N_LOOPED],
        net[at.N_LONGEST],
        net[at.N_DIGESTS],
        net[at.N_CONTROLLER],
        net[at.N_FAULTS],
        net[at.N_PATHS],
        {name: by_reason[code] for name, code in REASONS.items() if by_reason[code]},
    )


def link_totals(network: Network, link: int) -> LinkTotals:
    """Counters of a link, by its place in the plan."""
    row = network.row("links", at.LINK, link).tolist()
    sent = row[at.L_DATA_PACKETS], row[at.L_DATA_BYTES], row[at.L_PROBE_PACKETS], row[at.L_PROBE_BYTES]
    return LinkTotals(*sent, row[at.L_FULL], row[at.L_DOWN], row[at.L_LOST], row[at.L_MARKED], row[at.L_DEEPEST])


def flow_totals(network: Network, flow: int) -> FlowTotals:
    """Counters of a flow."""
    row = network.row("flows", at.FLOW, flow).tolist()
    return FlowTotals(
        sent=row[at.F_SENT],
        sent_bytes=row[at.F_SENT_BYTES],
        received=row[at.F_RECEIVED],
        received_bytes=row[at.F_BYTES],
        late=row[at.F_LATE],
        delay_sum_ps=row[at.F_DELAY_SUM],
        delay_max_ps=row[at.F_DELAY_MAX],
        hops=row[at.F_HOPS],
        paths=row[at.F_PATHS],
        astray=row[at.F_ASTRAY],
        looped=row[at.F_LOOPED],
        last_ps=row[at.F_LAST],
        lost={name: row[at.F_LOST + code] for name, code in REASONS.items() if row[at.F_LOST + code]},
    )


def in_flight(network: Network) -> int:
    """Packets that wait or are under way."""
    return len(network.arrays["packets"]) // at.PACKET - int(network.arrays["net"][at.N_FREE_COUNT])


class Journal:
    """What a network wrote so far, as data."""

    def __init__(self, network: Network) -> None:
        self._rows = network.arrays["journal"].reshape(-1, at.RECORD)[: int(network.arrays["net"][at.N_JOURNAL])]
        self._blob = memoryview(network.arrays["blob"])
        self._names = list(network.nodes)
        self._links = network.plan.links

    def rows(self, kind: int) -> Any:
        """Records of one kind, as an array with a row of eight for each: kind, time, six values."""
        return self._rows[self._rows[:, 0] == kind]

    def samples(self) -> Any:
        """A row for each sample and link: time, link, data bytes, probe bytes, bytes and packets in its queue."""
        return self.rows(at.J_SAMPLE)[:, 1:7]

    def deliveries(self) -> Iterator[Delivery]:
        """Delivered packets, if they were logged."""
        for _, time, node, flow, sequence, born, start, sizes in self.rows(at.J_DELIVERED).tolist():
            hops, held = sizes & 0xFFFFFFFF, sizes >> 32
            after = start + 2 * min(hops, at.TRAIL)
            head = bytes(self._blob[after : after + held])
            yield Delivery(time, self._names[node], flow, sequence, born, self._trail(start, hops), hops, head)

    def paths(self) -> Iterator[PathChange]:
        """Changes of path, the first packet of each flow included."""
        for _, time, flow, _, start, hops, before, _ in self.rows(at.J_PATH).tolist():
            yield PathChange(time, flow, self._trail(start, hops), hops, before)

    def gaps(self) -> Iterator[Gap]:
        """Gaps in the deliveries of flows that were added with a `gap_ps`."""
        for _, time, flow, start, missing, *_ in self.rows(at.J_GAP).tolist():
            yield Gap(start, time, flow, missing)

    def controller(self) -> Iterator[ToController]:
        """Packets for the controller."""
        for _, time, switch, start, held, size, _, _ in self.rows(at.J_CONTROLLER).tolist():
            yield ToController(time, self._names[switch], bytes(self._blob[start : start + held]), size)

    def digests(self) -> Iterator[Words]:
        """Digests."""
        for _, time, switch, start, words, *_ in self.rows(at.J_DIGEST).tolist():
            yield Words(time, self._names[switch], self._words(start, words))

    def faults(self) -> Iterator[Fault]:
        """Faults that strict programs reported."""
        for _, time, switch, code, place, *_ in self.rows(at.J_FAULT).tolist():
            yield Fault(time, self._names[switch], code, place)

    def losses(self) -> Iterator[Loss]:
        """Dropped packets, if they were logged."""
        names = {code: name for name, code in REASONS.items()}
        for _, time, node, reason, flow, sequence, probe, _ in self.rows(at.J_DROP).tolist():
            yield Loss(time, self._names[node], names[reason], flow, sequence, bool(probe))

    def windows(self) -> Iterator[Window]:
        """Windows of TCP connections, if they were logged."""
        for _, time, *values in self.rows(at.J_WINDOW).tolist():
            yield Window(time, *values)

    def captured(self, node: str, port: int) -> Iterator[Packet]:
        """Packets sent and received at a port, in order of time, if they were captured.

        A sent packet's time is the start of its transmission, a received one's the end of its reception.
        """
        for _, time, link, way, start, held, size, _ in self.rows(at.J_CAPTURE).tolist():
            plan = self._links[link]
            sent = (plan.source, plan.source_port) == (node, port) and way == at.CAPTURE_SENT
            received = (plan.target, plan.target_port) == (node, port) and way == at.CAPTURE_RECEIVED
            if sent or received:
                yield Packet(time, bytes(self._blob[start : start + held]), size)

    def steps(self, words: int | None = None) -> Iterator[Step]:
        """Traced packets at each switch; `words` of the PHV, all of the widest program's by default."""
        stages = {at.J_INGRESS: "ingress", at.J_EGRESS: "egress"}
        for kind, time, switch, port, start, head, held, _ in self._rows.tolist():
            if kind in stages:
                count = (head - start) // 8 if words is None else words
                data = bytes(self._blob[head : head + held])
                yield Step(time, stages[kind], self._names[switch], port, self._words(start, count), data)

    def _trail(self, start: int, hops: int) -> tuple[int, ...]:
        kept = min(hops, at.TRAIL)
        return tuple(self._blob[start : start + 2 * kept].cast("H")) if kept else ()

    def _words(self, start: int, count: int) -> tuple[int, ...]:
        data = bytes(self._blob[start : start + 8 * count])
        return tuple(int.from_bytes(data[index : index + 8], "little") for index in range(0, len(data), 8))
