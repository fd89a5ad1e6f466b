"""The typed program: what the front end knows of a P4_16 program once every name and width is checked.

`contra.p4.front` makes it from text; `contra.p4.lower` translates it. Names are resolved to the objects that declare
them, constants are folded, every expression has its type, implicit casts are explicit. Declarations are compared by
identity, nodes are never changed after the front end has returned.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contra.source import Span

# ------------------------------------------------------------------------------------------------ types


@dataclass(frozen=True)
class Bits:
    """`bit<width>`, or `int<width>` in two's complement. Widths from 1; a serializable enum is its underlying Bits."""

    width: int
    signed: bool = False

    def __str__(self) -> str:
        return f"{'int' if self.signed else 'bit'}<{self.width}>"


@dataclass(frozen=True)
class Boolean:
    """`bool`."""

    def __str__(self) -> str:
        return "bool"


@dataclass(frozen=True)
class ErrorValue:
    """`error`; values are indices into `Program.errors`."""

    def __str__(self) -> str:
        return "error"


@dataclass(frozen=True)
class EnumType:
    """An enum without underlying type; values are indices into `members`."""

    name: str
    members: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Field:
    """One field of a header or struct. `lists` are the field lists (`@field_list`) that it is in."""

    name: str
    type: Type
    lists: tuple[int, ...] = ()


@dataclass(frozen=True)
class HeaderType:
    """A header: its fields are Bits or Boolean, most significant first on the wire."""

    name: str
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class StructType:
    """A struct of scalars, headers, stacks and structs."""

    name: str
    fields: tuple[Field, ...]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class StackType:
    """A header stack `header[size]`."""

    header: HeaderType
    size: int

    def __str__(self) -> str:
        return f"{self.header}[{self.size}]"


@dataclass(frozen=True)
class TupleType:
    """The type of a `{ ... }` list."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return "{" + ", ".join(str(item) for item in self.items) + "}"


Scalar = Bits | Boolean | ErrorValue | EnumType
Type = Scalar | HeaderType | StructType | StackType | TupleType

Direction = Literal["in", "out", "inout", ""]

# ------------------------------------------------------------------------------------------------ declarations


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


# ------------------------------------------------------------------------------------------------ expressions


@dataclass(frozen=True, eq=False)
class Constant:
    """A value known at compile time: Bits (signed ones negative or not), Boolean (0, 1), enum or error (index)."""

    type: Scalar
    value: int
    span: Span


@dataclass(frozen=True, eq=False)
class VariableRef:
    """A variable or parameter."""

    type: Type
    variable: Variable
    span: Span


@dataclass(frozen=True, eq=False)
class Member:
    """`base.name` of a struct or header."""

    type: Type
    base: Expression
    name: str
    span: Span


@dataclass(frozen=True, eq=False)
class Element:
    """`base[index]` of a header stack; a constant index is within the size."""

    type: HeaderType
    base: Expression
    index: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class StackCursor:
    """`base.next` or `base.last` (a header), in parsers; `base.lastIndex` (bit<32>); `base.size` is folded."""

    type: Type
    base: Expression
    which: Literal["next", "last", "lastIndex"]
    span: Span


@dataclass(frozen=True, eq=False)
class Slice:
    """`base[high:low]`."""

    type: Bits
    base: Expression
    high: int
    low: int
    span: Span


@dataclass(frozen=True, eq=False)
class Unary:
    """`-`, `~`, `!`."""

    type: Scalar
    operator: Literal["-", "~", "!"]
    operand: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Binary:
    """A binary operation. Operands of + - * & | ^ |+| |-| and comparisons have one type, made so by explicit casts.

    `<<`, `>>`: the right operand is an unsigned Bits of any width. `/`, `%`: constant, positive right operand.
    `==` and `!=` also compare whole headers and structs.
    """

    type: Scalar
    operator: str
    left: Expression
    right: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Ternary:
    """`condition ? yes : no`."""

    type: Scalar
    condition: Expression
    yes: Expression
    no: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Cast:
    """A change of width or sign, or between Boolean and bit<1>."""

    type: Scalar
    operand: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class IsValid:
    """`header.isValid()`."""

    type: Boolean
    header: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Lookahead:
    """`packet.lookahead<T>()`; T is Bits or a header type."""

    type: Bits | HeaderType
    span: Span


@dataclass(frozen=True, eq=False)
class PacketLength:
    """`packet.length()`, bytes."""

    type: Bits
    span: Span


@dataclass(frozen=True, eq=False)
class ApplyResult:
    """`table.apply().hit` or `.miss`: applies the table."""

    type: Boolean
    table: Table
    which: Literal["hit", "miss"]
    span: Span


@dataclass(frozen=True, eq=False)
class ListValue:
    """`{ a, b, ... }`."""

    type: TupleType | StructType | HeaderType
    items: tuple[Expression, ...]
    span: Span


Expression = (
    Constant
    | VariableRef
    | Member
    | Element
    | StackCursor
    | Slice
    | Unary
    | Binary
    | Ternary
    | Cast
    | IsValid
    | Lookahead
    | PacketLength
    | ApplyResult
    | ListValue
)

# ------------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, eq=False)
class Declare:
    """A local variable; without `initial` its value is undefined (headers in it are invalid)."""

    variable: Variable
    initial: Expression | None
    span: Span


@dataclass(frozen=True, eq=False)
class Assign:
    """`target = value`, of one type; targets are lvalues, slices among them."""

    target: Expression
    value: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class If:
    """`if (condition) yes else no`."""

    condition: Expression
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Block:
    """`{ ... }`."""

    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class SwitchCase:
    """One or more labels and what they do; `labels` are actions or constants, `default` alone for the rest."""

    labels: tuple[Action | Constant, ...]
    default: bool
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Switch:
    """`switch (table.apply().action_run)` (the subject is the table) or over a scalar. Fall-through is resolved."""

    subject: Table | Expression
    cases: tuple[SwitchCase, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Leave:
    """`return` (of this control or action) or `exit` (of the whole pipeline: ingress or egress)."""

    which: Literal["return", "exit"]
    span: Span


@dataclass(frozen=True, eq=False)
class CallAction:
    """A direct call; one argument per parameter."""

    action: Action
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class ApplyTable:
    """`table.apply();`."""

    table: Table
    span: Span


@dataclass(frozen=True, eq=False)
class ApplyControl:
    """`instance.apply(arguments);` copy-in, copy-out."""

    control: Control
    arguments: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class SetValidity:
    """`header.setValid();` or `setInvalid();`."""

    header: Expression
    valid: bool
    span: Span


@dataclass(frozen=True, eq=False)
class ShiftStack:
    """`stack.push_front(count)` or `pop_front`."""

    stack: Expression
    which: Literal["push_front", "pop_front"]
    count: int
    span: Span


@dataclass(frozen=True, eq=False)
class Extract:
    """`packet.extract(header);`."""

    header: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Advance:
    """`packet.advance(bits);`, a multiple of 8."""

    bits: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Verify:
    """`verify(condition, error);` in parsers."""

    condition: Expression
    error: int
    span: Span


@dataclass(frozen=True, eq=False)
class Emit:
    """`packet.emit(value);`: a header, stack or struct of them."""

    value: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class RegisterRead:
    """`register.read(target, index);`: undefined past the end."""

    register: Register
    target: Expression
    index: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class RegisterWrite:
    """`register.write(index, value);`: nothing past the end."""

    register: Register
    index: Expression
    value: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Count:
    """`counter.count(index);`."""

    counter: Counter
    index: Expression
    span: Span


HashAlgorithm = Literal["crc16", "crc32", "csum16", "identity", "xor16"]


@dataclass(frozen=True, eq=False)
class Hash:
    """`hash(target, algorithm, base, data, max);`: base + H(data) mod max; base alone where max is 0."""

    target: Expression
    algorithm: HashAlgorithm
    base: Expression
    data: tuple[Expression, ...]
    max: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Checksum:
    """`verify_checksum(condition, data, field, csum16)` or `update_checksum`; `payload` for their _with_payload."""

    which: Literal["verify", "update"]
    condition: Expression
    data: tuple[Expression, ...]
    field: Expression
    algorithm: HashAlgorithm
    payload: bool
    span: Span


@dataclass(frozen=True, eq=False)
class MarkToDrop:
    """`mark_to_drop(standard_metadata);`: egress_spec = 511, mcast_grp = 0."""

    metadata: Expression
    span: Span


@dataclass(frozen=True, eq=False)
class Replicate:
    """What v1model does after the pipeline, if the last such call asks for it.

    `resubmit_preserving_field_list(fields)`, `recirculate_preserving_field_list(fields)`, `clone(kind, session)` and
    `clone_preserving_field_list(kind, session, fields)`; `fields` is None where nothing is preserved.
    """

    which: Literal["resubmit", "recirculate", "clone_ingress", "clone_egress"]
    session: Expression | None
    fields: int | None
    span: Span


@dataclass(frozen=True, eq=False)
class Digest:
    """`digest<T>(receiver, data);`."""

    receiver: Expression
    data: tuple[Expression, ...]
    span: Span


@dataclass(frozen=True, eq=False)
class Truncate:
    """`truncate(bytes);`."""

    length: Expression
    span: Span


Statement = (
    Declare
    | Assign
    | If
    | Block
    | Switch
    | Leave
    | CallAction
    | ApplyTable
    | ApplyControl
    | SetValidity
    | ShiftStack
    | Extract
    | Advance
    | Verify
    | Emit
    | RegisterRead
    | RegisterWrite
    | Count
    | Hash
    | Checksum
    | MarkToDrop
    | Replicate
    | Digest
    | Truncate
)

# ------------------------------------------------------------------------------------------------ v1model

STANDARD_METADATA = StructType(
    "standard_metadata_t",
    tuple(
        Field(name, kind)
        for name, kind in (
            ("ingress_port", Bits(9)),
            ("egress_spec", Bits(9)),
            ("egress_port", Bits(9)),
            ("instance_type", Bits(32)),
            ("packet_length", Bits(32)),
            ("enq_timestamp", Bits(32)),
            ("enq_qdepth", Bits(19)),
            ("deq_timedelta", Bits(32)),
            ("deq_qdepth", Bits(19)),
            ("ingress_global_timestamp", Bits(48)),
            ("egress_global_timestamp", Bits(48)),
            ("mcast_grp", Bits(16)),
            ("egress_rid", Bits(16)),
            ("checksum_error", Bits(1)),
            ("parser_error", ErrorValue()),
            ("priority", Bits(3)),
        )
    ),
)
"""v1model's standard metadata (p4c, p4include/v1model.p4, version 20200408)."""

DROP_PORT = 511
"""The port number that means drop."""
