"""One differential run: what goes into a switch and what came of it, and its form on disk.

Times are microseconds of `ingress_global_timestamp`. A case is complete: program text, entries, register writes before
the first packet, packets. Its outcome is all that can be seen of the switch from outside: frames by port in their
order, every register cell, every counter.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

CPU = 510


@dataclass(frozen=True)
class Packet:
    """A frame into a port. `time` is when it reached the switch; before a run, when it shall (from 0)."""

    port: int
    data: bytes
    time: int


@dataclass(frozen=True)
class Write:
    """A register cell set by the control plane before the first packet."""

    register: str
    index: int
    value: int


@dataclass(frozen=True)
class Case:
    """What goes in. `text` is the P4 program as it runs, instrumented.

    `runtime` has the form of a build's runtime.json. `ports` are all ports that are looked at.
    """

    name: str
    text: str
    runtime: Mapping[str, Any]
    ports: tuple[int, ...]
    packets: tuple[Packet, ...]
    writes: tuple[Write, ...] = ()

    def timed(self, times: tuple[int, ...]) -> Case:
        """The case with the times at which its packets really came in."""
        assert len(times) == len(self.packets), (self.name, len(times), len(self.packets))
        pairs = zip(self.packets, times, strict=True)
        return replace(self, packets=tuple(replace(packet, time=time) for packet, time in pairs))


@dataclass(frozen=True)
class Outcome:
    """What came out. Counters are packets and bytes by index."""

    frames: Mapping[int, tuple[bytes, ...]]
    registers: Mapping[str, tuple[int, ...]]
    counters: Mapping[str, tuple[tuple[int, int], ...]]


@dataclass(frozen=True)
class Record:
    """A case with BMv2's outcome, as it is kept. `source` says how the program is made, `key` is a hash of its code."""

    name: str
    source: Mapping[str, Any]
    key: str
    runtime: Mapping[str, Any]
    ports: tuple[int, ...]
    packets: tuple[Packet, ...]
    writes: tuple[Write, ...]
    outcome: Outcome

    def case(self, text: str) -> Case:
        """The case with the program's text as it is made today."""
        return Case(self.name, text, self.runtime, self.ports, self.packets, self.writes)

    def save(self, folder: Path) -> Path:
        """Write the record; the file."""
        content = {
            "name": self.name,
            "source": dict(self.source),
            "key": self.key,
            "runtime": _without_provenance(self.runtime),
            "ports": self.ports,
            "writes": [[w.register, w.index, w.value] for w in self.writes],
            "packet_ports": [packet.port for packet in self.packets],
            "packet_gaps": _gaps([packet.time for packet in self.packets]),
            "packet_data": [packet.data.hex() for packet in self.packets],
            "frames": {str(port): [data.hex() for data in rows] for port, rows in self.outcome.frames.items()},
            "registers": {name: _sparse(cells) for name, cells in self.outcome.registers.items()},
            "counters": {name: [list(cell) for cell in cells] for name, cells in self.outcome.counters.items()},
        }
        path = folder / f"{self.name}.json.xz"
        text = json.dumps(content, separators=(",", ":"), sort_keys=True)
        path.write_bytes(lzma.compress(text.encode(), format=lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME))
        return path


def load(path: Path) -> Record:
    """Read what `Record.save` wrote."""
    content = json.loads(lzma.decompress(path.read_bytes()))
    times, now = [], 0
    for gap in content["packet_gaps"]:
        now += gap
        times.append(now)
    rows = zip(content["packet_ports"], content["packet_data"], times, strict=True)
    return Record(
        name=content["name"],
        source=content["source"],
        key=content["key"],
        runtime=content["runtime"],
        ports=tuple(content["ports"]),
        packets=tuple(Packet(port, bytes.fromhex(data), time) for port, data, time in rows),
        writes=tuple(Write(*row) for row in content["writes"]),
        outcome=Outcome(
            frames={int(p): tuple(map(bytes.fromhex, rows)) for p, rows in content["frames"].items()},
            registers={name: _dense(*cells) for name, cells in content["registers"].items()},
            counters={name: tuple((a, b) for a, b in cells) for name, cells in content["counters"].items()},
        ),
    )


def _without_provenance(runtime: Mapping[str, Any]) -> dict[str, Any]:
    kept = {}
    for name in ("table_entries", "multicast_group_entries", "clone_session_entries"):
        kept[name] = [{k: v for k, v in row.items() if k != "provenance"} for row in runtime.get(name, [])]
    return kept


def _gaps(times: list[int]) -> list[int]:
    return [now - before for before, now in zip([0, *times], times, strict=False)]


def _sparse(cells: tuple[int, ...]) -> list[Any]:
    """Size, and the cells that are not 0."""
    return [len(cells), {str(index): value for index, value in enumerate(cells) if value}]


def _dense(size: int, values: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(values.get(str(index), 0) for index in range(size))
