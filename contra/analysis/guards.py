"""Comparisons as diagrams over thresholds.

`left < right` becomes `left - right < 0`; a minimum of maxima is below zero if all terms of one of its
clauses are, and a linear term in one metric is below zero if that metric is below, or not below, a limit.
What is decided for every path disappears. What tests several metrics at once stays as an opaque variable,
to be refused later.
"""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from contra.analysis.diagram import OPAQUE, THRESHOLD, Diagram
from contra.analysis.model import Linear
from contra.analysis.scalar import Scalar, Space
from contra.syntax.ast import Relation


def comparison(diagram: Diagram, space: Space, relation: Relation, left: Scalar | None, right: Scalar | None) -> int:
    """The diagram of a comparison of two scalars; None is inf."""
    below = _below(diagram, space, left, right, strict=True)
    match relation:
        case Relation.LT:
            return below
        case Relation.GE:
            return _negated(diagram, below)
    at_most = _below(diagram, space, left, right, strict=False)
    match relation:
        case Relation.LE:
            return at_most
        case Relation.GT:
            return _negated(diagram, at_most)
        case Relation.EQ:
            return diagram.choose(below, diagram.false, at_most)
    return diagram.choose(below, diagram.true, _negated(diagram, at_most))


def _negated(diagram: Diagram, guard: int) -> int:
    return diagram.choose(guard, diagram.false, diagram.true)


def _below(diagram: Diagram, space: Space, left: Scalar | None, right: Scalar | None, *, strict: bool) -> int:
    if right is None:
        return diagram.true if left is not None or not strict else diagram.false
    if left is None:
        return diagram.false
    difference = space.add(left, space.multiply(right, space.constant(Fraction(-1))))
    result = diagram.false
    for clause in difference.clauses:
        every = diagram.true
        for term in clause:
            every = diagram.choose(every, _negative(diagram, space, term, strict), diagram.false)
        result = diagram.choose(result, diagram.true, every)
    return result


def _negative(diagram: Diagram, space: Space, term: Linear, strict: bool) -> int:
    """`term < 0`, or `term <= 0` where not strict."""
    low, high = space.bounds(term)
    if high is not None and (high < 0 or (high == 0 and not strict)):
        return diagram.true
    if low is not None and (low > 0 or (low == 0 and strict)):
        return diagram.false
    if len(term.terms) == 1 and space.combine(term.terms[0][0]) is not None:
        return _threshold(diagram, space, term, strict)
    scale = abs(term.terms[0][1])
    if term.terms[0][1] > 0:
        scaled = tuple((name, coefficient / scale) for name, coefficient in term.terms)
        return diagram.test((OPAQUE, scaled, term.constant / scale, 0 if strict else 1))
    scaled = tuple((name, -coefficient / scale) for name, coefficient in term.terms)
    return _negated(diagram, diagram.test((OPAQUE, scaled, -term.constant / scale, 1 if strict else 0)))


def _threshold(diagram: Diagram, space: Space, term: Linear, strict: bool) -> int:
    (name, coefficient) = term.terms[0]
    limit = -term.constant / coefficient
    flipped = coefficient < 0  # -m < -c is not (m <= c)
    strict = strict != flipped
    if name == "len":  # whole numbers: `len <= 2` and `len < 2.5` are `len < 3`
        limit, strict = Fraction(ceil(limit) if strict else floor(limit) + 1), True
    variable = (THRESHOLD, space.position(name), limit, 0 if strict else 1, name)
    guard = diagram.test(variable)
    return _negated(diagram, guard) if flipped else guard
