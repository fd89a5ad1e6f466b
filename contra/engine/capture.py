"""Packet captures: the pcap format with nanosecond times (draft-ietf-opsawg-pcap, section 4), little-endian."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NANOSECOND_MAGIC = 0xA1B23C4D
ETHERNET = 1  # LINKTYPE_ETHERNET
LONGEST = 262144
PICOSECONDS = 10**12


@dataclass(frozen=True)
class Packet:
    """A captured packet: when, its first bytes, and how many it had."""

    time_ps: int
    data: bytes
    size: int


def pcap(packets: Iterable[Packet]) -> Iterator[bytes]:
    """The file piece by piece: a header of 24 bytes, then for each packet one of 16 bytes and its data."""
    yield struct.pack("<IHHiIII", NANOSECOND_MAGIC, 2, 4, 0, 0, LONGEST, ETHERNET)
    for packet in packets:
        seconds, rest = divmod(packet.time_ps, PICOSECONDS)
        yield struct.pack("<IIII", seconds, rest // 1000, len(packet.data), packet.size) + packet.data
