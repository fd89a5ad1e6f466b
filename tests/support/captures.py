"""Captures made by hand: frames as the links of a diamond would carry them, written as pcapng by scapy."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

from hostside import payload
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.utils import PcapNgWriter

# topologies/diamond.json: links A-B, A-C, B-D, C-D; ports count up per switch, the links' first
INTO = {
    ("A", "B"): "B-eth1",
    ("B", "A"): "A-eth1",
    ("A", "C"): "C-eth1",
    ("C", "A"): "A-eth2",
    ("B", "D"): "D-eth1",
    ("D", "B"): "B-eth2",
    ("C", "D"): "D-eth2",
    ("D", "C"): "C-eth2",
}
"""The interface at which a frame comes in, by (sender, receiver)."""
NUMBER = {"A": 0, "B": 1, "C": 2, "D": 3}
MAC = "02:00:00:00:00:01"
IP_TTL = 64
STEP_S = 0.001
"""From switch to switch."""

Frame = tuple[float, str, bytes]
"""Time, interface, bytes."""


def datagram(flow: int, sequence: int, source: str = "A", target: str = "D", protocol_ttl: int = IP_TTL) -> Any:
    """A numbered datagram between the hosts of two switches."""
    addresses = {"src": f"10.0.{NUMBER[source]}.2", "dst": f"10.0.{NUMBER[target]}.2"}
    return IP(ttl=protocol_ttl, **addresses) / UDP(sport=4000, dport=7000) / payload(flow, sequence, 0, 40)


def shim(ttl: int, target: str, tag: int | None = None) -> bytes:
    """As docs/protocol.md has it: format, TTL, destination, tag and pid if any, flow, type of what follows."""
    middle = b"" if tag is None else bytes([tag << 7])
    return bytes([1, ttl]) + NUMBER[target].to_bytes(2, "big") + middle + b"\x12\x34" + b"\x08\x00"


def hops(
    way: str, packet: Any, start: float, tags: Iterable[int] | None = None, target: str | None = None
) -> list[Frame]:
    """The frames of a packet that goes a way, such as "ABD": one for each link, as they are received."""
    found = []
    marks = iter(tags) if tags is not None else None
    for index, (a, b) in enumerate(pairwise(way)):
        head = shim(packet.ttl - 1 - index, target or way[-1], None if marks is None else next(marks))
        frame = bytes(Ether(src=MAC, dst=MAC, type=0x88B6)) + head + bytes(packet)
        found.append((start + index * STEP_S, INTO[a, b], frame))
    return found


def probe(time: float, a: str, b: str, size: int = 9) -> Frame:
    """A probe over a link; what is in it does not matter here."""
    return time, INTO[a, b], bytes(Ether(src=MAC, dst="01:80:c2:00:00:0e", type=0x88B5)) + bytes(size)


def arp(time: float, a: str, b: str) -> Frame:
    """A request that is carried like any packet."""
    head = shim(63, b)[:-2] + b"\x08\x06"
    return time, INTO[a, b], bytes(Ether(src=MAC, dst=MAC, type=0x88B6)) + head + bytes(ARP())


def write(file: Path, frames: Iterable[Frame]) -> Path:
    """A pcapng file with an interface per port, frames in order of time."""
    writer = PcapNgWriter(str(file))
    for time, interface, data in sorted(frames):
        packet = Ether(data)
        packet.time, packet.sniffed_on = time, interface
        writer.write(packet)
    writer.close()
    return file
