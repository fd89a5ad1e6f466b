"""`ast.Policy` + `Topology` -> `CheckedPolicy`: one walk over the tree, bottom up."""

from __future__ import annotations

from fractions import Fraction

from contra.check import arithmetic
from contra.check.comparisons import compare
from contra.check.errors import TupleOperand
from contra.check.limits import TooLargeError, bound
from contra.check.model import (
    AllOf,
    AnyOf,
    AttributeInfo,
    CheckedPolicy,
    Compare,
    Cond,
    Core,
    Guard,
    InRegex,
    Metric,
    NotGuard,
    Vector,
)
from contra.check.names import Names
from contra.check.ranks import choice, vector
from contra.check.regexes import Regexes
from contra.check.typed import Quantity, Typed, TypedGuard, arity_words
from contra.diagnostics import Reporter
from contra.source import SourceFile
from contra.syntax import ast
from contra.topology.model import Topology

_MICROSECONDS = {
    ast.Unit.NANOSECONDS: Fraction(1, 1000),
    ast.Unit.MICROSECONDS: Fraction(1),
    ast.Unit.MILLISECONDS: Fraction(1000),
    ast.Unit.SECONDS: Fraction(1_000_000),
}


def check(policy: ast.Policy, topology: Topology, reporter: Reporter, source: SourceFile) -> CheckedPolicy:
    """The policy with names resolved against the topology and types known.

    Raises CompileError with everything that is wrong; warnings stay with the reporter.
    """
    checker = _Checker(topology, reporter)
    try:
        rank = checker.expr(policy.objective)
    except TooLargeError:
        reporter.check()
        raise
    reporter.check()
    return CheckedPolicy(
        source=source,
        rank=rank.core,
        arity=rank.arity or 1,
        regexes=tuple(checker.regexes.table.values()),
        attributes=_used(rank.core, checker.names),
    )


class _Checker:
    """One walk."""

    def __init__(self, topology: Topology, reporter: Reporter) -> None:
        self.reporter = reporter
        self.names = Names(topology, reporter)
        self.regexes = Regexes(self.names, reporter)

    def expr(self, expr: ast.Expr) -> Typed:
        """A number or a tuple."""
        match expr:
            case ast.Number():
                return self.number(expr)
            case ast.Infinity():
                return arithmetic.infinite(expr.span)
            case ast.Attribute():
                info = self.names.attribute(expr.name, expr.span)
                return arithmetic.metric(info.name, expr.span) if info else arithmetic.failed(expr.span)
            case ast.Variable():
                return self.names.number(expr.name, expr.span) or arithmetic.failed(expr.span)
            case ast.Sum():
                terms = [(term.negative, self.scalar(term.value, "in arithmetic")) for term in expr.terms]
                return arithmetic.add(terms, expr.span, self.reporter)
            case ast.Product():
                factors = [self.scalar(factor, "in arithmetic") for factor in expr.factors]
                return arithmetic.multiply(factors, expr.span, self.reporter)
            case ast.Extremum():
                operands = [self.scalar(operand, f"in {expr.function}()") for operand in expr.operands]
                return arithmetic.extremum(expr.function, operands, expr.span, self.reporter)
            case ast.Tuple():
                return vector([self.expr(part) for part in expr.components], expr.span, self.reporter)
            case ast.If():
                branches = [(self.guard(branch.guard), self.expr(branch.value)) for branch in expr.branches]
                return choice(branches, self.expr(expr.otherwise), expr.span, self.reporter)
            case ast.Let():
                return self.let(expr)

    def number(self, expr: ast.Number) -> Typed:
        """A literal, in its base unit."""
        value, quantity = expr.value, Quantity.NUMBER
        if expr.unit is ast.Unit.PERCENT:
            value, quantity = value / 100, Quantity.PERCENT
        elif expr.unit.is_time:
            value, quantity = value * _MICROSECONDS[expr.unit], Quantity.TIME
        return arithmetic.number(value, expr.span, quantity, self.reporter)

    def scalar(self, expr: ast.Expr, place: str) -> Typed:
        """A single number."""
        typed = self.expr(expr)
        if typed.arity in (None, 1):
            return typed
        self.reporter.report(TupleOperand(place=place, found=arity_words(typed.arity), span=expr.span))
        return arithmetic.failed(expr.span)

    def let(self, expr: ast.Let) -> Typed:
        """The body, with the name in force. Every use is the same object."""
        value = self.regexes.check(expr.value) if isinstance(expr.value, ast.Regex) else self.expr(expr.value)
        self.names.push(expr, value)
        body = self.expr(expr.body)
        self.names.pop(expr)
        return body

    def guard(self, condition: ast.Condition) -> TypedGuard:
        """A condition."""
        match condition:
            case ast.Match():
                regex = self.regexes.check(condition.regex)
                bound(regex.size, regex.depth, condition.span, self.reporter)
                index = self.regexes.index(regex.regex, condition.regex)
                return TypedGuard(InRegex(index=index, span=condition.span), regex.size, regex.depth)
            case ast.Comparison():
                left = self.scalar(condition.left, "in a comparison")
                right = self.scalar(condition.right, "in a comparison")
                return compare(condition, left, right, self.reporter)
            case ast.Not():
                operand = self.guard(condition.operand)
                guard = NotGuard(operand=operand.guard, span=condition.span)
                return TypedGuard(guard, operand.size + 1, operand.depth + 1)
            case ast.And() | ast.Or():
                return self.chain(condition)

    def chain(self, condition: ast.And | ast.Or) -> TypedGuard:
        """`and` or `or`."""
        parts = [self.guard(operand) for operand in condition.operands]
        guards = tuple(part.guard for part in parts)
        size, depth = sum(part.size for part in parts) + 1, max(part.depth for part in parts) + 1
        bound(size, depth, condition.span, self.reporter)
        kind = AllOf if isinstance(condition, ast.And) else AnyOf
        return TypedGuard(kind(operands=guards, span=condition.span), size, depth)


def _used(rank: Core, names: Names) -> tuple[AttributeInfo, ...]:
    """The attributes that occur, in the order that `Names` knows them."""
    seen: set[int] = set()
    found: set[str] = set()
    stack: list[Core | Guard] = [rank]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        match node:
            case Metric():
                found.add(node.name)
            case Cond():
                stack.append(node.otherwise)
                for branch in node.branches:
                    stack.extend([branch.guard, branch.value])
            case Compare():
                stack.extend([node.left, node.right])
            case NotGuard():
                stack.append(node.operand)
            case Vector():
                stack.extend(node.components)
            case _:
                stack.extend(getattr(node, "operands", ()))
    return tuple(info for name, info in names.attributes.items() if name in found)
