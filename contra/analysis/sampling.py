"""The grid of paths and links on which a rule is tried out, in floating point.

Values come from the numbers in the rule: limits of thresholds and their surroundings, floors and ceilings,
ratios of coefficients, and a few round numbers. Simple values come first, so that the first hit reads
well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from random import Random

from contra.analysis.diagram import LEAF, OPAQUE, THRESHOLD, opaque_linear
from contra.analysis.model import Linear
from contra.analysis.normalise import Normalised
from contra.analysis.scalar import Scalar, lowest
from contra.check.model import Combine

Point = tuple[Fraction, ...]
Floats = tuple[float, ...]

_MAX_PATHS = 220
_MAX_LINKS = 40
_DROP = (float("inf"),)
_STEPS: dict[Combine, Callable[[float, float], float]] = {
    Combine.SUM: float.__add__,
    Combine.MAX: max,
    Combine.MIN: min,
}

_FRACTIONS = ("1/2", "1/10", "9/10", "0", "1/4", "3/4", "1")
_UNITS = ("1", "2", "3", "5", "0")
_TENS = ("10", "20", "50", "0", "100")


def _round_numbers(name: str, combine: Combine, tier: int) -> list[Fraction]:
    texts: tuple[str, ...] = _TENS
    if name == "len":
        texts = _UNITS
    elif combine is Combine.MAX:
        texts = _FRACTIONS
    values = [Fraction(t) for t in texts]
    if tier:
        values += [Fraction(t) for t in ("2", "4", "1", "8", "1000")]
    return values


class Sampler:
    """One rule on a grid. The higher the tier (0 to 2), the wilder the values."""

    def __init__(self, normalised: Normalised, node: int, tier: int) -> None:
        self._n = normalised
        self._node = node
        self._tier = tier
        self._linears = list(self._all_linears())
        self.metrics = self._used()
        """Metrics of the rule, in the order of the policy; points list values in this order."""
        self._place = {name: place for place, name in enumerate(self.metrics)}
        self._steps = [_STEPS[normalised.space.attributes[name].combine] for name in self.metrics]
        self._compiled: dict[Linear, Callable[[Floats], float]] = {}
        self._limits: dict[Fraction, float] = {}
        self._ranks: dict[int, list[Callable[[Floats], float]]] = {}
        values = [self._values(name) for name in self.metrics]
        self.paths = self._grid(values, _MAX_PATHS)
        rows = zip(self.metrics, values, strict=True)
        self.links = self._grid([[Fraction(1)] if name == "len" else row for name, row in rows], _MAX_LINKS)
        """What links add; `len` is always 1."""

    # ------------------------------------------------------------------------------------------- the grid

    def _all_linears(self) -> Iterator[Linear]:
        diagram, pending = self._n.diagram, []
        for node in diagram.reachable(self._node):
            if diagram.kind(node) == LEAF:
                pending += list(diagram.value(node))
            elif diagram.kind(node) == OPAQUE:
                pending.append(Scalar(((opaque_linear(diagram.variable(node)),),)))
        while pending:
            scalar = pending.pop()
            for clause in scalar.clauses:
                for term in clause:
                    yield term
                    for name, _ in term.terms:
                        pending += self._n.space.opaque.get(name, ())

    def _thresholds(self) -> Iterator[tuple[str, Fraction]]:
        diagram = self._n.diagram
        for node in diagram.reachable(self._node):
            variable = diagram.variable(node)
            if variable[0] == THRESHOLD:
                yield variable[4], variable[2]

    def _used(self) -> tuple[str, ...]:
        space = self._n.space
        names = {name for term in self._linears for name, _ in term.terms}
        names |= {name for name, _ in self._thresholds()}
        return tuple(sorted(names & space.attributes.keys(), key=space.position))

    def _values(self, name: str) -> list[Fraction]:
        near: list[Fraction] = []
        for tested, limit in self._thresholds():
            if tested == name:
                near += self._around(limit)
        for term in self._linears:
            near += self._from_linear(name, term)
        combine = self._n.space.attributes[name].combine
        values = [*near[:6], *_round_numbers(name, combine, self._tier), *near[6:24]]
        if name == "len":
            values = [Fraction(max(1, round(value))) for value in values]
        return [value for value in dict.fromkeys(values) if value >= lowest(name)]

    def _around(self, limit: Fraction) -> list[Fraction]:
        above = (limit + 1) / 2 if 0 < limit < 1 else limit * 2
        values = [limit / 2, above, limit]
        if self._tier:
            values += [limit * Fraction(15, 16), limit * Fraction(17, 16), limit - 1, limit + 1]
        return values

    def _from_linear(self, name: str, term: Linear) -> list[Fraction]:
        mine = dict(term.terms).get(name)
        if not mine:
            return []
        values: list[Fraction] = []
        others = [abs(c / mine) for other, c in term.terms if other != name]
        if self._tier:
            for ratio in others:
                values += [ratio, 2 * ratio, ratio / 2]
            for other in self._linears[:12]:
                crossing = (other.constant - term.constant) / mine
                values += [crossing, crossing + 1, crossing / 2]
                values += [abs(c / mine) for n, c in other.terms if n != name]
        return values

    def _grid(self, values: Sequence[Sequence[Fraction]], limit: int) -> list[Point]:
        size, rows = 1, [list(row) for row in values]
        for row in rows:
            size *= len(row)
        if size > 3 * limit and self._tier == 2:
            random = Random(20)
            drawn = (tuple(random.choice(row) for row in rows) for _ in range(limit))
            return list(dict.fromkeys(drawn))
        while size > limit and max(map(len, rows)) > 2:
            longest = max(rows, key=len)
            size = size // len(longest) * (len(longest) - 1)
            longest.pop()
        places = sorted(product(*(range(len(row)) for row in rows)), key=lambda place: (sum(place), place))
        return [tuple(row[i] for row, i in zip(rows, place, strict=True)) for place in places[: 4 * limit]]

    # -------------------------------------------------------------------------------------- evaluation

    def extend(self, path: Floats, link: Floats) -> Floats:
        """The metrics of a path that is extended by a link."""
        return tuple([step(a, b) for step, a, b in zip(self._steps, path, link, strict=True)])

    def linear(self, term: Linear) -> Callable[[Floats], float]:
        """The term as a function of points."""
        if term not in self._compiled:
            self._compiled[term] = self._compile(term)
        return self._compiled[term]

    def _compile(self, term: Linear) -> Callable[[Floats], float]:
        constant = float(term.constant)
        known = [(self._place[n], float(c)) for n, c in term.terms if n in self._place]
        opaque = [(self._product(n), float(c)) for n, c in term.terms if n not in self._place]

        def value(path: Floats) -> float:
            result = constant
            for place, coefficient in known:
                result += coefficient * path[place]
            for product_of, coefficient in opaque:
                result += coefficient * product_of(path)
            return result

        return value

    def _product(self, name: str) -> Callable[[Floats], float]:
        left, right = map(self._scalar, self._n.space.opaque[name])
        return lambda path: left(path) * right(path)

    def _scalar(self, scalar: Scalar) -> Callable[[Floats], float]:
        """The expression as a function of points."""
        clauses = [[self.linear(term) for term in clause] for clause in scalar.clauses]
        if len(clauses) == len(clauses[0]) == 1:
            return clauses[0][0]
        return lambda path: min([max([term(path) for term in clause]) for clause in clauses])

    def _limit(self, limit: Fraction) -> float:
        if limit not in self._limits:
            self._limits[limit] = float(limit)
        return self._limits[limit]

    def leaf(self, path: Floats) -> int:
        """The leaf that ranks a path."""
        diagram, node = self._n.diagram, self._node
        while diagram.kind(node) != LEAF:
            variable = diagram.variable(node)
            if variable[0] == THRESHOLD:
                value, limit = path[self._place[variable[4]]], self._limit(variable[2])
            else:
                value, limit = self.linear(opaque_linear(variable))(path), 0.0
            holds = value < limit or (value == limit and variable[3] == 1)
            node = diagram.yes(node) if holds else diagram.no(node)
        return node

    def rank(self, path: Floats) -> tuple[int, Floats]:
        """Leaf and rank of a path."""
        leaf = self.leaf(path)
        if leaf not in self._ranks:
            self._ranks[leaf] = [self._scalar(scalar) for scalar in self._n.diagram.value(leaf)]
        return leaf, tuple([component(path) for component in self._ranks[leaf]]) or _DROP
