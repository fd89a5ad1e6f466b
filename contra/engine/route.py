"""The way of packets between two switches and its rank: what `contra routes` prints, wherever it was found out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contra.engine.inputs import LinkState
from contra.interp import Edge, Rank, network_of
from contra.topology.model import Topology

Edges = Mapping[tuple[str, int], Edge]
"""Directions of links by the name of the switch and the port where they leave."""


@dataclass(frozen=True)
class Route:
    """What a packet from one switch to another does: the labels of its switches, or None if it is dropped.

    `rank` is None where there is no policy.
    """

    source: str
    target: str
    path: tuple[str, ...] | None
    ports: tuple[int, ...]
    rank: Rank | None

    def json(self) -> dict[str, Any]:
        """As `contra routes --json` prints it."""
        path = None if self.path is None else list(self.path)
        rank = None if self.rank is None else self.rank.json()
        return {"src": self.source, "dst": self.target, "path": path, "rank": rank}


def edges_in(topology: Topology, states: Iterable[LinkState]) -> dict[tuple[str, int], Edge]:
    """The judge's edges, of directions that are up."""
    return {(edge.source, edge.port): edge for edge in network_of(topology, states).edges}
