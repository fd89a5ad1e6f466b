"""Tables in which entries may overlap: which differences decide a packet otherwise, and which entries never match.

Both tables are written as Boolean functions of the bits of the keys: contents are numbered, and for each bit of such a
number there is the set of packets for which it is 1. The tables are equal if all these sets are; else the packets in
which they differ lie in the region of at least one entry that is missing, extra or altered.

Entries that are on both sides and overlap none that differ have no part in it and are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby, zip_longest

from contra.deploy.control.model import Action, EntryKey, Key
from contra.verify.masks import Patterns, rank
from contra.verify.regions import Region, Space
from contra.verify.shapes import TableShape

MAX_NODES = 1_000_000
"""Of the diagrams of a table: beyond it, which takes some ten seconds to reach, it is compared entry by entry."""
_MAX_PAIRS = 20_000_000
_CHECK_EVERY = 512

Rows = Mapping[EntryKey, Action]
"""What a table holds, its default action left out."""


class TooLarge(Exception):
    """A table whose function has no diagram of a reasonable size."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the differences between two tables come to."""

    harmless: frozenset[Key]
    """Missing, extra and altered ones that decide no packet otherwise."""
    shadowed: Mapping[Key, tuple[Key, ...]]
    """Held as they should be and yet without effect: by which extra or altered entries."""


def judge(shape: TableShape, expected: Rows, found: Rows, limit: int = MAX_NODES) -> Judgement:
    """Compare two fillings of a table. Raises TooLarge, ModuleNotFoundError (`dd`)."""
    differing = [key for key in expected if found.get(key) != expected[key]]
    differing += [key for key in found if key not in expected]
    patterns = Patterns(shape)
    kept = _touched((key for key in expected if found.get(key) == expected[key]), differing, patterns)
    tables = _Tables(shape, limit)
    names = {*differing, *kept}
    wanted = tables.tree({key: action for key, action in expected.items() if key in names})
    held = tables.tree({key: action for key, action in found.items() if key in names})
    apart = tables.apart(wanted, held)
    harmed, at_fault = tables.deciders(wanted, apart), tables.deciders(held, apart)
    harmless = frozenset(key for key in differing if key not in harmed and key not in at_fault)
    shadowed: dict[Key, tuple[Key, ...]] = {}
    for key in kept:
        if key in harmed and tables.covered(key, patterns.before(key, found)):
            strangers = (other for other in at_fault if other not in expected)
            shadowed[key] = tuple(patterns.before(key, strangers))
    return Judgement(harmless, shadowed)


def _touched(kept: Iterable[EntryKey], differing: Collection[EntryKey], patterns: Patterns) -> list[EntryKey]:
    """Those that share a packet with an entry that differs; all of them where it takes long to find out."""
    rows = list(kept)
    if len(rows) * len(differing) > _MAX_PAIRS:
        return rows
    others = [patterns.of(key) for key in differing]
    return [key for key in rows if patterns.overlaps_any(key, others)]


Bits = list[Region]
"""Per bit of the number of a content, the packets for which it is 1. Number 0: nothing matches."""
Leaf = list[tuple[EntryKey, Region]]
"""Entries of one rank, with what they match."""


@dataclass(frozen=True, slots=True)
class _Tree:
    """A table in order of rank, halved again and again: what comes first is in the first half."""

    matched: Region
    """Packets that any of it matches."""
    bits: Bits
    """What it decides; kept at the root alone."""
    halves: tuple[_Tree, _Tree] | None = None
    leaf: Leaf = field(default_factory=list)


class _Tables:
    """Fillings of one table as trees, with contents numbered alike."""

    def __init__(self, shape: TableShape, limit: int) -> None:
        self.shape, self.limit = shape, limit
        self.space = Space(shape)
        self.nothing = self.space.nothing
        self.numbers: dict[frozenset[Action], int] = {}
        self._steps = 0

    def tree(self, rows: Rows) -> _Tree:
        """The function of a table."""

        def order(key: EntryKey) -> int:
            return rank(self.shape, key)

        ordered = sorted(rows, key=order, reverse=True)
        groups = [[(key, rows[key]) for key in group] for _, group in groupby(ordered, key=order)]
        return self._joined(groups) if groups else _Tree(self.nothing, [])

    def _joined(self, groups: list[list[tuple[EntryKey, Action]]]) -> _Tree:
        if len(groups) == 1:
            return self._rank(groups[0])
        middle = len(groups) // 2
        first, second = self._joined(groups[:middle]), self._joined(groups[middle:])
        self._check_size()
        free = ~first.matched
        pairs = zip_longest(first.bits, second.bits, fillvalue=self.nothing)
        bits = [one | (other & free) for one, other in pairs]
        halves = replace(first, bits=[]), replace(second, bits=[])
        return _Tree(first.matched | second.matched, bits, halves)

    def apart(self, one: _Tree, other: _Tree) -> Region:
        """The packets that are decided differently."""
        region = self.nothing
        for mine, others in zip_longest(one.bits, other.bits, fillvalue=self.nothing):
            region |= self.space.apart(mine, others)
        return region

    def deciders(self, tree: _Tree, region: Region) -> set[EntryKey]:
        """The entries that decide a packet of a set, alone or with others of their rank."""
        found: set[EntryKey] = set()
        todo = [(tree, region)]
        while todo:
            node, left = todo.pop()
            if left == self.nothing:
                continue
            found.update(key for key, matched in node.leaf if left & matched != self.nothing)
            if node.halves is not None:
                first, second = node.halves
                todo += [(first, left & first.matched), (second, left & second.matched & ~first.matched)]
        return found

    def covered(self, key: EntryKey, others: Iterable[EntryKey]) -> bool:
        """Whether other entries match all that one does."""
        left = self.space.of(key)
        for other in others:
            if left == self.nothing:
                break
            left &= ~self.space.of(other)
            self._check_size()
        return bool(left == self.nothing)

    # ------------------------------------------------------------------------------------------ one rank

    def _rank(self, rows: list[tuple[EntryKey, Action]]) -> _Tree:
        """Entries none of which comes before another."""
        by_content: dict[frozenset[Action], Region] = {}
        decided, disputed = self.nothing, self.nothing
        leaf: Leaf = []
        for key, action in rows:
            self._check_size()
            region, content = self.space.of(key), frozenset((action,))
            leaf.append((key, region))
            own: Region = by_content.get(content, self.nothing)
            disputed |= region & decided & ~own
            by_content[content] = own | region
            decided |= region
        if disputed != self.nothing:
            by_content = self._settled(by_content, disputed)
        bits: Bits = []
        for content, region in by_content.items():
            self._put(bits, content, region)
        return _Tree(decided, bits, None, leaf)

    def _settled(
        self, by_content: dict[frozenset[Action], Region], disputed: Region
    ) -> dict[frozenset[Action], Region]:
        """Packets for which entries of one rank differ may be decided as any of them says (P4Runtime, 9.1.1)."""
        settled = {content: region & ~disputed for content, region in by_content.items()}
        pieces: dict[frozenset[Action], Region] = {frozenset(): disputed}
        for content, region in by_content.items():
            new: dict[frozenset[Action], Region] = {}
            for others, piece in pieces.items():
                self._check_size()
                for contents, part in ((others | content, piece & region), (others, piece & ~region)):
                    if part != self.nothing:
                        new[contents] = new.get(contents, self.nothing) | part
            pieces = new
        for contents, piece in pieces.items():
            settled[contents] = settled.get(contents, self.nothing) | piece
        return settled

    def _put(self, bits: Bits, content: frozenset[Action], region: Region) -> None:
        number = self.numbers.setdefault(content, len(self.numbers) + 1)
        while number >> len(bits):
            bits.append(self.nothing)
        for place in range(number.bit_length()):
            if number >> place & 1:
                bits[place] |= region

    def _check_size(self) -> None:
        self._steps += 1
        if self._steps % _CHECK_EVERY == 0 and len(self.space) > self.limit:
            raise TooLarge
