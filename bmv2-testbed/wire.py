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

from contra.diagnostics import Reporter
from contra.engine.build import Build, load
from contra.engine.inputs import at_rest
from contra.engine.policy import policy_of
from contra.interp import INF, Edge, network_of, rank
from contra.p4.typed import Bits, HeaderType

SHIM, PROBE, IPV4 = 0x88B6, 0x88B5, 0x0800
ETHERNET_BYTES = 14


@dataclass(frozen=True, slots=True)
class Hop:
    """A packet as it came in at a switch."""

    time: float
    """Seconds, of the capture."""
    interface: str
    ttl: int
    destination: int


@dataclass(frozen=True, slots=True)
class Frames:
    """A capture, read."""

    packets: Mapping[bytes, list[Hop]]
    """Hops by what identifies a packet."""
    first_ttl: Mapping[bytes, int]
    """TTL of its IPv4 header: that of the shim on the first link is one less."""
    probes: int
    probe_bytes: int
    data: int
    data_bytes: int
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


def shim_bytes(build: Build) -> int:
    """Length of the shim in this build."""
    program = next(iter(build.programs.values())).typed
    header = next(each.type for each in program.headers.fields if each.name == "shim")
    assert isinstance(header, HeaderType)
    return sum(field.type.width for field in header.fields if isinstance(field.type, Bits)) // 8


def read_frames(capture: Path, shim: int) -> Frames:
    """Read a pcapng file with one interface per port."""
    from scapy.utils import RawPcapNgReader

    packets: dict[bytes, list[Hop]] = defaultdict(list)
    first_ttl: dict[bytes, int] = {}
    counts: Counter[str] = Counter()
    first, last = None, 0.0
    with RawPcapNgReader(str(capture)) as reader:
        for data, about in reader:
            last = ((about.tshigh << 32) + about.tslow) / about.tsresol
            first = last if first is None else first
            kind = int.from_bytes(data[12:14], "big")
            counts["probes" if kind == PROBE else "data"] += 1
            counts["probe bytes" if kind == PROBE else "data bytes"] += about.wirelen
            behind = ETHERNET_BYTES + shim
            if kind != SHIM or int.from_bytes(data[behind - 2 : behind], "big") != IPV4:
                continue
            key = blake2b(data[behind:], digest_size=12).digest()
            ttl, destination = data[15], int.from_bytes(data[16:18], "big")
            packets[key].append(Hop(last, _text(about.ifname), ttl, destination))
            first_ttl[key] = data[behind + 8]
    return Frames(
        packets=packets,
        first_ttl=first_ttl,
        probes=counts["probes"],
        probe_bytes=counts["probe bytes"],
        data=counts["data"],
        data_bytes=counts["data bytes"],
        seconds=last - (first or 0.0),
    )


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
                complete=joined and steps and group[0].ttl == frames.first_ttl[key] - 1,
            )


class Rules:
    """Whether the policy gives a path a finite rank, whatever the metrics: asked once per path."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._policy = policy_of(build)
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


def report(build: Build, found: Iterable[PacketPath]) -> dict[str, object]:
    """Counts, and the paths that the policy does not allow."""
    rules = Rules(build)
    counts: Counter[str] = Counter()
    used: Counter[tuple[int, ...]] = Counter()
    bad: Counter[tuple[int, ...]] = Counter()
    for path in found:
        counts["packets"] += 1
        if not path.complete:
            counts["not seen on every link"] += 1
            continue
        if not path.arrived:
            counts["lost on the way"] += 1
            continue
        counts["arrived"] += 1
        used[path.switches] += 1
        if not rules(path.ports):
            bad[path.switches] += 1
    names = [switch.name for switch in build.topology.switches]
    return {
        **{each: counts[each] for each in ("packets", "arrived", "lost on the way", "not seen on every link")},
        "different paths": len(used),
        "against the policy": sum(bad.values()),
        "paths against the policy": {"-".join(names[s] for s in way): n for way, n in bad.most_common(20)},
    }


def main() -> int:
    """Print the report; 1 if a packet broke the policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("capture", type=Path)
    arguments = parser.parse_args()
    build = load(arguments.build, Reporter())
    frames = read_frames(arguments.capture, shim_bytes(build))
    found = report(build, paths(build, frames, interfaces_of(build)))
    for name, value in found.items():
        sys.stdout.write(f"{name:<26} {value}\n")
    sys.stdout.write(f"{'probes':<26} {frames.probes} with {frames.probe_bytes} bytes\n")
    return 1 if found["against the policy"] else 0


if __name__ == "__main__":
    sys.exit(main())
