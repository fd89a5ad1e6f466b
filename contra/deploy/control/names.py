"""The names and numbers of a program's P4Info: what requests have ids for, and people have names for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_KINDS = {2: "exact", 3: "lpm", 4: "ternary", 5: "range", 6: "optional"}
"""p4.config.v1.MatchField.MatchType."""


@dataclass(frozen=True, slots=True)
class Field:
    """A key of a table, a parameter of an action, or a field of a packet-in or packet-out header."""

    id: int
    name: str
    bits: int
    kind: str = "exact"
    """How a key is matched."""


@dataclass(frozen=True, slots=True)
class TableNames:
    """A table."""

    id: int
    name: str
    keys: tuple[Field, ...]
    actions: frozenset[int]
    size: int
    constant: bool
    """Its entries are part of the program."""
    constant_default: bool
    """Its default action is."""

    @property
    def has_priority(self) -> bool:
        """Whether entries may overlap, so that each needs a priority."""
        return any(key.kind in ("ternary", "range", "optional") for key in self.keys)


@dataclass(frozen=True, slots=True)
class ActionNames:
    """An action."""

    id: int
    name: str
    parameters: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class CounterNames:
    """An indirect counter."""

    id: int
    name: str
    size: int


@dataclass(frozen=True)
class Names:
    """A P4Info by name; equal if every name, id and width is."""

    tables: Mapping[str, TableNames]
    actions: Mapping[str, ActionNames]
    counters: Mapping[str, CounterNames]
    packet_in: tuple[Field, ...]
    packet_out: tuple[Field, ...]
    tables_by_id: Mapping[int, TableNames] = field(init=False, repr=False, compare=False)
    actions_by_id: Mapping[int, ActionNames] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tables_by_id", {table.id: table for table in self.tables.values()})
        object.__setattr__(self, "actions_by_id", {action.id: action for action in self.actions.values()})


def names_of(info: Any) -> Names:
    """The names of a p4.config.v1.P4Info message."""
    headers = {header.preamble.name: _fields(header.metadata) for header in info.controller_packet_metadata}
    return Names(
        tables={each.preamble.name: _table(each) for each in info.tables},
        actions={
            each.preamble.name: ActionNames(each.preamble.id, each.preamble.name, _fields(each.params))
            for each in info.actions
        },
        counters={
            each.preamble.name: CounterNames(each.preamble.id, each.preamble.name, each.size) for each in info.counters
        },
        packet_in=headers.get("packet_in", ()),
        packet_out=headers.get("packet_out", ()),
    )


def _fields(rows: Any) -> tuple[Field, ...]:
    return tuple(Field(row.id, row.name, row.bitwidth) for row in rows)


def _table(info: Any) -> TableNames:
    return TableNames(
        id=info.preamble.id,
        name=info.preamble.name,
        keys=tuple(Field(key.id, key.name, key.bitwidth, _KINDS.get(key.match_type, "")) for key in info.match_fields),
        actions=frozenset(reference.id for reference in info.action_refs),
        size=info.size,
        constant=info.is_const_table,
        constant_default=info.const_default_action_id != 0,
    )


def differences(ours: Names, theirs: Names) -> Iterator[str]:
    """How the program that a switch runs differs from ours, in words; nothing if all is the same."""
    for what, own, other in (
        ("table", ours.tables, theirs.tables),
        ("action", ours.actions, theirs.actions),
        ("counter", ours.counters, theirs.counters),
    ):
        yield from (f"it has no {what} '{name}'" for name in own if name not in other)
        yield from (f"its {what} '{name}' is not of ours" for name in other if name not in own)
        for name in own:
            if name in other and own[name] != other[name]:
                yield f"{what} '{name}' {_change(own[name], other[name])}"
    for header, of_ours, of_theirs in (
        ("packet_in", ours.packet_in, theirs.packet_in),
        ("packet_out", ours.packet_out, theirs.packet_out),
    ):
        if of_ours != of_theirs:
            yield f"header {header} has other fields"


def _change(own: Any, other: Any) -> str:
    """What differs between two things of one name."""
    for name in own.__dataclass_fields__:
        mine, others = getattr(own, name), getattr(other, name)
        if mine != others:
            if isinstance(mine, int) and not isinstance(mine, bool):
                return f"has {name} {others} instead of {mine}"
            return f"has other {name}"
    return "is the same"
