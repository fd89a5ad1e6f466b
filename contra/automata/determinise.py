"""Subset construction over classes of symbols that no leaf of the regex tells apart.

Rows are sparse: where a state goes on any name that is not mentioned, and the classes for which it goes elsewhere.
So a path of three thousand names takes three thousand rows of one exception, not nine million cells.
"""

from __future__ import annotations

from dataclasses import dataclass

from contra.automata.positions import Positions, bits
from contra.automata.regex import AnySymbol, Symbols

MAX_POSITIONS = 20_000
"""Most leaves (and operators) a regex may have after its single-symbol alternations are merged."""
MAX_STATES = 20_000
"""Most states of the deterministic automaton before it is minimised."""
MAX_WORK = 4_000_000
"""Most set members and transitions the construction may touch: a bound on its time."""


class TooManyStatesError(Exception):
    """The automaton of a regex is larger than `MAX_POSITIONS`, `MAX_STATES` or `MAX_WORK` allow."""


@dataclass(frozen=True)
class Rows:
    """A complete deterministic automaton in sparse form; class 0 is every symbol not in a listed class."""

    accepting: list[bool]
    default: list[int]
    moves: list[dict[int, int]]
    """Per state, the classes whose successor is not the default one."""


def symbol_classes(position_set: Positions) -> tuple[dict[str, int], list[list[int]]]:
    """Class (from 1) of every mentioned name, and per position the classes it reads; AnySymbol reads none by name."""
    numbers: dict[frozenset[str], int] = {}
    owner = [
        numbers.setdefault(leaf.names, len(numbers)) if isinstance(leaf, Symbols) else -1
        for leaf in position_set.leaves
    ]
    held_by: dict[str, list[int]] = {}
    for names, number in numbers.items():
        for name in names:
            held_by.setdefault(name, []).append(number)
    by_sets: dict[tuple[int, ...], int] = {}
    class_of = {name: by_sets.setdefault(tuple(held_by[name]), len(by_sets) + 1) for name in sorted(held_by)}
    read: list[list[int]] = [[] for _ in numbers]
    for sets, number in by_sets.items():
        for one in sets:
            read[one].append(number)
    return class_of, [read[number] if number >= 0 else [] for number in owner]


class _Subsets:
    """Numbers the sets of positions in order of discovery, and watches the budget."""

    def __init__(self) -> None:
        self.number: dict[int, int] = {}
        self.sets: list[int] = []
        self.work = 0

    def index(self, members: int) -> int:
        known = self.number.get(members)
        if known is None:
            known = self.number[members] = len(self.sets)
            self.sets.append(members)
            if known >= MAX_STATES:
                raise TooManyStatesError
        return known

    def spend(self, amount: int) -> None:
        self.work += amount
        if self.work > MAX_WORK:
            raise TooManyStatesError


_START = -1
"""Stands for the state before anything is read; no set of positions is negative."""


def determinise(position_set: Positions, reads: list[list[int]]) -> Rows:
    """The subset automaton, state 0 the start. Raises `TooManyStatesError`."""
    wild = sum(1 << p for p, leaf in enumerate(position_set.leaves) if isinstance(leaf, AnySymbol))
    subsets = _Subsets()
    subsets.index(_START)
    rows = Rows([], [], [])
    known: dict[int, tuple[int, dict[int, int]]] = {}
    state = 0
    while state < len(subsets.sets):
        members = subsets.sets[state]
        rows.accepting.append(position_set.nullable if members == _START else members & position_set.last != 0)
        after = _after(position_set, members, subsets)
        if after not in known:
            known[after] = _row(after, after & wild, reads, subsets)
        other, going = known[after]
        rows.default.append(other)
        rows.moves.append(going)
        state += 1
    return rows


def _after(position_set: Positions, members: int, subsets: _Subsets) -> int:
    """The positions that may be read next, when those in `members` were read last."""
    if members == _START:
        return position_set.first
    after = 0
    read = bits(members)
    subsets.spend(len(read) + 1)
    for position in read:
        after |= position_set.follow[position]
    return after


def _row(after: int, wild: int, reads: list[list[int]], subsets: _Subsets) -> tuple[int, dict[int, int]]:
    """Where to go from a state whose next positions are `after`, of which `wild` read any symbol."""
    targets: dict[int, int] = {}
    for position in bits(after ^ wild):
        bit = 1 << position
        for number in reads[position]:
            targets[number] = targets.get(number, wild) | bit
        subsets.spend(len(reads[position]))
    other = subsets.index(wild)
    return other, {number: subsets.index(target) for number, target in targets.items()}
