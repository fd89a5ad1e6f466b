"""Places: where variables, headers and structs lie, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contra.p4 import typed
from contra.p4.code import Local, Word

Target = Local | Word
Allocate = Callable[[int, str], Target]
"""Makes the storage of a scalar, from its width and its name."""


@dataclass(frozen=True)
class ScalarPlace:
    """One value. `defined` is 1 once it was given a value, where strict mode wants to know."""

    target: Target
    defined: Target | None = None


@dataclass(frozen=True)
class HeaderPlace:
    """A header: validity and fields, in wire order."""

    type: typed.HeaderType
    name: str
    valid: Target
    fields: dict[str, Target]


@dataclass(frozen=True)
class StackPlace:
    """A header stack; `next` is the index that `extract(stack.next)` fills."""

    name: str
    elements: tuple[HeaderPlace, ...]
    next: Target


@dataclass(frozen=True)
class StructPlace:
    """A struct, member by member."""

    members: dict[str, Place]


Place = ScalarPlace | HeaderPlace | StackPlace | StructPlace

WIDTH_OF_INDEX = 32


def width_of(kind: typed.Type) -> int:
    """Bits of a scalar's value; enums and errors are indices of 32 bits."""
    match kind:
        case typed.Bits(width=width):
            return width
        case typed.Boolean():
            return 1
        case typed.ErrorValue() | typed.EnumType():
            return WIDTH_OF_INDEX
        case _:
            raise TypeError(f"{kind} is no scalar")


def make_place(kind: typed.Type, name: str, allocate: Allocate) -> Place:
    """Storage for a value of any type, made scalar by scalar in declaration order."""
    match kind:
        case typed.HeaderType(fields=fields):
            valid = allocate(1, f"{name}.$valid")
            return HeaderPlace(
                kind, name, valid, {f.name: allocate(width_of(f.type), f"{name}.{f.name}") for f in fields}
            )
        case typed.StackType(header=header, size=size):
            elements = tuple(make_header(header, f"{name}[{index}]", allocate) for index in range(size))
            return StackPlace(name, elements, allocate(32, f"{name}.$next"))
        case typed.StructType(fields=fields):
            return StructPlace({f.name: make_place(f.type, f"{name}.{f.name}", allocate) for f in fields})
        case _:
            return ScalarPlace(allocate(width_of(kind), name))


def make_header(kind: typed.HeaderType, name: str, allocate: Allocate) -> HeaderPlace:
    """Storage for a header."""
    place = make_place(kind, name, allocate)
    assert isinstance(place, HeaderPlace)
    return place


def targets(place: Place) -> Iterator[Target]:
    """All scalars of a place, validities and stack cursors among them, in a fixed order."""
    match place:
        case ScalarPlace(target=target):
            yield target
        case HeaderPlace(valid=valid, fields=fields):
            yield valid
            yield from fields.values()
        case StackPlace(elements=elements, next=cursor):
            for element in elements:
                yield from targets(element)
            yield cursor
        case StructPlace(members=members):
            for member in members.values():
                yield from targets(member)


def headers(place: Place) -> Iterator[HeaderPlace]:
    """All headers of a place, in declaration order."""
    match place:
        case HeaderPlace():
            yield place
        case StackPlace(elements=elements):
            yield from elements
        case StructPlace(members=members):
            for member in members.values():
                yield from headers(member)
        case _:
            return
