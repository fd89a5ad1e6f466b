"""The change log of a deployment: which objects were changed, from the entries that were written.

A change of one object touches its entries, and through them objects that nobody meant. So of what was written within a
short time the objects count as changed that were touched in more than half of their entries; for an entry without
such an object, those of its objects that were touched most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from contra.localize.model import Change, Object
from contra.localize.objects import Entry, Origins

TOGETHER_S = 30.0
"""Writes with no longer pause between them belong to one change."""
_MOST = Fraction(1, 2)


class Write(NamedTuple):
    """An entry that was written, and when (seconds). `key` tells entries of a switch apart."""

    at: float
    entry: Entry
    key: str


def changes_of_writes(writes: Iterable[Write], entries: Iterable[Entry], origins: Origins) -> tuple[Change, ...]:
    """The changes, oldest first; `entries` are all of the network."""
    totals = Counter(thing for entry in entries for thing in origins.objects(entry))
    found: list[Change] = []
    for batch in _batches(sorted(writes, key=lambda write: write.at)):
        found += _changes(batch, totals, origins)
    return tuple(found)


def _batches(writes: Sequence[Write]) -> Iterator[list[Write]]:
    batch: list[Write] = []
    for write in writes:
        if batch and write.at - batch[-1].at > TOGETHER_S:
            yield batch
            batch = []
        batch.append(write)
    if batch:
        yield batch


def _changes(batch: Sequence[Write], totals: Counter[Object], origins: Origins) -> Iterator[Change]:
    written = {(write.entry.switch, write.key): origins.objects(write.entry) for write in batch}
    touched = Counter(thing for objects in written.values() for thing in objects)
    shares = {thing: Fraction(count, max(count, totals[thing])) for thing, count in touched.items()}
    changed = {thing for thing, share in shares.items() if share > _MOST}
    for objects in written.values():
        if changed.isdisjoint(objects):
            best = max(shares[thing] for thing in objects)
            changed |= {thing for thing in objects if shares[thing] == best}
    last = batch[-1].at
    for thing in sorted(changed):
        count = touched[thing]
        yield Change(thing, last, f"{count} of {max(count, totals[thing])} entries written")
