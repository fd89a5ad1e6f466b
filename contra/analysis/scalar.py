"""Scalar expressions without conditions, in one normal form: a minimum of maxima of linear terms.

Every expression made of numbers, metrics, sums, multiples, `min` and `max` has such a form. A product of
two metrics does not; it becomes a metric of its own (an *opaque* one), so that it can be named and
evaluated when it is refused. The form is simplified by what is known of metrics: a ranked path has at
least one link, so `len >= 1`, and every other metric is at least 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from contra.analysis import text
from contra.analysis.model import Form, Linear
from contra.check.model import AttributeInfo, Combine

_MAX_TERMS = 64
_MAX_CLAUSES = 32
_MAX_BITS = 2048

Clause = tuple[Linear, ...]
_Join = Callable[[Clause, Clause], Iterable[Linear]]


class TooComplex(Exception):
    """The normal form has become too large; `reason` says in what way."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Scalar:
    """min over the clauses of max over their linear terms; neither is empty."""

    clauses: tuple[Clause, ...]

    @property
    def constant(self) -> Fraction | None:
        """The value, if no metric occurs."""
        if len(self.clauses) == 1 and len(self.clauses[0]) == 1 and not self.clauses[0][0].terms:
            return self.clauses[0][0].constant
        return None

    @property
    def metrics(self) -> frozenset[str]:
        """The metrics that occur, opaque ones included."""
        return frozenset(name for clause in self.clauses for term in clause for name, _ in term.terms)

    def form(self) -> Form | None:
        """The expression as a rank component, or None where it has more than one minimum."""
        bounded = [clause for clause in self.clauses if len(clause) > 1 or clause[0].terms]
        if len(bounded) > 1:
            return None
        ceiling = next((c[0].constant for c in self.clauses if len(c) == 1 and not c[0].terms), None)
        if not bounded:
            return Form(alternatives=(Linear(constant=ceiling or Fraction(0)),))
        alternatives = sorted(bounded[0], key=lambda term: not term.terms)
        return Form(alternatives=tuple(alternatives), ceiling=ceiling)

    def __str__(self) -> str:
        inner = (text.call("max", (text.linear(term) for term in clause)) for clause in self.clauses)
        return text.call("min", inner)


def lowest(name: str) -> Fraction:
    """The least value of a metric on a path of at least one link."""
    return Fraction(1 if name == "len" else 0)


class Space:
    """The metrics of a policy and the arithmetic on scalars over them."""

    def __init__(self, attributes: Sequence[AttributeInfo]) -> None:
        self.attributes: Mapping[str, AttributeInfo] = {info.name: info for info in attributes}
        self._position = {info.name: place for place, info in enumerate(attributes)}
        self.opaque: dict[str, tuple[Scalar, Scalar]] = {}
        """Products of non-constant expressions, by text."""

    def position(self, name: str) -> int:
        """Place of a metric in the order of the policy; opaque ones come last."""
        return self._position[name]

    def combine(self, name: str) -> Combine | None:
        """How the metric grows along a path; None for an opaque one."""
        info = self.attributes.get(name)
        return info.combine if info else None

    def real_metrics(self, scalar: Scalar) -> frozenset[str]:
        """The metrics that occur, those inside of opaque ones in their place."""
        found: set[str] = set()
        pending = [scalar]
        while pending:
            for name in pending.pop().metrics:
                if name in self.opaque:
                    pending += self.opaque[name]
                else:
                    found.add(name)
        return frozenset(found)

    # ---------------------------------------------------------------------------------------- arithmetic

    def constant(self, value: Fraction) -> Scalar:
        """A number."""
        return Scalar(((self._linear(value, {}),),))

    def metric(self, name: str) -> Scalar:
        """A metric on its own."""
        return Scalar(((Linear(constant=Fraction(0), terms=((name, Fraction(1)),)),),))

    def add(self, a: Scalar, b: Scalar) -> Scalar:
        """Sum."""
        return self._pairs(a, b, lambda x, y: [self._plus(s, t) for s in x for t in y])

    def maximum(self, a: Scalar, b: Scalar) -> Scalar:
        """Greater of the two."""
        return self._pairs(a, b, lambda x, y: [*x, *y])

    def minimum(self, a: Scalar, b: Scalar) -> Scalar:
        """Lesser of the two."""
        return self._simplified([*a.clauses, *b.clauses])

    def multiply(self, a: Scalar, b: Scalar) -> Scalar:
        """Product; an opaque metric where neither factor is a number."""
        if (factor := a.constant) is not None:
            return self._scale(b, factor)
        if (factor := b.constant) is not None:
            return self._scale(a, factor)
        name = f"({a}) * ({b})"
        if len(name) > 400:
            raise TooComplex("it multiplies metrics with each other")
        self.opaque.setdefault(name, (a, b))
        self._position.setdefault(name, len(self._position))
        return self.metric(name)

    def _scale(self, a: Scalar, factor: Fraction) -> Scalar:
        clauses = [[self._times(term, factor) for term in clause] for clause in a.clauses]
        if factor >= 0:
            return self._simplified(clauses)
        size = 1
        for clause in clauses:
            size *= len(clause)
        if size > _MAX_CLAUSES * 4:
            raise TooComplex("it nests too many minima and maxima")
        return self._simplified(list(product(*clauses)))

    def _pairs(self, a: Scalar, b: Scalar, join: _Join) -> Scalar:
        if len(a.clauses) * len(b.clauses) > _MAX_CLAUSES * 4:
            raise TooComplex("it nests too many minima and maxima")
        return self._simplified([join(x, y) for x in a.clauses for y in b.clauses])

    def _plus(self, a: Linear, b: Linear) -> Linear:
        if not b.terms:
            return self._checked(Linear(a.constant + b.constant, a.terms))
        sums = dict(a.terms)
        for name, coefficient in b.terms:
            sums[name] = sums.get(name, Fraction(0)) + coefficient
        return self._linear(a.constant + b.constant, sums)

    def _times(self, a: Linear, factor: Fraction) -> Linear:
        return self._linear(a.constant * factor, {name: c * factor for name, c in a.terms})

    def _linear(self, constant: Fraction, terms: Mapping[str, Fraction]) -> Linear:
        kept = sorted((n for n, c in terms.items() if c), key=self.position)
        return self._checked(Linear(constant, tuple((n, terms[n]) for n in kept)))

    @staticmethod
    def _checked(value: Linear) -> Linear:
        for part in (value.constant, *(c for _, c in value.terms)):
            if part.numerator.bit_length() > _MAX_BITS or part.denominator.bit_length() > _MAX_BITS:
                raise TooComplex(f"it works out to a number of more than {_MAX_BITS} bits")
        return value

    # ------------------------------------------------------------------------------------ simplification

    def bounds(self, a: Linear) -> tuple[Fraction | None, Fraction | None]:
        """Least and greatest value of a linear term over all paths; None where there is none."""
        corner = a.constant + sum((c * lowest(n) for n, c in a.terms), Fraction(0))
        if any(self.combine(name) is None for name, _ in a.terms):
            return None, None
        low = corner if all(c >= 0 for _, c in a.terms) else None
        high = corner if all(c <= 0 for _, c in a.terms) else None
        return low, high

    def _below(self, a: Linear, b: Linear) -> bool:
        """Whether a <= b for every path."""
        low, _ = self.bounds(self._plus(b, self._times(a, Fraction(-1))))
        return low is not None and low >= 0

    def _simplified(self, clauses: Sequence[Iterable[Linear]]) -> Scalar:
        if len(clauses) == 1:
            return Scalar((self._clause(clauses[0]),))
        kept: list[Clause] = []
        for candidate in dict.fromkeys(map(self._clause, clauses)):
            if any(self._clause_below(other, candidate) for other in kept):
                continue
            kept = [other for other in kept if not self._clause_below(candidate, other)]
            kept.append(candidate)
            if len(kept) > _MAX_CLAUSES:
                raise TooComplex("it nests too many minima and maxima")
        return Scalar(tuple(sorted(kept, key=self._clause_key)))

    def _clause(self, terms: Iterable[Linear]) -> Clause:
        kept: list[Linear] = []
        for candidate in dict.fromkeys(terms):
            if any(self._below(candidate, other) for other in kept):
                continue
            kept = [other for other in kept if not self._below(other, candidate)]
            kept.append(candidate)
            if len(kept) > _MAX_TERMS:
                raise TooComplex(f"a maximum has more than {_MAX_TERMS} different terms")
        return tuple(sorted(kept, key=self._key))

    def _clause_below(self, a: Clause, b: Clause) -> bool:
        return all(any(self._below(x, y) for y in b) for x in a)

    def _key(self, a: Linear) -> tuple[list[tuple[int, Fraction]], Fraction]:
        return [(self.position(n), c) for n, c in a.terms], a.constant

    def _clause_key(self, clause: Clause) -> list[tuple[list[tuple[int, Fraction]], Fraction]]:
        return [self._key(term) for term in clause]
