"""What is known of a checked phrase: its type, what it measures, and how large it is written out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from contra.automata.regex import Regex
from contra.check.model import Core, Guard


class Quantity(Enum):
    """What a number measures; the value is how messages name it."""

    ANY = "zero"
    """0, inf, and what had an error: fits everything."""
    NUMBER = "a plain number"
    PERCENT = "a percentage"
    TIME = "a time"
    UTIL = "a utilisation"
    LEN = "a number of links"
    OTHER = "a mixed number"


@dataclass(frozen=True, slots=True)
class Typed:
    """A checked expression. `arity` is None where any fits: inf, and after an error."""

    core: Core
    arity: int | None = 1
    quantity: Quantity = Quantity.OTHER
    may_be_inf: bool = False
    size: int = 1
    depth: int = 1


@dataclass(frozen=True, slots=True)
class TypedGuard:
    """A checked condition."""

    guard: Guard
    size: int
    depth: int


@dataclass(frozen=True, slots=True)
class TypedRegex:
    """A checked regex."""

    regex: Regex
    size: int = 1
    depth: int = 1


def mixed(quantities: list[Quantity]) -> Quantity:
    """What the sum or the choice of numbers measures. A plain number takes the nature of what it meets."""
    kinds = {quantity for quantity in quantities if quantity is not Quantity.ANY}
    if len(kinds) > 1:
        kinds -= {Quantity.NUMBER, Quantity.PERCENT}
    if not kinds:
        return Quantity.ANY if Quantity.NUMBER not in quantities else Quantity.NUMBER
    return kinds.pop() if len(kinds) == 1 else Quantity.OTHER


def multiplied(quantities: list[Quantity]) -> Quantity:
    """What a product measures: what its one factor that is no plain number does."""
    kinds = [q for q in quantities if q not in (Quantity.NUMBER, Quantity.PERCENT, Quantity.ANY)]
    if not kinds:
        return Quantity.NUMBER
    return kinds[0] if len(kinds) == 1 else Quantity.OTHER


def arity_words(arity: int | None) -> str:
    """An arity for people."""
    return "a single number" if arity in (1, None) else f"a tuple of {arity}"
