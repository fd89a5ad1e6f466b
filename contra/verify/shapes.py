"""What is needed of a program to compare entries for it: tables, their keys and actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from contra.deploy.control.model import Action
from contra.p4.runtime_values import slot_of_key
from contra.p4.typed import Program, Table


@dataclass(frozen=True, slots=True)
class KeyShape:
    """A key of a table."""

    name: str
    kind: str
    """exact, lpm, ternary, range or optional."""
    bits: int


@dataclass(frozen=True, slots=True)
class TableShape:
    """A table that the control plane fills."""

    name: str
    keys: tuple[KeyShape, ...]
    actions: Mapping[str, tuple[str, ...]]
    """Per action the names of its parameters."""
    default: Action | None
    """What the program does where nothing matches; None where that cannot be changed."""

    @property
    def exact(self) -> int:
        """How many keys each entry has to name."""
        return sum(key.kind == "exact" for key in self.keys)

    @property
    def overlaps(self) -> bool:
        """Whether two entries may match one packet."""
        return any(key.kind != "exact" for key in self.keys)

    @property
    def prioritised(self) -> bool:
        """Whether a priority decides between them, not the length of a prefix (P4Runtime specification, 9.1.1)."""
        return any(key.kind in ("ternary", "range", "optional") for key in self.keys)


Shapes = Mapping[str, TableShape]
"""By full name of the table."""


def shapes_of(program: Program) -> Shapes:
    """The tables of a program, those with constant entries and a constant default action left out."""
    return {
        table.name: _shape(table, program)
        for table in program.tables
        if table.entries is None or not table.constant_default
    }


def _shape(table: Table, program: Program) -> TableShape:
    default = None
    if not table.constant_default:
        values = zip((each.name for each in table.default.data), table.default_arguments, strict=True)
        default = Action(table.default.name, tuple(values))
    slots = [slot_of_key(key, program) for key in table.keys] if table.entries is None else []
    return TableShape(
        name=table.name,
        keys=tuple(KeyShape(slot.name, slot.match, slot.width) for slot in slots),
        actions={use.action.name: tuple(each.name for each in use.action.data) for use in table.actions},
        default=default,
    )
