"""Tables in which entries may overlap: which differences decide a packet otherwise, and which entries never match.

Both tables are written as Boolean functions of the bits of the keys: contents are numbered, and for each bit of such a
number there is the set of packets for which it is 1. The tables are equal if all these sets are; else the packets in
which they differ lie in the region of at least one entry that is missing, extra or altered.

Entries that are on both sides and overlap none that differ have no part in it and are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, zip_longest

from contra.deploy.control.model import Action, EntryKey, Key
from contra.verify.masks import Patterns, rank
from contra.verify.regions import Region, Space
from contra.verify.shapes import TableShape

MAX_NODES = 4_000_000
"""Of a diagram: beyond it a table is judged entry by entry."""
_MAX_PAIRS = 1_000_000
_CHECK_EVERY = 64

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
    space = _Numbered(Space(shape), limit)
    names = {*differing, *kept}
    wanted = space.function(shape, {key: action for key, action in expected.items() if key in names})
    held = space.function(shape, {key: action for key, action in found.items() if key in names})
    apart = space.apart(wanted, held)

    def matters(key: EntryKey, side: _Function) -> bool:
        return bool(side.effective.get(key, space.nothing) & apart != space.nothing)

    harmless = frozenset(key for key in differing if not matters(key, wanted) and not matters(key, held))
    at_fault = [key for key in differing if key in found and key not in harmless]
    shadowed: dict[Key, tuple[Key, ...]] = {}
    for key in kept:
        if matters(key, wanted) and space.covered(held.effective[key], _before(key, shape, found, patterns)):
            shadowed[key] = tuple(_before(key, shape, at_fault, patterns))
    return Judgement(harmless, shadowed)


def _before(key: EntryKey, shape: TableShape, rows: Iterable[EntryKey], patterns: Patterns) -> Iterator[EntryKey]:
    """The entries that come before one and share packets with it."""
    own = rank(shape, key)
    return (other for other in rows if rank(shape, other) > own and patterns.overlap(key, other))


def _touched(kept: Iterable[EntryKey], differing: Collection[EntryKey], patterns: Patterns) -> list[EntryKey]:
    """Those that share a packet with an entry that differs; all of them where it takes long to find out."""
    rows = list(kept)
    if len(rows) * len(differing) > _MAX_PAIRS:
        return rows
    return [key for key in rows if any(patterns.overlap(key, other) for other in differing)]


@dataclass(frozen=True, slots=True)
class _Function:
    """What a table decides."""

    bits: list[Region]
    """Per bit of the number of a content, the packets for which it is 1. Number 0: nothing matches."""
    effective: dict[EntryKey, Region] = field(default_factory=dict)
    """Per entry the packets that it decides, alone or with others of the same rank."""


class _Numbered:
    """Functions whose contents are numbered alike."""

    def __init__(self, space: Space, limit: int) -> None:
        self.space, self.limit = space, limit
        self.nothing = space.nothing
        self.numbers: dict[frozenset[Action], int] = {}
        self._steps = 0

    def function(self, shape: TableShape, rows: Rows) -> _Function:
        """The function of a table, entries of the highest rank first."""
        result = _Function([])
        free = ~self.nothing
        ordered = sorted(rows, key=lambda key: rank(shape, key), reverse=True)
        for _, group in groupby(ordered, key=lambda key: rank(shape, key)):
            decided = self._rank(result, [(key, rows[key]) for key in group], free)
            free &= ~decided
        return result

    def apart(self, one: _Function, other: _Function) -> Region:
        """The packets that are decided differently."""
        region = self.nothing
        for mine, others in zip_longest(one.bits, other.bits, fillvalue=self.nothing):
            region |= self.space.apart(mine, others)
        return region

    def covered(self, left: Region, others: Iterable[EntryKey]) -> bool:
        """Whether other entries leave nothing of a set."""
        for other in others:
            if left == self.nothing:
                break
            left &= ~self.space.of(other)
            self._check_size()
        return bool(left == self.nothing)

    def _rank(self, result: _Function, rows: list[tuple[EntryKey, Action]], free: Region) -> Region:
        """Entries of one rank: what they decide of the packets that are still free."""
        by_content: dict[frozenset[Action], Region] = {}
        decided, disputed = self.nothing, self.nothing
        for key, action in rows:
            self._check_size()
            region = result.effective[key] = self.space.of(key) & free
            content = frozenset((action,))
            own: Region = by_content.get(content, self.nothing)
            disputed |= region & decided & ~own
            by_content[content] = own | region
            decided |= region
        if disputed != self.nothing:
            by_content = self._settled(by_content, disputed)
        for content, region in by_content.items():
            self._put(result, content, region)
        return decided

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

    def _put(self, result: _Function, content: frozenset[Action], region: Region) -> None:
        number = self.numbers.setdefault(content, len(self.numbers) + 1)
        while number >> len(result.bits):
            result.bits.append(self.nothing)
        for place in range(number.bit_length()):
            if number >> place & 1:
                result.bits[place] |= region

    def _check_size(self) -> None:
        self._steps += 1
        if self._steps % _CHECK_EVERY == 0 and len(self.space) > self.limit:
            raise TooLarge
