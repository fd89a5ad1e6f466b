"""`--pcap`: a capture file for each port of each switch, written as the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from contra.engine.capture import PICOSECONDS, pcap
from contra.engine.core import layout as at
from contra.engine.simulation import PS_PER_NS, Simulation

HEAD = 16
"""Bytes before each packet in a capture file."""


class PortCaptures:
    """Files SWITCH-PORT.pcap in a folder: what the port sent and received, in order of time."""

    def __init__(self, simulation: Simulation, folder: Path) -> None:
        self._simulation, self.folder = simulation, folder
        self.packets = 0
        self._files: dict[tuple[int, int], Path] = {}
        self._ends: dict[Path, list[tuple[int, int]]] = {}
        for place, link in enumerate(simulation.network.plan.links):
            ends = ((link.source, link.source_port), (link.target, link.target_port))
            for way, (node, port) in zip((at.CAPTURE_SENT, at.CAPTURE_RECEIVED), ends, strict=True):
                if simulation.network.nodes[node] < len(simulation.topology.switches):
                    path = folder / f"{node}-{port}.pcap"
                    self._files[place, way] = path
                    self._ends.setdefault(path, []).append((place, way))

    def start(self) -> None:
        """Make the folder and empty files, and have the network keep its packets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in set(self._files.values()):
            path.write_bytes(b"".join(pcap([])))
        network = self._simulation.network
        for place in range(len(network.plan.links)):
            sent, received = ((place, way) in self._files for way in (at.CAPTURE_SENT, at.CAPTURE_RECEIVED))
            network.capture(place, sent=sent, received=received)

    def where(self) -> dict[str, Any]:
        """For the report: the folder, how many files and packets are in it."""
        return {"folder": str(self.folder), "files": len(set(self._files.values())), "packets": self.packets}

    def write(self) -> None:
        """Append what the journal holds; it has to be emptied afterwards."""
        journal, blob = self._simulation.network.journal, self._simulation.network.arrays["blob"]
        rows = journal.rows(at.J_CAPTURE)[:, 1:7]  # time, link, way, start, held, size
        for path, keys in self._ends.items():
            mine = np.zeros(len(rows), bool)
            for link, way in keys:
                mine |= (rows[:, 1] == link) & (rows[:, 2] == way)
            if mine.any():
                self.packets += int(mine.sum())
                with path.open("ab") as file:
                    file.write(records(rows[mine], blob).tobytes())


def records(rows: Any, blob: Any) -> Any:
    """Packets of a capture file as bytes: for each row (columns as in `write`) a header of 16 bytes and its data.

    What the simulation does not hold of a packet are zeros, and is written too: Wireshark takes a packet that is cut
    off behind the shim for a malformed one.
    """
    times, starts, held, sizes = rows[:, 0], rows[:, 3], rows[:, 4], rows[:, 5]
    seconds, rest = times // PICOSECONDS, times % PICOSECONDS // PS_PER_NS
    heads = np.stack([seconds, rest, sizes, sizes], axis=1).astype("<u4").view(np.uint8)
    ends = np.cumsum(sizes + HEAD)
    places = ends - sizes - HEAD
    data = np.zeros(int(ends[-1]), np.uint8)
    data[places[:, None] + np.arange(HEAD)] = heads
    for size in np.unique(held):
        some, bytes_of = held == size, np.arange(size)
        data[places[some, None] + HEAD + bytes_of] = blob[starts[some, None] + bytes_of]
    return data
