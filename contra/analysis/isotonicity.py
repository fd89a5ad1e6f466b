"""The order that finds the optimum of a rank: monotone and isotone, or the reason why there is none.

An order is a lexicographic tuple of forms. A rank may use it if the rank never gets better as the order
gets worse. The rules (docs/analysis.md):

* Constants do not count, nor do components that earlier ones determine: `(len, len + lat)` is ordered as
  `(len, lat)`.
* A component over additive metrics with coefficients >= 0 is isotone and cancellative.
* A component over one metric that combines by `max` (coefficient > 0) or by `min` (coefficient < 0), or the
  greatest of several such, is isotone but not cancellative: nothing may follow it.
* A component with a floor or a ceiling, `max(len, 3)`, is not isotone itself; but it never decreases as its
  inner term grows, so the inner term's order finds its optimum. It ties paths that the inner term tells
  apart: nothing may follow it either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from math import gcd, lcm

from contra.analysis.model import Form, Linear, Threshold
from contra.analysis.scalar import Scalar, Space
from contra.check.model import Combine

Order = tuple[Form, ...]


class FaultKind(Enum):
    """What is wrong with a rank."""

    SHRINKS = "it can get smaller when the path gets longer"
    MIXES = "only sums of additive metrics, and maxima of metrics that combine by max, keep their order"
    FOLLOWS = "a component follows one that can hide a difference"
    LEADS = "the guarded metric does not lead"
    SHAPE = "its form is not supported"


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a rank has no order; `component` counts from 0."""

    kind: FaultKind
    component: int


def order_of(rank: Sequence[Scalar], space: Space) -> Order | Fault:
    """The order, with normalised coefficients, whose optimum is an optimum of the rank."""
    finder = _Finder(space)
    for index, scalar in enumerate(rank):
        kind = finder.add(scalar)
        if kind is not None:
            return Fault(kind, index)
    return tuple(finder.order)


def guarded(order: Order, guard: Threshold, space: Space) -> Order | None:
    """The order for a branch under a guard: it leads with the guard's metric, else None.

    A constant rank is served by the metric itself: the path that minimises it satisfies the guard if any
    does.
    """
    sign = Fraction(-1 if space.combine(guard.metric) is Combine.MIN else 1)
    lead = Form((Linear(Fraction(0), ((guard.metric, sign),)),))
    if not order:
        return (lead,)
    return order if order[0] == lead else None


class _Finder:
    """Builds the order component by component."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.order: list[Form] = []
        self._closed = False
        self._basis: list[dict[str, Fraction]] = []

    def add(self, scalar: Scalar) -> FaultKind | None:
        """Take the next component; the fault if it cannot be taken."""
        terms = [term for clause in scalar.clauses for term in clause if term.terms]
        if not terms:
            return None
        if any(self._space.combine(name) is None for name in scalar.metrics):
            return FaultKind.MIXES
        if any(self._shrinks(name, coefficient) for term in terms for name, coefficient in term.terms):
            return FaultKind.SHRINKS
        form = scalar.form()
        if form is None:
            return FaultKind.MIXES if len(scalar.metrics) > 1 else FaultKind.SHAPE
        rests = [self._rest(term) for term in terms]
        if not any(rests):
            return None
        if self._closed:
            return FaultKind.FOLLOWS
        return self._take(form, terms, rests)

    def _take(self, form: Form, terms: list[Linear], rests: list[dict[str, Fraction]]) -> FaultKind | None:
        strict = len(form.alternatives) == 1 and form.ceiling is None
        if len(terms) > 1:
            return self._take_greatest(terms)
        rest = rests[0]
        if not all(self._space.combine(name) is Combine.SUM for name in rest):
            if len(rest) > 1:
                return FaultKind.MIXES
            self._closed = True
        self._closed = self._closed or not strict
        self.order.append(_scaled([Linear(Fraction(0), tuple(rest.items()))]))
        self._learn(rest)
        return None

    def _take_greatest(self, terms: list[Linear]) -> FaultKind | None:
        single = all(len(term.terms) == 1 for term in terms)
        if not single or any(self._space.combine(term.terms[0][0]) is Combine.SUM for term in terms):
            metrics = {name for term in terms for name, _ in term.terms}
            return FaultKind.MIXES if len(metrics) > 1 else FaultKind.SHAPE
        self._closed = True
        self.order.append(_scaled(terms))
        return None

    def _shrinks(self, name: str, coefficient: Fraction) -> bool:
        return (coefficient > 0) == (self._space.combine(name) is Combine.MIN)

    def _rest(self, term: Linear) -> dict[str, Fraction]:
        """The term without what earlier components determine; empty if they determine all of it."""
        if not _reduced(dict(term.terms), self._basis):
            return {}
        return {name: c for name, c in term.terms if _reduced({name: Fraction(1)}, self._basis)}

    def _learn(self, terms: dict[str, Fraction]) -> None:
        """Remember that ties on the order fix `terms`; the basis stays fully reduced."""
        row = _reduced(terms, self._basis)
        if not row:
            return
        pivot = next(iter(row))
        row = {name: c / row[pivot] for name, c in row.items()}
        self._basis = [_reduced(old, [row]) for old in self._basis] + [row]


def _reduced(terms: dict[str, Fraction], basis: list[dict[str, Fraction]]) -> dict[str, Fraction]:
    """`terms` modulo the rows of `basis`, whose first entry is 1 and occurs in no other row."""
    result = dict(terms)
    for row in basis:
        factor = result.get(next(iter(row)), Fraction(0))
        if factor:
            for name, coefficient in row.items():
                result[name] = result.get(name, Fraction(0)) - factor * coefficient
    return {name: c for name, c in result.items() if c}


def _scaled(terms: Sequence[Linear]) -> Form:
    """The greatest of the terms; first constant 0, whole coefficients that have no common divisor."""
    coefficients = [c for term in terms for _, c in term.terms]
    denominator = lcm(*(c.denominator for c in coefficients))
    divisor = gcd(*(c.numerator * (denominator // c.denominator) for c in coefficients))
    factor = Fraction(denominator, divisor)
    base = terms[0].constant
    return Form(
        tuple(
            Linear((term.constant - base) * factor, tuple((name, c * factor) for name, c in term.terms))
            for term in terms
        )
    )
