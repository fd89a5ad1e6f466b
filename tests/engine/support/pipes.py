"""TCP between hosts on both sides of one link, by hand-written switches that may lose chosen segments."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from support import fake
from support.fake import both, memory

from contra.engine.connections import Connection, End
from contra.engine.model import HostPlan, LinkPlan, NetworkPlan, SwitchPlan
from contra.engine.network import Network
from contra.engine.tcp import TcpRun
from contra.engine.transport import Transport

GIGABIT = 10**9
US = 10**6
"""Picoseconds."""
RIGHT = 100
"""Numbers of the hosts on the right are those of the left ones and so much more."""
FIN, SYN, PSH, ACK, ECE, CWR = 1, 2, 8, 16, 64, 128


@dataclass(frozen=True)
class Seen:
    """A segment as the bytes of a frame tell it; numbers of 32 bits."""

    source: int
    target: int
    sequence: int
    acknowledged: int
    flags: int
    window: int
    payload: int
    ecn: int


def dissect(head: Any) -> Seen:
    """Read Ethernet, IPv4 and TCP without options by RFC 791 and 9293."""
    data = bytes(head[:54])
    ports = struct.unpack_from(">HHIIBBH", data, 34)
    total = struct.unpack_from(">H", data, 16)[0]
    payload = total - 20 - 4 * (ports[4] >> 4)
    return Seen(ports[0], ports[1], ports[2], ports[3], ports[5], ports[6], payload, data[15] & 3)


Lose = Callable[[Seen], bool]


@dataclass(frozen=True)
class Pipe:
    """Hosts l0, l1, ... - left switch - right switch - hosts r0, r1, ...; rates in bit/s, delays in ps."""

    hosts: int = 1
    access: int = 10 * GIGABIT
    rate: int = 10 * GIGABIT
    access_delay: int = 1 * US
    delay: int = 10 * US
    queue: int = 1000
    mark: int = 0
    seed: int = 1

    @property
    def round_trip(self) -> int:
        """Without transmission."""
        return 2 * (self.delay + 2 * self.access_delay)

    def network(self, *, jit: bool = True, lose: Lose | None = None) -> Network:
        """A network of fake switches; those in Python lose what `lose` says, at the left one, both ways."""
        assert lose is None or not jit
        program = fake.program(jit)
        left = program if lose is None else _losing(program, lose)
        near = {number: 2 + number for number in range(self.hosts)}
        far = {RIGHT + number: 2 + number for number in range(self.hosts)}
        switches = [
            SwitchPlan("left", left, memory(near | dict.fromkeys(far, 1))),
            SwitchPlan("right", program, memory(far | dict.fromkeys(near, 1))),
        ]
        limits = {"queue_packets": self.queue, "mark_packets": self.mark}
        links: list[LinkPlan] = both("left", 1, "right", 1, self.rate, self.delay, **limits)
        for number in range(self.hosts):
            for switch, host in (("left", f"l{number}"), ("right", f"r{number}")):
                links += both(switch, 2 + number, host, 0, self.access, self.access_delay, **limits)
        hosts = [HostPlan(f"{side}{number}") for side in "lr" for number in range(self.hosts)]
        return Network(NetworkPlan(switches, hosts, links, seed=self.seed), jit=jit)


def _losing(program: Any, lose: Lose) -> Any:
    def ingress(state: Any, phv: Any, head: Any) -> None:
        program.ingress(state, phv, head)
        if lose(dissect(head)):
            phv[fake.EGRESS_SPEC] = 511

    return program._replace(ingress=ingress)


def end(network: Network, name: str) -> End:
    """A host; the last byte of its MAC address is the number that the switches know."""
    number = int(name[1:]) + (RIGHT if name[0] == "r" else 0)
    link = next(place for place, plan in enumerate(network.plan.links) if plan.source == name)
    return End(network.nodes[name], bytes([0, 0, 0, 0, 0, number]), bytes([10, 0, 0, 1 + number]), link)


def link(network: Network, source: str, target: str) -> int:
    """Place of a direction of a link in the plan."""
    ends = [(plan.source, plan.target) for plan in network.plan.links]
    return ends.index((source, target))


def flows(network: Network, wanted: Sequence[tuple[str, str, int, int]], transport: Transport) -> TcpRun:
    """Put in flows: source, target, bytes, start in ps."""
    made = [Connection(end(network, a), end(network, b), size, start) for a, b, size, start in wanted]
    return TcpRun(network, made, transport)


def one(pipe: Pipe, size: int, transport: Transport, *, jit: bool = True, lose: Lose | None = None) -> TcpRun:
    """A flow from l0 to r0 at time 0."""
    network = pipe.network(jit=jit, lose=lose)
    network.log(windows=True)
    return flows(network, [("l0", "r0", size, 0)], transport)


class Chosen:
    """Loses chosen packets: `segments` of data, by their number and as often as they are named; so many SYNs, SYN-ACKs.

    Keeps all that came by, with whether it was lost.
    """

    def __init__(self, segments: Sequence[int] = (), *, syn: int = 0, syn_ack: int = 0, size: int = 1460) -> None:
        self.left = {"syn": syn, "syn-ack": syn_ack}
        for number in segments:
            self.left[str(number)] = self.left.get(str(number), 0) + 1
        self.size = size
        self.first = 0
        self.seen: list[tuple[str, bool]] = []

    def __call__(self, segment: Seen) -> bool:
        kind = self._kind(segment)
        lost = self.left.get(kind, 0) > 0
        if lost:
            self.left[kind] -= 1
        self.seen.append((kind, lost))
        return lost

    def _kind(self, segment: Seen) -> str:
        if segment.flags & SYN:
            if segment.flags & ACK:
                return "syn-ack"
            self.first = segment.sequence + 1
            return "syn"
        if segment.payload == 0:
            return "ack"
        number, rest = divmod((segment.sequence - self.first) % 2**32, self.size)
        assert rest == 0
        return str(number)
