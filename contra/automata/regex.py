"""Regular expressions over switch names, as plain trees.

Knows no policy and no network: a symbol is a string. `Symbols` holds a whole set, so that an alternation of a
thousand names is one leaf.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class AnySymbol:
    """One symbol, whichever."""


@dataclass(frozen=True, slots=True)
class Symbols:
    """One symbol out of a non-empty set."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Concat:
    """All parts in order; no parts is the empty word."""

    parts: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """Any one of the options; no options is the empty language."""

    options: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Star:
    """Any number of repetitions, zero included."""

    body: Regex


Regex: TypeAlias = AnySymbol | Symbols | Concat | Union | Star
