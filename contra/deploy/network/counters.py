"""Bytes and packets of interfaces, from /proc/net/dev of this thread's namespace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path("/proc/thread-self/net/dev")


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one interface has carried. Bytes count from the Ethernet header on."""

    received_bytes: int
    received_packets: int
    sent_bytes: int
    sent_packets: int


def read(source: Path = SOURCE) -> dict[str, Traffic]:
    """All interfaces but the loopback, by name."""
    rows = {}
    for line in source.read_text(encoding="ascii", errors="replace").splitlines()[2:]:
        name, _, text = line.rpartition(":")
        values = [int(word) for word in text.split()]
        if name.strip() != "lo":
            rows[name.strip()] = Traffic(values[0], values[1], values[8], values[9])
    return rows
