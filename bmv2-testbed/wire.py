"""What packets did, from a capture of links: the path of every packet, and whether the policy allows it.

    contra net capture -o links.pcapng --for 60s
    python bmv2-testbed/wire.py BUILD links.pcapng

Needs scapy (`pip install 'contrac[testbed]'`). Hops of one packet are brought together by its bytes behind the shim,
which no switch changes, and ordered by the TTL in the shim, which every switch lowers by one.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter
from contra.engine.build import Build, load
from contra.engine.inputs import at_rest
from contra.engine.policy import policy_of
from contra.interp import INF, Edge, network_of, rank
from contra.p4.typed import Bits, HeaderType

SHIM, PROBE, IPV4 = 0x88B6, 0x88B5, 0x0800
ETHERNET_BYTES = 14
LEAST_FRAME = 60
ETHERNET_EXTRA = 24
"""Check sum, preamble and the gap between frames (IEEE 802.3)."""
FIRST_BYTES = 48
"""Of IPv4 packets, that are kept: the headers and the numbers of our own datagrams."""
_BEFORE_TAG, _BEHIND_TAG, _TTL = 4, 4, 8


@dataclass(frozen=True, slots=True)
class Hop:
    """A packet as it came in at a switch."""

    time: float
    """Seconds, of the capture."""
    interface: str
    ttl: int
    destination: int
    tag: bytes
    """Tag and pid as they are in the shim; empty where it has no tag."""


@dataclass(slots=True)
class Amount:
    """Frames, and their bytes."""

    frames: int = 0
    bytes: int = 0
    on_ethernet: int = 0
    """Bytes that they would take on a real wire: padded, with check sum, preamble and gap."""

    def add(self, length: int) -> None:
        """Count a frame of this length, without check sum."""
        self.frames += 1
        self.bytes += length
        self.on_ethernet += max(length, LEAST_FRAME) + ETHERNET_EXTRA


@dataclass(frozen=True, slots=True)
class Frames:
    """A capture, read."""

    packets: Mapping[bytes, list[Hop]]
    """Hops by what identifies a packet."""
    first: Mapping[bytes, bytes]
    """The beginning of its IPv4 packet. The TTL there is one more than that of the shim on the first link."""
    probes: Mapping[str, Amount]
    """By interface that received them."""
    data: Mapping[str, Amount]
    seconds: float


@dataclass(frozen=True, slots=True)
class PacketPath:
    """The way of one packet between switches."""

    ports: tuple[tuple[int, int], ...]
    """(switch, port) that it left by, in order."""
    switches: tuple[int, ...]
    start: float
    end: float
    arrived: bool
    complete: bool
    """Whether the capture has every hop of it."""
    loops: bool
    """Whether it came to a switch twice with the same tag."""
    first: bytes
    """The beginning of its IPv4 packet."""


@dataclass(frozen=True, slots=True)
class Shim:
    """The shim of a build."""

    length: int
    """In bytes."""
    tagged: bool
    """Whether it has a tag: whether any switch is more than one product node."""


def shim_of(build: Build) -> Shim:
    """As the programs of a build have it."""
    program = next(iter(build.programs.values())).typed
    header = next(each.type for each in program.headers.fields if each.name == "shim")
    assert isinstance(header, HeaderType)
    bits = sum(field.type.width for field in header.fields if isinstance(field.type, Bits))
    return Shim(bits // 8, any(field.name == "tag" for field in header.fields))


def read_frames(capture: Path, shim: Shim) -> Frames:
    """Read a pcapng file with one interface per port."""
    from scapy.utils import RawPcapNgReader

    packets: dict[bytes, list[Hop]] = defaultdict(list)
    first: dict[bytes, bytes] = {}
    probes: dict[str, Amount] = defaultdict(Amount)
    data: dict[str, Amount] = defaultdict(Amount)
    begin, now, behind = None, 0.0, ETHERNET_BYTES + shim.length
    with RawPcapNgReader(str(capture)) as reader:
        frame: bytes
        about: Any  # what scapy says of it depends on the kind of file
        for frame, about in reader:
            now = ((about.tshigh << 32) + about.tslow) / about.tsresol
            begin = now if begin is None else begin
            interface, kind = _text(about.ifname), int.from_bytes(frame[12:14], "big")
            (probes if kind == PROBE else data)[interface].add(about.wirelen)
            if kind != SHIM or int.from_bytes(frame[behind - 2 : behind], "big") != IPV4:
                continue
            key = blake2b(frame[behind:], digest_size=12).digest()
            packets[key].append(_hop(frame[ETHERNET_BYTES:behind], now, interface, shim.tagged))
            first.setdefault(key, frame[behind : behind + FIRST_BYTES])
    return Frames(packets=packets, first=first, probes=probes, data=data, seconds=now - (begin or 0.0))


def _hop(shim: bytes, now: float, interface: str, tagged: bool) -> Hop:
    tag = shim[_BEFORE_TAG:-_BEHIND_TAG] if tagged else b""
    return Hop(now, interface, shim[1], int.from_bytes(shim[2:4], "big"), tag)


def paths(build: Build, frames: Frames, interfaces: Mapping[str, tuple[int, int]]) -> Iterator[PacketPath]:
    """The path of every packet; `interfaces` are (switch, port) by the name of the interface there."""
    topology = build.topology
    peer = {(s, p.number): (p.peer, p.peer_port) for s, row in enumerate(topology.ports) for p in row}
    for key, hops in frames.packets.items():
        for group in _packets(sorted(hops, key=lambda hop: hop.time)):
            into = [interfaces[hop.interface] for hop in group]
            left = [peer[place] for place in into]
            joined = all(a[0] == b[0] for a, b in zip(into, left[1:], strict=False))
            steps = all(a.ttl - b.ttl == 1 for a, b in pairwise(group))
            yield PacketPath(
                ports=tuple(left),
                switches=(left[0][0], *(switch for switch, _ in into)),
                start=group[0].time,
                end=group[-1].time,
                arrived=into[-1][0] == group[-1].destination,
                complete=joined and steps and group[0].ttl == frames.first[key][_TTL] - 1,
                loops=_loops(left[0][0], [(switch, hop.tag) for (switch, _), hop in zip(into, group, strict=True)]),
                first=frames.first[key],
            )


class Rules:
    """Whether the policy gives a path a finite rank, whatever the metrics: asked once per path."""

    def __init__(self, build: Build) -> None:
        self._build = build
        policy = policy_of(build)
        assert policy is not None
        self._policy = policy
        network = network_of(build.topology, at_rest(build.topology))
        self._edges: dict[tuple[str, int], Edge] = {(edge.source, edge.port): edge for edge in network.edges}
        self._known: dict[tuple[tuple[int, int], ...], bool] = {}

    def __call__(self, ports: tuple[tuple[int, int], ...]) -> bool:
        """Of a path as (switch, port) left by."""
        if ports not in self._known:
            names = self._build.topology.switches
            walk = tuple(self._edges[names[switch].name, port] for switch, port in ports)
            self._known[ports] = rank(self._policy, walk) != INF
        return self._known[ports]


def interfaces_of(build: Build) -> dict[str, tuple[int, int]]:
    """(switch, port) by interface, as `contra net` names them."""
    from contra.deploy.plan import interface_names

    return {name: place for place, name in interface_names(build.topology).items()}


def _loops(start: int, nodes: list[tuple[int, bytes]]) -> bool:
    """Whether a product node comes twice. The tag at the first switch is not on the wire."""
    tags = any(tag for _, tag in nodes)
    visited = nodes if tags else [(start, b""), *nodes]
    return len(set(visited)) < len(visited)


def _packets(hops: list[Hop]) -> Iterator[list[Hop]]:
    """Hops in order of time, cut where the TTL does not fall: another packet with the same bytes."""
    group: list[Hop] = []
    for hop in hops:
        if group and hop.ttl >= group[-1].ttl:
            yield group
            group = []
        group.append(hop)
    if group:
        yield group


def _text(name: str | bytes) -> str:
    return (name if isinstance(name, str) else name.decode()).strip("\0")


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of packets, and what the policy says to it."""

    packets: int
    arrived: int
    """At their last switch; these are judged."""
    lost: int
    """On the way, as cut links and full queues do."""
    incomplete: int
    """Not judged: the capture lacks hops of theirs."""
    loops: int
    """Came to a switch twice with the same tag; they may have arrived."""
    different_paths: int
    violations: Mapping[str, int]
    """Packets by path, where the policy does not allow it."""


def judge(build: Build, found: Iterable[PacketPath]) -> Judged:
    """Ask the policy about the path of each packet that arrived."""
    rules, names = Rules(build), [switch.name for switch in build.topology.switches]
    counts: Counter[str] = Counter()
    used: set[tuple[tuple[int, int], ...]] = set()
    bad: Counter[str] = Counter()
    for path in found:
        counts["packets"] += 1
        fate = "incomplete" if not path.complete else "arrived" if path.arrived else "lost"
        counts[fate] += 1
        counts["loops"] += path.loops
        if fate == "arrived":
            used.add(path.ports)
            bad["-".join(names[switch] for switch in path.switches)] += not rules(path.ports)
    return Judged(
        packets=counts["packets"],
        arrived=counts["arrived"],
        lost=counts["lost"],
        incomplete=counts["incomplete"],
        loops=counts["loops"],
        different_paths=len(used),
        violations={way: number for way, number in bad.items() if number},
    )


def main() -> int:
    """Print what was found; 1 if a packet broke the policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("capture", type=Path)
    arguments = parser.parse_args()
    build = load(arguments.build, Reporter())
    frames = read_frames(arguments.capture, shim_of(build))
    found = judge(build, paths(build, frames, interfaces_of(build)))
    probes = sum(each.frames for each in frames.probes.values())
    rows = [
        ("packets", found.packets),
        ("arrived", found.arrived),
        ("lost on the way", found.lost),
        ("not seen on every link", found.incomplete),
        ("in a loop", found.loops),
        ("different paths", found.different_paths),
        ("against the policy", sum(found.violations.values())),
        ("probes", f"{probes} with {sum(each.bytes for each in frames.probes.values())} bytes"),
    ]
    rows += [(f"  {way}", number) for way, number in found.violations.items()]
    sys.stdout.write("".join(f"{name:<26} {value}\n" for name, value in rows))
    return 1 if found.violations else 0


if __name__ == "__main__":
    sys.exit(main())
