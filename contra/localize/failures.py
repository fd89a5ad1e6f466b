"""The part of a risk model that method contra looks at: entries that fail, and who may be to blame for them.

Everything is numbered anew from 0 and sorted by candidate, so that one of them is a slice and all of them a few counts.
"""

from __future__ import annotations

import numpy as np

from contra.localize.cost import PART, WHOLE, Floats, LogFactorials, Units
from contra.localize.model import Flags, Ints, RiskModel

_MOST_KEPT = 4096
"""Costs that are kept, as the search asks for the same ones again and again."""


class Failures:
    """Failing entries (*rows* here) and candidates: classes of objects with the same entries.

    Within a class only the log tells objects apart.
    """

    def __init__(self, model: RiskModel) -> None:
        self.model = model
        self.rows: Ints = np.flatnonzero(model.failed)
        self._guilty: Ints = np.unique(model.object_of[model.blamed])
        labels, first, self._class = np.unique(model.classes[self._guilty], return_index=True, return_inverse=True)
        self.count = len(labels)
        self.first: Ints = self._guilty[first]
        """Candidate -> one of its objects."""
        self.price: Floats = np.zeros(self.count)
        """Candidate -> cost of naming it."""
        self._costs: dict[tuple[int, bytes], tuple[float, Ints]] = {}
        self._number_incidences()

    def _number_incidences(self) -> None:
        model = self.model
        number = np.full(len(model.objects), -1, np.int64)
        number[self.first] = np.arange(self.count)
        candidates = np.flatnonzero(number[model.object_of] >= 0)
        things = number[model.object_of[candidates]]
        entry = model.entry_of[candidates]
        near = np.flatnonzero(model.failed[entry])
        near = near[np.argsort(things[near], kind="stable")]
        self.thing: Ints = things[near]
        self.row: Ints = np.searchsorted(self.rows, entry[near])
        self.blamed: Flags = model.blamed[candidates[near]]
        self.starts: Ints = np.searchsorted(self.thing, np.arange(self.count + 1))
        self.entries: Ints = np.bincount(things, minlength=self.count)
        """Candidate -> all its entries."""
        self.failing: Ints = np.bincount(self.thing[self.blamed], minlength=self.count)
        """Candidate -> rows that it may be to blame for."""
        self.logs = LogFactorials(int(self.entries.max(initial=0)))
        both = model.place_of * (int(model.sort_of.max(initial=0)) + 1) + model.sort_of
        ways = (model.element_of, model.place_of, model.sort_of, both)
        self.ways = tuple(Units(things, of[entry], near, self.count, self.logs) for of in ways)

    def set_prior(self, prior: Floats) -> None:
        """Object -> probability that it is broken. That of a class is the sum of those of its objects."""
        chance = np.bincount(self._class, prior[self._guilty], minlength=self.count)
        self.price = -np.log(np.minimum(chance, 0.99))

    def members(self, thing: int) -> Ints:
        """The objects of a candidate."""
        found: Ints = self._guilty[self._class == thing]
        return found

    def costs(self, known: Flags) -> tuple[Floats, Ints]:
        """Candidate -> what it would cost, and how many more rows it would explain; `known` rows are explained."""
        free = known[self.row]
        new = self.blamed & ~free
        gains: Ints = np.bincount(self.thing[new], minlength=self.count)
        entries = self.entries - np.bincount(self.thing[free], minlength=self.count)
        which = self.logs.choice(entries, gains)
        for way in self.ways:
            which = np.minimum(which, way.costs(free, new))
        return self.price + np.where(entries == gains, WHOLE, PART + which), gains

    def cost(self, thing: int, known: Flags) -> tuple[float, Ints]:
        """The same for one candidate: its cost, and the rows that it would explain."""
        mine = slice(int(self.starts[thing]), int(self.starts[thing + 1]))
        free = known[self.row[mine]]
        key = thing, free.tobytes()
        if key not in self._costs:
            if len(self._costs) >= _MOST_KEPT:
                self._costs.clear()
            self._costs[key] = self._cost(thing, mine, free)
        price, rows = self._costs[key]
        return float(self.price[thing]) + price, rows

    def _cost(self, thing: int, mine: slice, free: Flags) -> tuple[float, Ints]:
        """Without the price of its name."""
        new = self.blamed[mine] & ~free
        rows = self.row[mine][new]
        entries, gains = int(self.entries[thing]) - int(np.count_nonzero(free)), len(rows)
        if entries == gains:
            return WHOLE, rows
        which = self.logs.one_choice(entries, gains)
        return PART + min(which, *(way.cost(thing, mine, free, new) for way in self.ways)), rows
