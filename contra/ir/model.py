"""The switch programs, target-neutral: what a back end has to print, with every decision taken.

Nothing here knows v1model. A `SwitchProgram` depends on the policy's shape and on sizes only; what depends on the
topology stands in the `RuntimeEntry`s of a `SwitchConfig`. Widths are bits. All arithmetic is on unsigned integers of
stated width and is proved not to wrap by `contra.ir.verify`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from contra.check.model import Combine
from contra.options import ProtocolOptions
from contra.product.graph import ProductGraph


class Role(Enum):
    """What a switch has to do. Switches of one role run one program."""

    DESTINATION = "destination"
    """Starts probes, takes packets from hosts and delivers to them."""
    TRANSIT = "transit"
    """Passes probes and packets on."""


@dataclass(frozen=True, slots=True)
class Field:
    """A header or cell field: name, width in bits, what it is."""

    name: str
    bits: int
    doc: str


@dataclass(frozen=True, slots=True)
class Header:
    """A packet header, fields in wire order; whole bytes in all."""

    name: str
    title: str
    fields: tuple[Field, ...]

    @property
    def bits(self) -> int:
        """Size on the wire."""
        return sum(field.bits for field in self.fields)


@dataclass(frozen=True, slots=True)
class ProbeMetric:
    """An attribute as probes carry it: a count of steps of `step` base units, unsigned, saturating at `limit`."""

    name: str
    bits: int
    combine: Combine
    step: Fraction
    """Base units (see `contra.check.model`) per count."""
    limit: int
    unit: str
    """The step in words, e.g. "1/50000 of the capacity"."""

    @property
    def field(self) -> str:
        """Name of the probe's header field; declared attributes cannot collide with our own fields."""
        return self.name if self.name in ("len", "lat", "util") else f"attr_{self.name}"

    @property
    def start(self) -> int:
        """Value at the destination, before any link."""
        return self.limit if self.combine is Combine.MIN else 0


@dataclass(frozen=True, slots=True)
class IntegerForm:
    """constant + sum of factor * metric, in integers. Factors are negative only for `min` attributes."""

    constant: int
    terms: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """One field of a rank word: the largest of the alternatives, cut off at `ceiling`, in `bits` bits."""

    bits: int
    alternatives: tuple[IntegerForm, ...]
    ceiling: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it is a single sum."""
        return len(self.alternatives) == 1 and self.ceiling is None


@dataclass(frozen=True, slots=True)
class RankWord:
    """Components most significant first, so that comparing words compares tuples lexicographically. All ones is inf."""

    components: tuple[Component, ...]

    @property
    def bits(self) -> int:
        """Width of the packed word."""
        return sum(component.bits for component in self.components)


@dataclass(frozen=True, slots=True)
class RankCase:
    """A line of the decision table: for paths under `rule` whose metrics lie in all `ranges`, the rank is `word`."""

    rule: int
    ranges: tuple[tuple[str, int, int], ...]
    """(metric, least, greatest) counts, inclusive."""
    word: RankWord | None
    """None is inf."""
    clause: int
    """Index into `Deployment.clauses`."""
    pid: int | None = None
    """The probe class that finds the optimum of this branch; routes of others are a last resort, worse than all
    finite ranks. (An entry is exact in the metrics that its class compares, and may be stale in others: see
    docs/analysis.md.)"""


@dataclass(frozen=True, slots=True)
class ProbeOrder:
    """The order by which probes of one class compete."""

    pid: int
    word: RankWord
    text: str


@dataclass(frozen=True, slots=True)
class Cell:
    """State that packets read and write: a register array. A packet accesses a cell at most once per pass."""

    name: str
    index: str
    """What indexes it, in words."""
    index_bits: int
    fields: tuple[Field, ...]
    doc: str
    egress: bool = False

    @property
    def slots(self) -> int:
        """Number of entries, a power of two."""
        return 1 << self.index_bits

    @property
    def width(self) -> int:
        """Bits of an entry."""
        return sum(field.bits for field in self.fields)

    @property
    def state_bits(self) -> int:
        """Bits of the whole array."""
        return self.slots * self.width


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a packet: a table look-up, a cell access or arithmetic; it needs the results of `after`."""

    name: str
    kind: str
    """"table", "cell" or "alu"."""
    after: tuple[str, ...] = ()
    comparisons: int = 0
    writes: bool = False
    egress: bool = False
    stages: int = 1
    """Stages in a row that it takes: its dependent operations."""


@dataclass(frozen=True, slots=True)
class Pass:
    """The steps of one way through the pipeline, in order."""

    name: str
    doc: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class AccessPlan:
    """Every cell of the program in its one total order, and each pass that visits them in that order."""

    cells: tuple[Cell, ...]
    passes: tuple[Pass, ...]


@dataclass(frozen=True, slots=True)
class Widths:
    """Widths that the whole network shares."""

    destination: int
    """Bits of a destination id as an index."""
    tag: int
    pid: int
    hop: int
    neighbours: int
    """Bits that number the neighbours of a switch, none included: index of per-link cells."""
    rule: int
    clock: int = 32
    version: int = 16
    flow: int = 16
    hosts: int = 8
    """Low bits of an address that number hosts within a switch."""

    @property
    def key(self) -> int:
        """Bits of tag and pid together."""
        return self.tag + self.pid

    @property
    def route(self) -> int:
        """Bits of an FwdT index: destination, tag, pid."""
        return self.destination + self.key


PIN_BITS = 16
"""Bits of the time when a flowlet was pinned. Its packets keep asking for its age, so the wrap does no harm."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Times of the data plane, in ticks of 2^shift microseconds; ages are differences modulo 2^width."""

    shift: int
    probe_period: int
    takeover_age: int
    expiry_age: int
    failure_age: int
    pin_age: int
    """In PIN_BITS."""
    flowlet_timeout: int
    tau_bits: int
    """The utilisation estimate decays over 2^tau_bits ticks."""

    @property
    def tick_us(self) -> int:
        """Microseconds per tick."""
        return 1 << self.shift


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchProgram:
    """Everything that a back end needs to print the program of one role."""

    role: Role
    widths: Widths
    clock: Clock
    options: ProtocolOptions
    metrics: tuple[ProbeMetric, ...]
    orders: tuple[ProbeOrder, ...]
    order_bits: int
    cases: tuple[RankCase, ...]
    rank_bits: int
    headers: tuple[Header, ...]
    plan: AccessPlan
    table_sizes: tuple[tuple[str, int], ...]
    cpu_port: int
    says_hello: bool
    """Whether some switch needs hellos: its own probes do not reach every neighbour that it tells of others."""

    @property
    def name(self) -> str:
        """Identifier of the program within a build."""
        return self.role.value

    @property
    def measures_load(self) -> bool:
        """Whether links have to be measured: the policy uses `path.util`."""
        return any(metric.name == "util" for metric in self.metrics)

    @property
    def link_metrics(self) -> tuple[ProbeMetric, ...]:
        """Metrics whose value per link is configured: everything but `len` and `util`."""
        return tuple(metric for metric in self.metrics if metric.name not in ("len", "util"))

    @property
    def query_value_bits(self) -> int:
        """Width of the value in a query: the widest cell, in whole bytes."""
        query = next(header for header in self.headers if header.name == "query")
        return next(field.bits for field in query.fields if field.name == "value")

    @property
    def has_best(self) -> bool:
        """Whether BestT exists: first hops choose among several (tag, pid), or a rank may turn inf."""
        return any(cell.name == "best_route" for cell in self.plan.cells)

    @property
    def state_bits(self) -> int:
        """Bits of all cells."""
        return sum(cell.state_bits for cell in self.plan.cells)


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of the policy that entries come from."""

    index: int
    text: str
    file: str
    line: int
    column: int


class Provenance(NamedTuple):
    """Why an entry exists; None or empty where it does not apply. (A NamedTuple: networks have millions.)"""

    rules: tuple[int, ...] = ()
    """Rank rules that the entry serves; the manifest maps them to clauses and regexes."""
    node: int | None = None
    """Product node, by index."""
    link: int | None = None
    destination: int | None = None
    """Destination switch, by index."""
    host: int | None = None


class RuntimeEntry(NamedTuple):
    """One entry of one table. Match values are integers, or (value, prefix length) for longest prefixes."""

    table: str
    match: tuple[tuple[str, int | tuple[int, int]], ...]
    action: str
    params: tuple[tuple[str, int], ...]
    provenance: Provenance
    is_default: bool = False


class MulticastGroup(NamedTuple):
    """A replication group: (egress port, instance) each."""

    group: int
    replicas: tuple[tuple[int, int], ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class SwitchConfig:
    """What one switch is loaded with beside its program."""

    switch: int
    program: str
    entries: tuple[RuntimeEntry, ...]
    groups: tuple[MulticastGroup, ...]


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The programs, and a function of a switch that gives its configuration (made on demand: networks are large)."""

    graph: ProductGraph
    options: ProtocolOptions
    programs: tuple[SwitchProgram, ...]
    clauses: tuple[Clause, ...]
    roles: tuple[Role, ...]
    """Per switch."""

    def program_of(self, switch: int) -> SwitchProgram:
        """The program that a switch runs."""
        role = self.roles[switch]
        return next(program for program in self.programs if program.role is role)
