"""Types of the typed program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


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
