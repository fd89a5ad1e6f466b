"""Declarations of the typed program: variables, state, tables, controls, the parser, the program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from contra.p4.typed.types import Bits, Direction, HeaderType, StructType, Type
from contra.source import Span

if TYPE_CHECKING:
    from contra.p4.typed.expressions import Expression
    from contra.p4.typed.statements import Statement


@dataclass(frozen=True, eq=False)
class Variable:
    """A local variable or a parameter; `direction` is empty for locals and for action data."""

    name: str
    type: Type
    span: Span
    direction: Direction = ""


@dataclass(frozen=True, eq=False)
class Register:
    """`register<bit<W>>(size)`; `name` is the control plane's: instance path and name."""

    name: str
    cell: Bits
    size: int
    span: Span


@dataclass(frozen=True, eq=False)
class Counter:
    """`counter(size, kind)`."""

    name: str
    size: int
    kind: Literal["packets", "bytes", "packets_and_bytes"]
    span: Span


@dataclass(frozen=True, eq=False)
class Action:
    """An action. `parameters` without direction are action data, given by the entry; the others by the caller."""

    name: str
    parameters: tuple[Variable, ...]
    body: tuple[Statement, ...]
    span: Span

    @property
    def data(self) -> tuple[Variable, ...]:
        """The parameters that an entry gives."""
        return tuple(parameter for parameter in self.parameters if parameter.direction == "")


MatchKind = Literal["exact", "lpm", "ternary", "range", "optional"]


@dataclass(frozen=True, eq=False)
class Key:
    """One key of a table; `name` is the control plane's."""

    expression: Expression
    match: MatchKind
    name: str


@dataclass(frozen=True, eq=False)
class ActionUse:
    """An action as listed by a table; `arguments` bind its directed parameters (almost always none)."""

    action: Action
    arguments: tuple[Expression, ...] = ()
    default_only: bool = False
    table_only: bool = False


@dataclass(frozen=True)
class KeyValue:
    """What one key of a constant entry matches.

    exact: value. ternary, optional: value under mask (mask 0: anything). lpm: value and prefix length.
    range: value to high, both included.
    """

    value: int
    mask: int | None = None
    prefix: int | None = None
    high: int | None = None


@dataclass(frozen=True, eq=False)
class ConstEntry:
    """One of `const entries`; in text order, earlier is preferred. `arguments` are the action data."""

    keys: tuple[KeyValue, ...]
    action: Action
    arguments: tuple[int, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Table:
    """A table; `name` is the control plane's.

    `constant_default`: the control plane may not change the default action. `entries` is None where the control plane
    fills the table.
    """

    name: str
    keys: tuple[Key, ...]
    actions: tuple[ActionUse, ...]
    default: Action
    default_arguments: tuple[int, ...]
    constant_default: bool
    entries: tuple[ConstEntry, ...] | None
    size: int
    span: Span


@dataclass(frozen=True, eq=False)
class Control:
    """One *instance* of a control: its locals, tables, actions and registers are its own.

    `name` is the instance path (`ContraIngress.route`). Variables declared in the control's own scope (outside apply)
    stand as Declare statements at the head of `body`.
    """

    name: str
    parameters: tuple[Variable, ...]
    body: tuple[Statement, ...]
    tables: tuple[Table, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class SelectCase:
    """`(keys): state`; a key is a value, a mask, a range, or None for `_` and `default`."""

    keys: tuple[KeyValue | None, ...]
    target: str
    span: Span


@dataclass(frozen=True, eq=False)
class State:
    """A parser state. `select` is empty for a direct transition to `cases[0].target`.

    Targets are state names, `accept` or `reject`. No case matches: accept without an error, as
    BMv2 does it (P4_16 has error.NoMatch).
    """

    name: str
    body: tuple[Statement, ...]
    select: tuple[Expression, ...]
    cases: tuple[SelectCase, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Parser:
    """The parser: parameters (packet_in left out), locals, and the states by name with `start` among them."""

    name: str
    parameters: tuple[Variable, ...]
    locals: tuple[Statement, ...]
    states: dict[str, State]
    span: Span


@dataclass(frozen=True, eq=False)
class Program:
    """A v1model program. Controls are those of `V1Switch(...)`, in that order.

    Parameters: parser (hdr, meta, std), verify (hdr, meta), ingress and egress (hdr, meta, std), compute (hdr, meta),
    deparser (hdr); packet_in and packet_out are left out. `registers`, `counters` and `tables` are all of the program.
    `errors` are the error constants, NoError first. `packet_in_header` and `packet_out_header` are the header types
    with `@controller_header`, if any.
    """

    headers: StructType
    metadata: StructType
    parser: Parser
    verify: Control
    ingress: Control
    egress: Control
    compute: Control
    deparser: Control
    registers: tuple[Register, ...]
    counters: tuple[Counter, ...]
    tables: tuple[Table, ...]
    errors: tuple[str, ...]
    packet_in_header: HeaderType | None
    packet_out_header: HeaderType | None
