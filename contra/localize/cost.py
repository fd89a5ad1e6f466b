"""What it costs to say which entries of an object fail, in nats: the shorter to say, the likelier.

That all of them fail is said at once. Some of them are named by how many and which (a uniform prior on the share that
fails): entry by entry, or by elements, places, sorts or sorts at places where whole ones of these fail, whichever is
shortest.
"""

from __future__ import annotations

from math import log

import numpy as np
from numpy.typing import NDArray

from contra.localize.model import Flags, Ints, distinct

Floats = NDArray[np.float64]

WHOLE = float(np.log(2))
"""All entries fail."""
PART = float(np.log(2) + np.log(5))
"""Some do; they are named in one of five ways."""
_WHOLE_UNIT, _PART_UNIT = -float(np.log(0.9)), -float(np.log(0.1))
"""Within a unit that fails: all entries of the object do, or only some."""


_DENSE = 1 << 24
"""Pairs of candidate and unit up to which a table of all of them is faster than sorting."""


class LogFactorials:
    """log n! for n up to a limit."""

    def __init__(self, limit: int) -> None:
        self.table: Floats = np.concatenate([np.zeros(1), np.cumsum(np.log(np.arange(1, limit + 2)))])
        self._list: list[float] = self.table.tolist()

    def choice(self, among: Ints, chosen: Ints) -> Floats:
        """Which `chosen` out of `among`, and how many."""
        table = self.table
        which: Floats = table[among] - table[chosen] - table[among - chosen]
        return which + np.log(among + 1)

    def one_choice(self, among: int, chosen: int) -> float:
        """The same for a single pair."""
        table = self._list
        return table[among] - table[chosen] - table[among - chosen] + log(among + 1)


class Units:
    """The entries of candidates by unit: a way to name those that fail. Pairs of candidate and unit are *cells*.

    Built from all incidences of the candidates (`thing`, `unit`), and those of them that fail (`near`, indices into
    the first, ordered by candidate).
    """

    def __init__(self, thing: Ints, unit: Ints, near: Ints, count: int, logs: LogFactorials) -> None:
        self.count, self.logs = count, logs
        units = int(unit.max(initial=0)) + 1
        self.units: Ints = _distinct(thing, unit, count, units)
        """Candidate -> units with an entry of it."""
        hit = np.zeros(units, np.bool_)
        hit[unit[near]] = True
        cells, self.cell = np.unique(thing[near] * units + unit[near], return_inverse=True)
        around = np.flatnonzero(hit[unit])
        keys = thing[around] * units + unit[around]
        at = np.minimum(np.searchsorted(cells, keys), max(0, len(cells) - 1))
        self.entries: Ints = np.bincount(at[cells[at] == keys] if len(cells) else at[:0], minlength=len(cells))
        """Cell with a failing entry -> its entries."""
        self.thing: Ints = cells // units
        self.starts: Ints = np.searchsorted(self.thing, np.arange(count + 1))

    def costs(self, free: Flags, new: Flags) -> Floats:
        """Candidate -> cost of naming the `new` incidences, those that are `free` (explained otherwise) left out."""
        left = self.entries - np.bincount(self.cell[free], minlength=len(self.thing))
        hits = np.bincount(self.cell[new], minlength=len(self.thing))
        hit = hits > 0
        units = self.units - np.bincount(self.thing[left == 0], minlength=self.count)
        struck = np.bincount(self.thing[hit], minlength=self.count)
        within = np.bincount(self.thing[hit], self._within(left[hit], hits[hit]), minlength=self.count)
        return self.logs.choice(units, struck) + within

    def cost(self, thing: int, mine: slice, free: Flags, new: Flags) -> float:
        """The same for one candidate, whose incidences are `mine`."""
        low, high = int(self.starts[thing]), int(self.starts[thing + 1])
        cell = self.cell[mine] - low
        left = self.entries[low:high] - np.bincount(cell[free], minlength=high - low)
        hits = np.bincount(cell[new], minlength=high - low)
        hit = hits > 0
        units = int(self.units[thing]) - int(np.count_nonzero(left == 0))
        struck = int(np.count_nonzero(hit))
        return self.logs.one_choice(units, struck) + float(self._within(left[hit], hits[hit]).sum())

    def _within(self, entries: Ints, failing: Ints) -> Floats:
        part: Floats = _PART_UNIT + self.logs.choice(entries, failing)
        return np.where(entries == failing, _WHOLE_UNIT, part)


def _distinct(thing: Ints, unit: Ints, count: int, units: int) -> Ints:
    """Candidate -> number of different units."""
    if count * units <= _DENSE:
        table = np.zeros((count, units), np.bool_)
        table[thing, unit] = True
        found: Ints = np.count_nonzero(table, axis=1)
        return found
    return np.bincount(distinct(thing * units + unit) // units, minlength=count)
