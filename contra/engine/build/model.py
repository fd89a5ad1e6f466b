"""A build as the engine has it: frozen, checked, every name resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from contra.p4.runtime import SwitchEntries
from contra.p4.typed import Program
from contra.source import SourceFile
from contra.topology.model import Switch, Topology

CONTRA = "contra"
"""The scheme of builds that contrac makes of a policy."""
FORWARDING = "fwd_next"
"""The register of next hops, of programs that learn them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """The constants of the protocol. Times in microseconds."""

    probe_period_us: int
    flowlet_timeout_us: int
    expiry_periods: int
    failure_periods: int
    pin_periods: int
    loop_threshold: int
    flowlet_slots: int
    clock_tick_us: int
    cpu_port: int
    authenticate: bool = False
    """Whether switches need the key of the network's probes, in their table `probe_key`."""


@dataclass(frozen=True, slots=True)
class Input:
    """A policy or topology as the user named it, and the SHA-256 of what was read."""

    kind: str
    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Metric:
    """What probes carry: header field, bits, how it combines along a path ("sum", "max", "min"), unit of a count."""

    name: str
    field: str
    bits: int
    combine: str
    unit: str


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the policy that ranks come from."""

    file: str
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch of a rank rule: the first whose `condition` holds counts ("" always holds).

    `rank` are its components as text, `("inf",)` for inf; `pid` is the class that finds it, `clause` an index.
    """

    condition: str
    rank: tuple[str, ...]
    pid: int | None
    clause: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A rank rule, and the regexes (indices) that bring it about somewhere in the network."""

    branches: tuple[Branch, ...]
    regexes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A state array of a program; `fields` are (name, bits), most significant first."""

    name: str
    slots: int
    bits: int
    index: str
    fields: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ProgramRow:
    """A program as the manifest lists it."""

    name: str
    file: str
    sha256: str
    role: str
    cells: tuple[Cell, ...]
    rank_bits: int
    """Bits of a packed rank."""
    rank_components: tuple[int, ...]
    """Bits of its components, most significant first."""
    query_value_bits: int = 0
    """Bits of the value in a query packet; 0 where the program answers none."""


@dataclass(frozen=True, slots=True)
class SwitchRow:
    """A switch as the manifest lists it."""

    name: str
    label: str
    index: int
    program: str
    p4: str
    runtime: str
    sha256: str
    """Of the runtime entries."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """`manifest.json`. Regexes and classes are texts by index and pid."""

    file: SourceFile = field(repr=False)
    scheme: str
    """`contra`, or that of a baseline."""
    inputs: tuple[Input, ...]
    policy: str | None
    """File of the policy; None in builds of other schemes, which have none."""
    policy_sha256: str
    topology: str
    topology_sha256: str
    constants: Constants
    metrics: tuple[Metric, ...]
    orders: tuple[str, ...]
    clauses: tuple[Clause, ...]
    regexes: tuple[str, ...]
    rules: tuple[Rule, ...]
    drop_reasons: tuple[str, ...]
    programs: Mapping[str, ProgramRow]
    switches: Mapping[str, SwitchRow]

    @property
    def learns(self) -> bool:
        """Whether switches learn next hops from probes; else all ways stand in table entries."""
        return any(cell.name == FORWARDING for program in self.programs.values() for cell in program.cells)


@dataclass(frozen=True, eq=False)
class BuiltProgram:
    """A program that switches run."""

    row: ProgramRow
    source: SourceFile = field(repr=False)
    typed: Program = field(repr=False)


@dataclass(frozen=True, eq=False)
class BuiltSwitch:
    """A switch with its program and what is loaded into it."""

    switch: Switch
    program: BuiltProgram
    entries: SwitchEntries = field(repr=False)


@dataclass(frozen=True, eq=False)
class Build:
    """A whole build. `switches` are in the order of the topology."""

    folder: Path
    manifest: Manifest
    policy: SourceFile | None
    """In canonical form; None where the scheme has none."""
    topology: Topology
    programs: Mapping[str, BuiltProgram]
    switches: tuple[BuiltSwitch, ...]
