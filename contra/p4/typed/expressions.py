"""Expressions of the typed program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contra.p4.typed.declarations import Table, Variable
from contra.p4.typed.types import Bits, Boolean, HeaderType, Scalar, StructType, TupleType, Type
from contra.source import Span


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
