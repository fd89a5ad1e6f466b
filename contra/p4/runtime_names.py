"""Names that runtime entries go by: tables, their keys and actions, as the control plane calls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from contra.p4.runtime_values import Slot, slot_of_key, slot_of_parameter
from contra.p4.typed import Action, ActionUse, Program, Table

_T = TypeVar("_T")
_OVERLAPPING = ("ternary", "range", "optional")


@dataclass(frozen=True, slots=True, eq=False)
class ActionPlan:
    """An action of a table, and its data."""

    use: ActionUse
    data: tuple[Slot, ...]

    @property
    def action(self) -> Action:
        """The action."""
        return self.use.action


class Names(Generic[_T]):
    """Things by their full name or an unambiguous end of it (`hosts` for `ContraIngress.deliver.hosts`)."""

    def __init__(self, named: Iterable[tuple[str, _T]]) -> None:
        self.full: Mapping[str, _T] = dict(named)
        ends: dict[str, list[str]] = {}
        for name in self.full:
            words = name.split(".")
            for start in range(1, len(words)):
                ends.setdefault(".".join(words[start:]), []).append(name)
        self.ambiguous = {end: names for end, names in ends.items() if len(names) > 1 and end not in self.full}
        short = {end: self.full[names[0]] for end, names in ends.items() if len(names) == 1}
        self._known: Mapping[str, _T] = {**short, **self.full}

    def get(self, name: str) -> _T | None:
        """The thing of this name, if there is exactly one."""
        return self._known.get(name)


@dataclass(frozen=True, slots=True, eq=False)
class TablePlan:
    """A table, and what its entries may say."""

    table: Table
    keys: tuple[Slot, ...]
    actions: Names[ActionPlan]
    may_overlap: bool
    """Whether two entries may match one packet, so that a priority has to decide; prefixes decide by themselves."""


def plans_of(program: Program) -> Names[TablePlan]:
    """The tables of a program by name."""
    return Names((table.name, _plan(table, program)) for table in program.tables)


def _plan(table: Table, program: Program) -> TablePlan:
    plans = (ActionPlan(use, _data(use.action, program)) for use in table.actions)
    return TablePlan(
        table=table,
        keys=tuple(slot_of_key(key, program) for key in table.keys),
        actions=Names((plan.action.name, plan) for plan in plans),
        may_overlap=any(key.match in _OVERLAPPING for key in table.keys),
    )


def _data(action: Action, program: Program) -> tuple[Slot, ...]:
    return tuple(slot_of_parameter(parameter.name, parameter.type, program) for parameter in action.data)
