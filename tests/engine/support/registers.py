"""The protocol's tables, read from the registers of running switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from engine.support.nets import GRID

from contra.engine.build.model import Cell
from contra.engine.held import hops
from contra.engine.simulation import Simulation

UTIL_BITS = 16


@dataclass(frozen=True)
class Entry:
    """A row of FwdT: the order that its metrics make (docs/protocol.md), where it leads."""

    order: int
    port: int
    next_switch: str
    next_tag: int
    version: int
    seen: int

    @property
    def util(self) -> Fraction:
        """The utilisation, where the class compares that last or alone."""
        return Fraction(self.order & ((1 << UTIL_BITS) - 1), GRID)


class Tables:
    """FwdT and BestT of one switch, as the layout in the manifest has them."""

    def __init__(self, simulation: Simulation, switch: str) -> None:
        self.topology = simulation.topology
        self.index = self.topology.by_name[switch]
        self.state = simulation.states[self.index]
        built = simulation.build.switches[self.index]
        self.cells: Mapping[str, Cell] = {cell.name: cell for cell in built.program.row.cells}
        self.port_of_hop = {hop: port for port, hop in hops(built.entries).items()}
        self.tag_bits = dict(self.cells["fwd_next"].fields).get("tag", 0)
        self.pid_bits = (len(simulation.build.manifest.orders) - 1).bit_length()

    def field(self, cell: str, index: int) -> dict[str, int]:
        """A cell of a register by fields; the manifest lists them from the most significant down."""
        value, found = self.state.read_register(cell, index), {}
        for name, bits in reversed(self.cells[cell].fields):
            found[name] = value & ((1 << bits) - 1)
            value >>= bits
        return found

    def fwd(self, destination: str) -> dict[tuple[int, int], Entry]:
        """(tag, pid) -> entry for a destination; cleared cells are no entries."""
        low = self.tag_bits + self.pid_bits
        first = self.topology.by_name[destination] << low
        ports = {port.number: self.topology.switches[port.peer].label for port in self.topology.ports[self.index]}
        merit_bits = dict(self.cells["fwd_rank"].fields)["merit"]
        found = {}
        for key in range(1 << low):
            rank, next_ = self.field("fwd_rank", first + key), self.field("fwd_next", first + key)
            if next_["hop"]:
                assert {name: rank[name] for name in next_} == next_, "fwd_rank and fwd_next name different next hops"
                port = self.port_of_hop[next_["hop"]]
                found[key >> self.pid_bits, key & ((1 << self.pid_bits) - 1)] = Entry(
                    order=rank["merit"] ^ ((1 << merit_bits) - 1),
                    port=port,
                    next_switch=ports[port],
                    next_tag=next_.get("tag", 0),
                    version=self.field("fwd_version", first + key)["version"],
                    seen=self.field("fwd_seen", first + key)["time"],
                )
        return found

    def best(self, destination: str) -> tuple[int, int] | None:
        """(tag, pid) of BestT, None where nothing but inf is known."""
        found = self.field("best_route", self.topology.by_name[destination])
        return (found.get("tag", 0), found.get("pid", 0)) if found["merit"] else None

    def best_rank(self, destination: str) -> int:
        """The packed rank of BestT."""
        bits = dict(self.cells["best_route"].fields)["merit"]
        return self.field("best_route", self.topology.by_name[destination])["merit"] ^ ((1 << bits) - 1)
