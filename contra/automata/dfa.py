"""Minimal deterministic automata over classes of symbols, in a canonical form.

Two regexes have the same language exactly if their `Dfa`s are equal: the automaton is minimal and complete, names
that behave alike share a class, classes are ordered by their smallest name, and states are numbered breadth first in
the order of the classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from contra.automata.determinise import (
    MAX_POSITIONS,
    Rows,
    TooManyStatesError,
    determinise,
    symbol_classes,
)
from contra.automata.partition import coarsest
from contra.automata.positions import positions
from contra.automata.regex import Regex
from contra.automata.transform import normalise, tree_size


@dataclass(frozen=True)
class Dfa:
    """A minimal complete automaton. Class 0 is "other": every name that behaves like one never mentioned."""

    start: int
    accepting: frozenset[int]
    default: tuple[int, ...]
    """Per state, the successor for class 0."""
    moves: tuple[dict[int, int], ...] = field(hash=False, repr=False)
    """Per state, the classes whose successor is not the default one, ascending, and that successor."""
    classes: dict[str, int] = field(hash=False, repr=False)
    """Class, from 1, of every name that does not behave like "other"."""

    def class_of(self, name: str) -> int:
        """The class of a symbol, mentioned or not."""
        return self.classes.get(name, 0)

    @property
    def class_count(self) -> int:
        """Number of classes, "other" included."""
        return 1 + max(self.classes.values(), default=0)

    def step(self, state: int, number: int) -> int:
        """The successor of a state for a class."""
        return self.moves[state].get(number, self.default[state])

    def accepts(self, word: Iterable[str]) -> bool:
        """Whether the automaton accepts a sequence of symbols."""
        state = self.start
        for name in word:
            state = self.step(state, self.class_of(name))
        return state in self.accepting

    @cached_property
    def table(self) -> tuple[tuple[int, ...], ...]:
        """The dense transition table, [state][class]; large where there are many classes."""
        count = range(self.class_count)
        return tuple(
            tuple(row.get(number, other) for number in count)
            for row, other in zip(self.moves, self.default, strict=True)
        )


def minimal(regex: Regex) -> Dfa:
    """The minimal automaton of a regex. Raises `TooManyStatesError` where the construction grows beyond its caps."""
    normal = normalise(regex)
    if tree_size(normal) > MAX_POSITIONS:
        raise TooManyStatesError
    position_set = positions(normal)
    class_of, reads = symbol_classes(position_set)
    return _canonical(quotient(determinise(position_set, reads)), class_of)


def quotient(rows: Rows) -> Rows:
    """The automaton with equivalent states merged; state 0 stays the start."""
    block = coarsest([int(accepts) for accepts in rows.accepting], predecessors(rows), lambda s, b: _row(rows, s, b))
    order: dict[int, int] = {}
    for number in block:
        order.setdefault(number, len(order))
    merged = Rows([], [], [])
    for state, number in enumerate(block):
        if order[number] == len(merged.default):
            other = order[block[rows.default[state]]]
            going = {c: order[block[t]] for c, t in rows.moves[state].items()}
            merged.accepting.append(rows.accepting[state])
            merged.default.append(other)
            merged.moves.append({c: t for c, t in going.items() if t != other})
    return merged


def predecessors(rows: Rows) -> list[list[int]]:
    """Per state, the states that lead to it (possibly repeated)."""
    before: list[list[int]] = [[] for _ in rows.default]
    for state, other in enumerate(rows.default):
        before[other].append(state)
        for target in set(rows.moves[state].values()):
            before[target].append(state)
    return before


def _row(rows: Rows, state: int, block: Sequence[int]) -> Hashable:
    other = block[rows.default[state]]
    return other, frozenset(
        (number, block[target]) for number, target in rows.moves[state].items() if block[target] != other
    )


def _canonical(rows: Rows, class_of: dict[str, int]) -> Dfa:
    classes, renumbered = _merge_classes(rows, class_of)
    moves = [dict(sorted({renumbered[c]: t for c, t in row.items()}.items())) for row in rows.moves]
    order = breadth_first(rows.default, moves)
    old = sorted(order, key=order.__getitem__)
    return Dfa(
        start=0,
        accepting=frozenset(order[state] for state in old if rows.accepting[state]),
        default=tuple(order[rows.default[state]] for state in old),
        moves=tuple({c: order[t] for c, t in moves[state].items()} for state in old),
        classes=classes,
    )


def breadth_first(default: Sequence[int], moves: Sequence[dict[int, int]]) -> dict[int, int]:
    """New number of every state reachable from state 0, breadth first, class 0 first, then `moves` in their order."""
    order = {0: 0}
    queue = [0]
    for state in queue:
        for target in (default[state], *moves[state].values()):
            if target not in order:
                order[target] = len(order)
                queue.append(target)
    return order


def _merge_classes(rows: Rows, class_of: dict[str, int]) -> tuple[dict[str, int], dict[int, int]]:
    """Canonical class per name, and canonical class by the old number; classes that never matter become 0."""
    columns: dict[int, list[tuple[int, int]]] = {}
    for state, row in enumerate(rows.moves):
        for number, target in row.items():
            columns.setdefault(number, []).append((state, target))
    behaviour = {number: tuple(column) for number, column in columns.items()}
    numbers: dict[tuple[tuple[int, int], ...], int] = {}
    renumbered: dict[int, int] = {}
    classes: dict[str, int] = {}
    for name in sorted(class_of):
        old = class_of[name]
        if old in behaviour:
            renumbered[old] = classes[name] = numbers.setdefault(behaviour[old], len(numbers) + 1)
    return classes, renumbered
