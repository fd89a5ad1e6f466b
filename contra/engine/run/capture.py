"""`--pcap`: a capture file for each port of each switch, written as the run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from contra.engine.capture import Packet, pcap
from contra.engine.core import layout as at
from contra.engine.results import Journal
from contra.engine.simulation import Simulation

HEADER = 24
"""Bytes of a capture file before the first packet."""


class PortCaptures:
    """Files SWITCH-PORT.pcap in a folder: what the port sent and received, in order of time."""

    def __init__(self, simulation: Simulation, folder: Path) -> None:
        self._simulation, self.folder = simulation, folder
        self.packets = 0
        self._files: dict[tuple[int, int], Path] = {}
        for place, link in enumerate(simulation.network.plan.links):
            ends = ((link.source, link.source_port), (link.target, link.target_port))
            for way, (node, port) in zip((at.CAPTURE_SENT, at.CAPTURE_RECEIVED), ends, strict=True):
                if node in simulation.topology.by_name and not self._is_host(node):
                    self._files[place, way] = folder / f"{node}-{port}.pcap"

    def _is_host(self, node: str) -> bool:
        return self._simulation.network.nodes[node] >= len(self._simulation.topology.switches)

    @property
    def files(self) -> int:
        """How many files there are."""
        return len(set(self._files.values()))

    def start(self) -> None:
        """Make the folder and empty files, and have the network keep its packets."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in set(self._files.values()):
            path.write_bytes(b"".join(pcap([])))
        network = self._simulation.network
        for place in range(len(network.plan.links)):
            sent, received = ((place, way) in self._files for way in (at.CAPTURE_SENT, at.CAPTURE_RECEIVED))
            network.capture(place, sent=sent, received=received)

    def write(self, journal: Journal) -> None:
        """Append what was captured since the last time."""
        found: dict[Path, list[Packet]] = {}
        for link, way, packet in journal.all_captured():
            found.setdefault(self._files[link, way], []).append(packet)
        for path, packets in found.items():
            self.packets += len(packets)
            with path.open("ab") as file:
                file.write(b"".join(pcap(packets))[HEADER:])


def where(captures: PortCaptures) -> dict[str, Any]:
    """For the report."""
    return {"folder": str(captures.folder), "files": captures.files, "packets": captures.packets}
