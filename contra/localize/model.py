"""The risk model: what can fail, what it shares, and what did fail. Arrays of numbers inside, names at the edges.

An *entry* of a switch comes from a set of *objects*; entries that stand for the same thing make up an *element*: in
the model of one switch (product node, destination), in the model of the controller (switch, product node,
destination). SCOUT (arXiv 1712.08129, section IV) has edges from elements to objects, and an edge fails if one of the
entries behind it does. The entries are kept here too: with them one can tell an object all of whose entries fail from
one that merely shares elements with it.
"""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Element = Hashable
"""What can fail, as the maker of the model names it: for builds a tuple of names."""
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Object(NamedTuple):
    """Something that entries share: a clause, a link, a table of a switch. `kind` is an open word (`objects.Kind`)."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class Row(NamedTuple):
    """An entry: its element, its objects, and those of them that are to blame for what became of it.

    `blamed` is empty for an entry that is as it should be, equal to `objects` for one that is missing, and in between
    if the fields that differ say more. What it names besides `objects` is left out.

    `place` and `sort` (the switch, and the table) are of use to method contra alone: of what breaks in part often all
    is broken on some switches, or in some tables.
    """

    element: Element
    objects: tuple[Object, ...]
    blamed: tuple[Object, ...] = ()
    place: str = ""
    sort: str = ""


class Change(NamedTuple):
    """A line of the change log: what was changed, and when (seconds, on the clock of the caller's `now`)."""

    object: Object
    at: float
    text: str = ""
    """Who did what, for people."""


@dataclass(frozen=True, eq=False)
class Edges:
    """Pairs of element and object, each once, ordered by element; `failed` where an entry behind it fails."""

    element: Ints
    object: Ints
    failed: Flags


@dataclass(frozen=True, eq=False)
class RiskModel:
    """Entries, their elements and objects. Entry i has the incidences `starts[i]` up to `starts[i + 1]`."""

    elements: Sequence[Element] = field(repr=False)
    objects: Sequence[Object] = field(repr=False)
    element_of: Ints = field(repr=False)
    """Entry -> element."""
    starts: Ints = field(repr=False)
    object_of: Ints = field(repr=False)
    """Incidence -> object."""
    blamed: Flags = field(repr=False)
    """Incidence -> whether the object is to blame. An entry fails if any of its objects is."""
    place_of: Ints = field(repr=False)
    """Entry -> number of its place."""
    sort_of: Ints = field(repr=False)
    """Entry -> number of its sort."""

    @cached_property
    def entry_of(self) -> Ints:
        """Incidence -> entry."""
        return np.repeat(np.arange(len(self.element_of)), np.diff(self.starts))

    @cached_property
    def failed(self) -> Flags:
        """Entry -> whether it fails."""
        return np.bincount(self.entry_of[self.blamed], minlength=len(self.element_of)) > 0

    @cached_property
    def failed_elements(self) -> Ints:
        """Elements with an entry that fails, in order."""
        return distinct(self.element_of[self.failed])

    @cached_property
    def edges(self) -> Edges:
        """The edges of SCOUT: from each element to all objects of its entries; all edges of a failing entry fail."""
        pairs = self.element_of[self.entry_of] * len(self.objects) + self.object_of
        found = distinct(pairs)
        failed = np.zeros(len(found), np.bool_)
        failed[np.searchsorted(found, distinct(pairs[self.failed[self.entry_of]]))] = True
        element, thing = np.divmod(found, max(1, len(self.objects)))
        return Edges(element, thing, failed)

    @cached_property
    def classes(self) -> Ints:
        """Object -> its class: objects of one class have the same entries and are to blame for the same ones."""
        random = np.random.default_rng(1712)
        count = len(self.objects)
        prints = [
            np.bincount(self.object_of, minlength=count),
            np.bincount(self.object_of[self.blamed], minlength=count),
        ]
        for flags in (slice(None), self.blamed):
            for _ in range(3):  # sums of 20 random bits are exact in 53
                bits = random.integers(1, 1 << 20, len(self.element_of)).astype(np.float64)
                weights = bits[self.entry_of[flags]]
                prints.append(np.bincount(self.object_of[flags], weights, minlength=count).astype(np.int64))
        return np.unique(np.array(prints), axis=1, return_inverse=True)[1].reshape(-1)

    @cached_property
    def index(self) -> dict[Object, int]:
        """Object -> its number."""
        return {thing: number for number, thing in enumerate(self.objects)}


def distinct(values: Ints) -> Ints:
    """The different values in order; on millions much faster than `numpy.unique`."""
    ordered = np.sort(values)
    keep = np.ones(len(ordered), np.bool_)
    keep[1:] = ordered[1:] != ordered[:-1]
    return ordered[keep]


def risk_model(rows: Iterable[Row]) -> RiskModel:
    """The model of some entries. Elements and objects are numbered in order of first appearance."""
    numbering = _Numbering()
    for row in rows:
        numbering.add(*row)
    return numbering.model()


class _Numbering:
    """Names -> numbers. Few sets of objects belong to many entries, so an entry is the number of its set."""

    def __init__(self) -> None:
        self.elements: dict[Element, int] = {}
        self.objects: dict[Object, int] = {}
        self.sets: dict[tuple[Object, ...], int] = {}
        self.places: dict[str, int] = {}
        self.sorts: dict[str, int] = {}
        self.element_of, self.set_of, self.place_of, self.sort_of = array("q"), array("q"), array("q"), array("q")
        self.guilty: list[tuple[int, tuple[Object, ...]]] = []

    def add(
        self, element: Element, objects: tuple[Object, ...], blamed: tuple[Object, ...], place: str, sort: str
    ) -> None:
        """One more entry."""
        if blamed:
            self.guilty.append((len(self.element_of), blamed))
        self.element_of.append(self.elements.setdefault(element, len(self.elements)))
        self.set_of.append(self.sets.setdefault(objects, len(self.sets)))
        self.place_of.append(self.places.setdefault(place, len(self.places)))
        self.sort_of.append(self.sorts.setdefault(sort, len(self.sorts)))

    def model(self) -> RiskModel:
        """The arrays."""
        known = self.objects
        sets = [[known.setdefault(thing, len(known)) for thing in dict.fromkeys(each)] for each in self.sets]
        set_of = _ints(self.set_of)
        sizes = np.array([len(each) for each in sets], np.int64)
        begins = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes[set_of])])
        within = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes[set_of])
        members = np.array([number for each in sets for number in each], np.int64)
        object_of = members[np.repeat(begins[:-1][set_of], sizes[set_of]) + within]
        blamed = np.zeros(len(object_of), np.bool_)
        for entry, things in self.guilty:
            own = slice(starts[entry], starts[entry + 1])
            wanted = {known.get(thing) for thing in things}
            blamed[own] = [number in wanted for number in object_of[own].tolist()]
        return RiskModel(
            tuple(self.elements),
            tuple(known),
            _ints(self.element_of),
            starts,
            object_of,
            blamed,
            _ints(self.place_of),
            _ints(self.sort_of),
        )


def _ints(values: array[int]) -> Ints:
    return np.array(values, np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """An object that is held to be broken, and why."""

    object: Object
    evidence: str
    """`hit ratio` (all that depends on it fails, or enough of it), `change log` (changed lately), `hitting set`
    (method exact), `whole` or `part` (method contra: all, or some, of its entries fail)."""
    failed: int
    """Edges of it that fail (method contra: entries)."""
    dependants: int
    """All its edges (method contra: entries)."""
    explained: tuple[Element, ...] = field(repr=False)
    """Failed elements that it accounts for, and that nothing before it did."""
    coverage: Fraction
    """Their share of all failed elements."""
    weight: float = 0.0
    """How much it is needed, in nats: what the description of the failures would cost more without it (method contra);
    for other methods the number of elements explained."""
    alike: tuple[Object, ...] = ()
    """Other objects of just the same entries: nothing that was found tells them apart."""
    changes: tuple[Change, ...] = ()
    """What the log has on it, newest first."""

    @property
    def hit_ratio(self) -> Fraction:
        """Share of its edges that fail."""
        return Fraction(self.failed, self.dependants) if self.dependants else Fraction(0)

    def json(self) -> dict[str, Any]:
        """For programs; JSON types only."""
        return {
            "kind": self.object.kind,
            "name": self.object.name,
            "evidence": self.evidence,
            "failed": self.failed,
            "dependants": self.dependants,
            "explained": len(self.explained),
            "coverage": round(float(self.coverage), 6),
            "weight": round(self.weight, 3),
            "alike": [{"kind": other.kind, "name": other.name} for other in self.alike],
            "changes": [{"at": change.at, "text": change.text} for change in self.changes],
        }


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """What is broken, by one method: the surest suspects first."""

    method: str
    suspects: tuple[Suspect, ...]
    unexplained: tuple[Element, ...] = ()
    """Failed elements that no suspect accounts for."""
    failures: int = 0
    """Failed elements in all."""
