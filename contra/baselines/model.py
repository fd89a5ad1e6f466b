"""What the schemes have in common, as data: a program that all switches run, and what each is loaded with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contra.ir.model import Cell, Clock, Header, ProbeMetric, SwitchConfig
from contra.options import ProtocolOptions
from contra.topology.model import Topology

Row = dict[str, object]
"""A constant as templates print it."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a program: the control that holds it, and the room in it."""

    name: str
    control: str
    size: int


@dataclass(frozen=True, kw_only=True)
class SchemeProgram:
    """The program of a scheme for one network."""

    title: str
    about: str
    """What the scheme does, for the head of the text."""
    sections: tuple[str, ...]
    """Templates, in order."""
    egress: str = "egress"
    """Template of the egress control."""
    headers: tuple[Header, ...]
    """In wire order."""
    metadata: tuple[tuple[str, str, str], ...]
    """(type, name, what it is)."""
    types: tuple[tuple[str, int, str], ...] = ()
    constants: tuple[tuple[str, tuple[Row, ...]], ...]
    """Groups: title and rows."""
    cells: tuple[Cell, ...] = ()
    tables: tuple[Table, ...]
    drop_reasons: tuple[tuple[str, str], ...]
    metrics: tuple[ProbeMetric, ...] = ()
    """What probes carry; none where there are no probes."""
    view: Mapping[str, Any] = field(default_factory=dict)
    """What the scheme's own templates need beyond that."""

    @property
    def query_value_bits(self) -> int:
        """Bits of the value in a query for a cell; 0 where no query is answered."""
        return max((-(-cell.width // 8) * 8 for cell in self.cells), default=0)

    @property
    def state_bits(self) -> int:
        """Bits of all cells."""
        return sum(cell.state_bits for cell in self.cells)


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A scheme, prepared for a network."""

    scheme: str
    topology: Topology
    options: ProtocolOptions
    clock: Clock
    program: SchemeProgram
    configure: Callable[[int], SwitchConfig]
    """The entries and groups of a switch."""
    constants: Mapping[str, int] = field(default_factory=dict)
    """Those that only this scheme has, by the names that the manifest gives them."""
    unreachable: tuple[tuple[int, int], ...]
    """Pairs (source, destination) without a path."""
