"""Sets of packets as binary decision diagrams: the bits of a table's keys are the variables.

Dynamic reordering of variables is off: it costs a hundred times what it saves on rule tables (SCOUT, arXiv 1712.08129,
section 3.3).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any, TypeAlias

from contra.deploy.control.model import EntryKey, Match
from contra.verify.masks import mask_of
from contra.verify.shapes import KeyShape, TableShape

Region: TypeAlias = Any
"""A set of packets: a node of the diagram, with the operators &, | and ~."""
_FIRST_CACHE = 1 << 10
"""Entries of the first cache of CUDD, which grows; the one that it makes unasked takes longer than most tables."""


class Space:
    """The packets that a table can tell apart."""

    def __init__(self, shape: TableShape) -> None:
        """Raises ModuleNotFoundError where the package `dd` is missing."""
        self._diagram = _diagram()
        self._keys = {key.name: key for key in shape.keys}
        self._variables = {
            key.name: [f"{number}_{bit}" for bit in range(key.bits)] for number, key in enumerate(shape.keys)
        }
        self._diagram.declare(*(name for names in self._variables.values() for name in names))

    @property
    def nothing(self) -> Region:
        """No packet."""
        return self._diagram.false

    def __len__(self) -> int:
        """Nodes that are in use: what it costs."""
        return len(self._diagram)

    def apart(self, one: Region, other: Region) -> Region:
        """The packets in one of two sets alone."""
        return self._diagram.apply("xor", one, other)

    def of(self, key: EntryKey) -> Region:
        """The packets that an entry matches, whatever comes before it."""
        bits: dict[str, bool] = {}
        ranges = []
        for match in key.matches:
            shape, names = self._keys[match.name], self._variables[match.name]
            if match.kind == "range":
                ranges.append(self._range(names, match.value, match.extra))
            else:
                bits.update(_fixed_bits(shape, names, match))
        region = self._diagram.cube(bits)
        for each in ranges:
            region &= each
        return region

    def _range(self, names: list[str], low: int, high: int) -> Region:
        return self._at_least(names, low) & ~self._at_least(names, high + 1)

    def _at_least(self, names: list[str], bound: int) -> Region:
        """Numbers that are not below a bound."""
        if bound >> len(names):
            return self._diagram.false
        region = self._diagram.true
        for bit, name in enumerate(reversed(names)):
            variable = self._diagram.var(name)
            region = variable & region if bound >> bit & 1 else variable | region
        return region


def _fixed_bits(shape: KeyShape, names: Iterable[str], match: Match) -> dict[str, bool]:
    """The bits that a key has to have, most significant first."""
    mask = mask_of(shape, match)
    places = zip(names, range(shape.bits - 1, -1, -1), strict=True)
    return {name: bool(match.value >> place & 1) for name, place in places if mask >> place & 1}


def _diagram() -> Any:
    """An empty diagram: by CUDD where the package has it, else in Python."""
    try:
        diagram = import_module("dd.cudd").BDD(initial_cache_size=_FIRST_CACHE)
    except ImportError:
        diagram = import_module("dd.autoref").BDD()
    diagram.configure(reordering=False)
    return diagram
