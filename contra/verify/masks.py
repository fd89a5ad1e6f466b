"""Entries as patterns of bits: whether two share a packet, and which of two comes first. No diagrams needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from contra.deploy.control.model import EntryKey, Match
from contra.verify.shapes import KeyShape, TableShape


class Pattern(NamedTuple):
    """All keys of an entry but its ranges as one number with a mask, and the ranges by name: ends, both included."""

    value: int
    mask: int
    ranges: dict[str, tuple[int, int]]
    rank: int


def rank(shape: TableShape, key: EntryKey) -> int:
    """The larger comes first: by priority where the table has priorities, else by length of prefix.

    P4Runtime specification, 9.1.1.
    """
    return key.priority if shape.prioritised else sum(match.extra for match in key.matches if match.kind == "lpm")


def mask_of(shape: KeyShape, match: Match) -> int:
    """The bits that a match compares; of a match that is no range."""
    full = (1 << shape.bits) - 1
    return {"ternary": match.extra, "lpm": full ^ (full >> match.extra)}.get(match.kind, full)


class Patterns:
    """The entries of a table, each worked out once."""

    def __init__(self, shape: TableShape) -> None:
        self._shape = shape
        self._keys = {key.name: key for key in shape.keys}
        self._places: dict[str, int] = {}
        for key in shape.keys:
            self._places[key.name] = sum(self._keys[name].bits for name in self._places)
        self._known: dict[EntryKey, Pattern] = {}

    def of(self, key: EntryKey) -> Pattern:
        """The pattern of an entry."""
        pattern = self._known.get(key)
        if pattern is None:
            pattern = self._known[key] = self._pattern(key)
        return pattern

    def _pattern(self, key: EntryKey) -> Pattern:
        value, mask, ranges = 0, 0, {}
        for match in key.matches:
            if match.kind == "range":
                ranges[match.name] = (match.value, match.extra)
            else:
                place = self._places[match.name]
                value |= match.value << place
                mask |= mask_of(self._keys[match.name], match) << place
        return Pattern(value, mask, ranges, rank(self._shape, key))

    def overlaps_any(self, key: EntryKey, others: Sequence[Pattern]) -> bool:
        """Whether a packet matches an entry and one of the others."""
        value, mask, ranges, _ = self.of(key)
        return any(not (value ^ row.value) & mask & row.mask and _meet(ranges, row.ranges) for row in others)

    def before(self, key: EntryKey, others: Iterable[EntryKey]) -> Iterator[EntryKey]:
        """Those of the others that come before an entry and share packets with it."""
        value, mask, ranges, own = self.of(key)
        for other in others:
            row = self.of(other)
            if row.rank > own and not (value ^ row.value) & mask & row.mask and _meet(ranges, row.ranges):
                yield other


def _meet(one: dict[str, tuple[int, int]], other: dict[str, tuple[int, int]]) -> bool:
    """Whether ranges of the same keys have numbers in common."""
    if not one or not other:
        return True
    both = one.keys() & other.keys()
    return all(one[name][0] <= other[name][1] and other[name][0] <= one[name][1] for name in both)
