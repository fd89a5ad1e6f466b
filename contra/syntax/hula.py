"""Byte counts of the .hula dialect -> fractions of a link's capacity.

In that dialect `path.util` counts bytes (per second) of a link of one known speed. With B = 8 / speed, bytes * B is
the fraction, so that both sides of a comparison, and all terms of a sum, that count bytes are multiplied by B: numbers
directly, other terms by a factor; `path.util` already is a fraction in our trees. A rank that is `path.util` times a
number keeps its order without any conversion.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from contra.diagnostics import Reporter
from contra.syntax import ast, build, hula_errors

_DECIMALS = 12
"""Where the division does not come out even; a part in 10^12 of the load of a link is nothing."""


def to_fractions(policy: ast.Policy, capacity: int | None, reporter: Reporter) -> ast.Policy:
    """The policy with byte counts as fractions of `capacity` (bit/s); reports where that is missing but needed."""
    converter = _Converter(capacity, reporter)
    rules = tuple(replace(rule, objective=converter.rank(rule.objective)) for rule in policy.rules)
    return replace(policy, rules=rules)


def counts_bytes(expr: ast.Expr) -> int:
    """In how many factors the utilisation occurs: 0 for a plain number, 1 for bytes, 2 and more for their products."""
    match expr:
        case ast.Attribute(name="util"):
            return 1
        case ast.Sum():
            return max(counts_bytes(term.value) for term in expr.terms)
        case ast.Product():
            return sum(counts_bytes(factor) for factor in expr.factors)
        case ast.Extremum():
            return max(counts_bytes(operand) for operand in expr.operands)
        case ast.Tuple():
            return max(counts_bytes(component) for component in expr.components)
        case ast.If():
            values = [branch.value for branch in expr.branches]
            return max(counts_bytes(value) for value in [*values, expr.otherwise])
        case _:
            return 0


class _Converter:
    def __init__(self, capacity: int | None, reporter: Reporter) -> None:
        self.capacity = capacity
        self.reporter = reporter

    def rank(self, expr: ast.Expr) -> ast.Expr:
        """An expression whose value counts on its own: its parts are converted only where they meet bytes."""
        match expr:
            case ast.Sum() | ast.Extremum() if self.mixes(_parts(expr)):
                return self.fraction(expr)
            case ast.Sum():
                return replace(expr, terms=tuple(replace(t, value=self.rank(t.value)) for t in expr.terms))
            case ast.Extremum():
                return replace(expr, operands=tuple(self.rank(operand) for operand in expr.operands))
            case ast.Product():
                return replace(expr, factors=tuple(self.rank(factor) for factor in expr.factors))
            case ast.Tuple():
                return replace(expr, components=tuple(self.rank(part) for part in expr.components))
            case ast.If():
                branches = (ast.Branch(guard=self.guard(b.guard), value=self.rank(b.value)) for b in expr.branches)
                return replace(expr, branches=tuple(branches), otherwise=self.rank(expr.otherwise))
            case _:
                return expr

    def guard(self, condition: ast.Condition) -> ast.Condition:
        """The same for conditions."""
        match condition:
            case ast.Comparison(left=left, right=right):
                side = self.fraction if counts_bytes(left) or counts_bytes(right) else self.rank
                return replace(condition, left=side(left), right=side(right))
            case ast.Not():
                return replace(condition, operand=self.guard(condition.operand))
            case ast.And() | ast.Or():
                return replace(condition, operands=tuple(self.guard(part) for part in condition.operands))
            case _:
                return condition

    def mixes(self, parts: Iterable[ast.Expr]) -> bool:
        """Whether bytes meet something else that is not zero."""
        degrees = {counts_bytes(part) for part in parts if not _is_neutral(part)}
        return len(degrees) > 1

    def fraction(self, expr: ast.Expr) -> ast.Expr:
        """The expression, which is in bytes or meets bytes, as a fraction."""
        if counts_bytes(expr) > 1:
            self.reporter.report(hula_errors.NotLinearInBytes(span=expr.span))
            return expr
        match expr:
            case ast.Attribute(name="util") | ast.Infinity():
                return expr
            case ast.Sum():
                return replace(expr, terms=tuple(replace(t, value=self.fraction(t.value)) for t in expr.terms))
            case ast.Extremum():
                return replace(expr, operands=tuple(self.fraction(operand) for operand in expr.operands))
            case ast.If():
                branches = (ast.Branch(guard=self.guard(b.guard), value=self.fraction(b.value)) for b in expr.branches)
                return replace(expr, branches=tuple(branches), otherwise=self.fraction(expr.otherwise))
            case ast.Product():
                return self.product(expr)
            case ast.Number():
                return replace(expr, value=self.scaled(expr.value, expr))
            case _:
                return self.weighted(expr)

    def product(self, expr: ast.Product) -> ast.Expr:
        """One factor takes the conversion: the one in bytes, else a number, else a new one."""
        for wanted in (counts_bytes, _is_number):
            for place, factor in enumerate(expr.factors):
                if wanted(factor):
                    factors = list(map(self.rank, expr.factors))
                    factors[place] = self.fraction(factor)
                    return replace(expr, factors=tuple(factors))
        return self.weighted(expr)

    def weighted(self, expr: ast.Expr) -> ast.Expr:
        factor = ast.Number(value=self.scaled(Fraction(1), expr), span=expr.span)
        return build.product_of([factor, self.rank(expr)], expr.span)

    def scaled(self, value: Fraction, place: ast.Expr) -> Fraction:
        if not value:
            return value
        if self.capacity is None:
            self.reporter.report(hula_errors.NeedsCapacity(span=place.span))
            return value
        exact = value * 8 / self.capacity
        return exact if _is_decimal(exact) else round(exact, _DECIMALS) or Fraction(1, 10**_DECIMALS)


def _parts(expr: ast.Sum | ast.Extremum) -> tuple[ast.Expr, ...]:
    return tuple(term.value for term in expr.terms) if isinstance(expr, ast.Sum) else expr.operands


def _is_number(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Number)


def _is_neutral(expr: ast.Expr) -> bool:
    return isinstance(expr, ast.Infinity) or (isinstance(expr, ast.Number) and not expr.value)


def _is_decimal(value: Fraction) -> bool:
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return rest == 1
