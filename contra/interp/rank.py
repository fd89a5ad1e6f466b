"""The rank of one path: the policy's expression, evaluated on the path's metrics and on the regexes that it matches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import total_ordering
from itertools import pairwise
from math import inf, prod
from typing import TypeAlias

from contra.check.model import (
    Add,
    AllOf,
    AnyOf,
    CheckedPolicy,
    Combine,
    Compare,
    Cond,
    Const,
    Core,
    Guard,
    Inf,
    InRegex,
    Max,
    Metric,
    Min,
    Mul,
    NotGuard,
    Vector,
)
from contra.interp.network import Walk, names_of
from contra.interp.regex import matches
from contra.syntax.ast import Relation

_Number: TypeAlias = Fraction | float
"""A fraction, or `math.inf`."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Rank:
    """A rank: components compared one after the other, or None for infinity, which is worse than all others."""

    components: tuple[Fraction, ...] | None

    @property
    def is_infinite(self) -> bool:
        """Whether the path must not be used."""
        return self.components is None

    def __lt__(self, other: Rank) -> bool:
        if self.components is None or other.components is None:
            return self.components is not None
        return self.components < other.components

    def __str__(self) -> str:
        if self.components is None:
            return "inf"
        texts = [_text(value) for value in self.components]
        return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"

    def json(self) -> list[int | float] | str:
        """A list of numbers, or "inf"."""
        if self.components is None:
            return "inf"
        return [value.numerator if value.denominator == 1 else float(value) for value in self.components]


INF = Rank(None)
"""Drop."""


def rank(policy: CheckedPolicy, walk: Walk) -> Rank:
    """The rank that the source of a walk gives it. Raises ValueError where the edges make no walk."""
    if not walk:
        raise ValueError("a walk has at least one link")
    if any(one.target != other.source for one, other in pairwise(walk)):
        raise ValueError("the edges of a walk follow one another")
    return evaluate(policy, metrics(policy, walk), matched_by(policy, names_of(walk)))


def matched_by(policy: CheckedPolicy, names: tuple[str, ...]) -> frozenset[int]:
    """The indices of the regexes that match a sequence of switches."""
    return frozenset(each.index for each in policy.regexes if matches(each.regex, names))


def evaluate(policy: CheckedPolicy, values: Mapping[str, Fraction], matched: frozenset[int]) -> Rank:
    """The rank by metrics, and by the indices of the regexes that match."""
    return _Evaluation(values, matched).rank(policy.rank)


def deciding(policy: CheckedPolicy, values: Mapping[str, Fraction], matched: frozenset[int]) -> Core:
    """The part of the policy that a rank comes from: the branch that applies, or all of it where there are none."""
    evaluation = _Evaluation(values, matched)
    core = policy.rank
    while isinstance(core, Cond):
        core = evaluation.choice(core)
    return core


def metrics(policy: CheckedPolicy, walk: Walk) -> Mapping[str, Fraction]:
    """The attributes that the policy uses, combined along a walk; `lat` in microseconds."""
    result = {}
    for attribute in policy.attributes:
        values = [edge.value(attribute.name) for edge in walk]
        match attribute.combine:
            case Combine.SUM:
                result[attribute.name] = sum(values, Fraction(0))
            case Combine.MAX:
                result[attribute.name] = max(values)
            case Combine.MIN:
                result[attribute.name] = min(values)
    return result


class _Evaluation:
    """The policy's expression on one path. Shared parts (from `let`) are computed once."""

    def __init__(self, values: Mapping[str, Fraction], matched: frozenset[int]) -> None:
        self.values = values
        self.matched = matched
        self.known: dict[int, _Number] = {}

    def rank(self, core: Core) -> Rank:
        """The value of what stands where a rank is expected."""
        match core:
            case Cond():
                return self.rank(self.choice(core))
            case Vector():
                found = [self.number(component) for component in core.components]
            case _:
                found = [self.number(core)]
        finite = tuple(value for value in found if isinstance(value, Fraction))
        return Rank(finite) if len(finite) == len(found) else INF

    def choice(self, core: Cond) -> Core:
        """The value of the first branch whose guard holds."""
        for branch in core.branches:
            if self.holds(branch.guard):
                return branch.value
        return core.otherwise

    def number(self, core: Core) -> _Number:
        """The value of a scalar."""
        if id(core) not in self.known:
            self.known[id(core)] = self.computed(core)
        return self.known[id(core)]

    def computed(self, core: Core) -> _Number:
        match core:
            case Const():
                return core.value
            case Inf():
                return inf
            case Metric():
                return self.values[core.name]
            case Add():
                return sum(map(self.number, core.operands), Fraction(0))
            case Mul():
                return prod(map(self.number, core.operands), start=Fraction(1))
            case Min():
                return min(map(self.number, core.operands))
            case Max():
                return max(map(self.number, core.operands))
            case Cond():
                return self.number(self.choice(core))
            case Vector():
                raise ValueError("a tuple stands on top of a rank only")

    def holds(self, guard: Guard) -> bool:
        """Whether a condition is true of the path."""
        match guard:
            case InRegex():
                return guard.index in self.matched
            case Compare():
                return _compare(guard.relation, self.number(guard.left), self.number(guard.right))
            case NotGuard():
                return not self.holds(guard.operand)
            case AllOf():
                return all(map(self.holds, guard.operands))
            case AnyOf():
                return any(map(self.holds, guard.operands))


def _compare(relation: Relation, left: _Number, right: _Number) -> bool:
    match relation:
        case Relation.LT:
            return left < right
        case Relation.LE:
            return left <= right
        case Relation.GT:
            return left > right
        case Relation.GE:
            return left >= right
        case Relation.EQ:
            return left == right
        case Relation.NE:
            return left != right


def _text(value: Fraction) -> str:
    """A decimal where there is a short one, else a fraction."""
    short = f"{float(value):.12g}"
    return short if "e" not in short and Fraction(short) == value else str(value)
