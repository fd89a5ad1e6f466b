"""Glushkov's positions: the leaves of a regex and which may follow which.

Sets of positions are integers used as bit sets: bit p stands for the p-th leaf from the left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union
from contra.automata.transform import fold

Leaf: TypeAlias = AnySymbol | Symbols
Facts: TypeAlias = tuple[bool, int, int]
"""(matches the empty word, first positions, last positions)"""


@dataclass(frozen=True)
class Positions:
    """The position automaton of a regex, without its alphabet."""

    leaves: tuple[Leaf, ...]
    nullable: bool
    first: int
    last: int
    follow: tuple[int, ...] = field(repr=False)


def bits(mask: int) -> list[int]:
    """The members of a bit set, ascending."""
    if mask.bit_count() < mask.bit_length() >> 6:
        return _few_bits(mask)
    return [index for index, digit in enumerate(bin(mask)[:1:-1]) if digit == "1"]


def _few_bits(mask: int) -> list[int]:
    members = []
    while mask:
        lowest = mask & -mask
        members.append(lowest.bit_length() - 1)
        mask ^= lowest
    return members


def positions(regex: Regex) -> Positions:
    """The positions of a normalised regex (see `transform.normalise`)."""
    leaves: list[Leaf] = []
    follow: list[int] = []

    def visit(node: Regex, below: list[Facts]) -> Facts:
        if isinstance(node, Concat):
            return _sequence(below, follow)
        if isinstance(node, Union):
            return _alternation(below)
        if isinstance(node, Star):
            _, first, last = below[0]
            _connect(follow, last, first)
            return True, first, last
        leaves.append(node)
        follow.append(0)
        here = 1 << (len(leaves) - 1)
        return False, here, here

    nullable, first, last = fold(regex, visit, shared=False)
    return Positions(tuple(leaves), nullable, first, last, tuple(follow))


def _connect(follow: list[int], last: int, first: int) -> None:
    for position in bits(last):
        follow[position] |= first


def _alternation(below: list[Facts]) -> Facts:
    nullable, first, last = False, 0, 0
    for facts in below:
        nullable = nullable or facts[0]
        first |= facts[1]
        last |= facts[2]
    return nullable, first, last


def _sequence(below: list[Facts], follow: list[int]) -> Facts:
    """Right to left: what may come first in the suffix follows each last position of the part before it."""
    nullable, first, last = True, 0, 0
    for part_nullable, part_first, part_last in reversed(below):
        if first:
            _connect(follow, part_last, first)
        if nullable:
            last |= part_last
        first = part_first | first if part_nullable else part_first
        nullable = nullable and part_nullable
    return nullable, first, last
