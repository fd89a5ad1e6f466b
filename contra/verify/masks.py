"""Entries as patterns of bits: whether two share a packet, and which of two comes first. No diagrams needed."""

from __future__ import annotations

from contra.deploy.control.model import EntryKey, Match
from contra.verify.shapes import KeyShape, TableShape


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
        self._keys = {key.name: key for key in shape.keys}
        self._known: dict[EntryKey, dict[str, Match]] = {}

    def overlap(self, one: EntryKey, other: EntryKey) -> bool:
        """Whether a packet matches both."""
        there = self._named(other)
        return all(
            self._meet(self._keys[name], match, there[name])
            for name, match in self._named(one).items()
            if name in there
        )

    def _named(self, key: EntryKey) -> dict[str, Match]:
        if key not in self._known:
            self._known[key] = {match.name: match for match in key.matches}
        return self._known[key]

    def _meet(self, shape: KeyShape, one: Match, other: Match) -> bool:
        if shape.kind == "range":
            return one.value <= other.extra and other.value <= one.extra
        return not (one.value ^ other.value) & mask_of(shape, one) & mask_of(shape, other)
