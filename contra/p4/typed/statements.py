"""Statements of the typed program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contra.p4.typed.declarations import Action, Control, Counter, Register, Table, Variable
from contra.p4.typed.expressions import Constant, Expression
from contra.source import Span


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
class Random:
    """`random(target, low, high);`: a number from low to high, both included, each as likely as another."""

    target: Expression
    low: Expression
    high: Expression
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
    | Random
    | Checksum
    | MarkToDrop
    | Replicate
    | Digest
    | Truncate
)
