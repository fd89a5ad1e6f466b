"""Faults and change logs, drawn at random: which objects break, which of their entries fail, what the log tells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.localization.policynet import Network
from contra.localize.model import Change, Flags, Ints, RiskModel

DAY_S = 86400.0
NOW_S = 1_000_000.0
"""The moment of the look."""
FRESH_S = 3600.0
"""The change behind a fault is this old on average (exponential): the check runs about that often."""


WAYS = ("entries", "switches", "elements")
"""How faults in part are parted: some entries, all entries at some switches, all entries of some elements."""
FELLOWS = "fellows"
"""Another one: all entries that come from some of the objects of one kind that share entries with the broken one. No
method knows of it."""


@dataclass(frozen=True, slots=True)
class Noise:
    """What a change log is like."""

    innocent: int
    """Objects in it that did not break."""
    lost: float = 0.0
    """Chance that the change behind a fault is not in it."""
    aged: bool = False
    """Innocent changes are spread over a day; else they are as fresh as the guilty ones, and age tells nothing."""

    def __str__(self) -> str:
        ages = " over a day" if self.aged and self.innocent else ""
        return f"{self.innocent} innocent{ages}" + (f", {self.lost:.0%} lost" if self.lost else "")


@dataclass(frozen=True, eq=False)
class Case:
    """One run: what the methods get, and what they should find."""

    model: RiskModel
    changes: tuple[Change, ...]
    broken: tuple[int, ...]
    """Objects."""
    seen: tuple[int, ...]
    """Those that make an entry fail which no other of them does; of the rest nothing but the log can tell."""


class Alters(Protocol):
    """How the fault of an object may alter entries in place of removing them."""

    def entries(self, thing: int, among: Ints) -> Ints:
        """Those of the entries that it alters."""

    def blamed(self, thing: int, entry: int, random: np.random.Generator) -> Flags:
        """Which of the objects of an altered entry are to blame, by what differs in it."""


class Injector:
    """Breaks objects of a network. With `altering` every second fault alters entries where it can."""

    def __init__(self, network: Network, altering: Alters | None = None, ways: tuple[str, ...] = WAYS) -> None:
        self.network, self.altering, self.ways = network, altering, ways
        count = len(network.objects)
        order = np.argsort(network.object_of, kind="stable")
        entry_of = np.repeat(np.arange(len(network.element_of)), np.diff(network.starts))
        ends = np.cumsum(np.bincount(network.object_of, minlength=count))[:-1]
        self.entries = np.split(entry_of[order], ends)
        """Object -> its entries."""
        usable = np.flatnonzero([len(rows) > 0 for rows in self.entries])
        classes = network.model(np.zeros(len(network.object_of), np.bool_)).classes
        self.classes = [usable[classes[usable] == label] for label in np.unique(classes[usable])]
        """Objects that have some entries, by class."""
        self.usable = usable

    def case(self, faults: int, noise: Noise, random: np.random.Generator) -> Case:
        """Some objects broken at once, half of them in part (by lot where the number is odd).

        Objects of one class are the same fault, so no two of them are drawn; each object is as likely as any other.
        """
        sizes = np.array([len(members) for members in self.classes])
        drawn = random.choice(len(self.classes), faults, replace=False, p=sizes / sizes.sum())
        broken = np.array([random.choice(self.classes[each]) for each in drawn])
        partly = (faults + int(random.integers(2))) // 2
        blamed = np.zeros(len(self.network.object_of), np.bool_)
        times = np.zeros(len(self.network.element_of), np.int64)
        struck = [self.strike(int(thing), position < partly, blamed, random) for position, thing in enumerate(broken)]
        for rows in struck:
            times[rows] += 1
        seen = tuple(int(thing) for thing, rows in zip(broken, struck, strict=True) if (times[rows] == 1).any())
        return Case(self.network.model(blamed), self.log(broken, noise, random), tuple(broken.tolist()), seen)

    def strike(self, thing: int, partly: bool, blamed: Flags, random: np.random.Generator) -> Ints:
        """Break an object: its entries, or some of them, are altered or gone. Which they are."""
        starts = self.network.starts
        if self.altering is not None and random.random() < 0.5:
            rows = self.altering.entries(thing, self.entries[thing])
            rows = self.part(rows, random) if partly else rows
            for entry in rows:
                blamed[starts[entry] : starts[entry + 1]] |= self.altering.blamed(thing, int(entry), random)
            if len(rows):
                return rows
        rows = self.entries[thing]
        rows = self.part(rows, random) if partly else rows
        for entry in rows:
            blamed[starts[entry] : starts[entry + 1]] = True
        return rows

    def part(self, rows: Ints, random: np.random.Generator) -> Ints:
        """A tenth to nine tenths of some entries, in one of the ways; each is as likely as the others, as far as there
        are several to choose from. (Of one entry, that one.)
        """
        several = [way for way in self._ways(rows, random) if len(rows) and way.min() != way.max()]
        if not several:
            return rows
        way = several[int(random.integers(len(several)))]
        names = np.unique(way)
        count = int(np.clip(round(random.uniform(0.1, 0.9) * len(names)), 1, len(names) - 1))
        return rows[np.isin(way, random.choice(names, count, replace=False))]

    def _ways(self, rows: Ints, random: np.random.Generator) -> Iterator[Ints]:
        """For each way what the entries are parted by."""
        for way in self.ways:
            if way == "entries":
                yield np.arange(len(rows))
            elif way == "switches":
                yield self.network.switch_of[rows]
            elif way == "elements":
                yield self.network.element_of[rows]
            elif len(rows):
                starts, sizes = self.network.starts[rows], np.diff(self.network.starts)[rows]
                yield self.network.object_of[starts + random.integers(sizes.min())]

    def log(self, broken: Ints, noise: Noise, random: np.random.Generator) -> tuple[Change, ...]:
        """The change log, oldest first."""
        guilty = broken[random.random(len(broken)) >= noise.lost]
        others = np.setdiff1d(self.usable, broken)
        innocent = random.choice(others, min(noise.innocent, len(others)), replace=False)
        ages = random.uniform(0, DAY_S, len(innocent)) if noise.aged else random.exponential(FRESH_S, len(innocent))
        rows = [*zip(guilty, random.exponential(FRESH_S, len(guilty)), strict=True), *zip(innocent, ages, strict=True)]
        names = self.network.objects
        return tuple(Change(names[thing], NOW_S - age) for thing, age in sorted(rows, key=lambda row: -row[1]))
