"""What a policy means, straight from the definition: ranks a path by the tree as written, or as checked.

A path is a word of switch names. Regexes go to Python's `re` over one character a switch. inf is a float; a
tuple with an infinite component is infinity.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf, prod

from contra.automata import regex as automata
from contra.check import model
from contra.syntax import ast

RELATIONS = {
    ast.Relation.LT: operator.lt,
    ast.Relation.LE: operator.le,
    ast.Relation.GT: operator.gt,
    ast.Relation.GE: operator.ge,
    ast.Relation.EQ: operator.eq,
    ast.Relation.NE: operator.ne,
}
SCALES = {
    ast.Unit.NONE: Fraction(1),
    ast.Unit.PERCENT: Fraction(1, 100),
    ast.Unit.NANOSECONDS: Fraction(1, 1000),
    ast.Unit.MICROSECONDS: Fraction(1),
    ast.Unit.MILLISECONDS: Fraction(1000),
    ast.Unit.SECONDS: Fraction(10**6),
}


@dataclass(frozen=True)
class Path:
    """The switches of a path, and its metrics in base units."""

    switches: tuple[str, ...]
    metrics: Mapping[str, Fraction]
    alphabet: Sequence[str]

    def matches(self, pattern: str) -> bool:
        word = "".join(letter(self.alphabet, name) for name in self.switches)
        return re.fullmatch(pattern, word) is not None


def letter(alphabet: Sequence[str], name: str) -> str:
    return chr(0x4E00 + list(alphabet).index(name))


def joined(values):
    flat = []
    for value in values:
        flat.extend(value if isinstance(value, tuple) else [value])
    return inf if inf in flat else tuple(flat)


# ---------------------------------------------------------------------------------------- as written


def written_pattern(regex: ast.Regex, alphabet: Sequence[str], scope: Mapping[str, object]) -> str:
    match regex:
        case ast.AnySwitch():
            return "."
        case ast.SwitchName():
            bound = scope.get(regex.name)
            return bound if isinstance(bound, str) else letter(alphabet, regex.name)
        case ast.Repetition():
            return f"(?:{written_pattern(regex.body, alphabet, scope)})*"
        case ast.Sequence():
            return "".join(f"(?:{written_pattern(part, alphabet, scope)})" for part in regex.parts)
        case ast.Alternation():
            return "|".join(f"(?:{written_pattern(option, alphabet, scope)})" for option in regex.options)
    raise AssertionError(regex)


def written_rank(expr: ast.Expr, path: Path, scope: Mapping[str, object]):
    def value(inner):
        return written_rank(inner, path, scope)

    match expr:
        case ast.Number():
            return expr.value * SCALES[expr.unit]
        case ast.Infinity():
            return inf
        case ast.Attribute():
            return path.metrics[expr.name]
        case ast.Variable():
            return scope[expr.name]
        case ast.Sum():
            return sum((-value(t.value) if t.negative else value(t.value)) for t in expr.terms)
        case ast.Product():
            return prod(map(value, expr.factors))
        case ast.Extremum():
            return (min if expr.function == "min" else max)(map(value, expr.operands))
        case ast.Tuple():
            return joined(map(value, expr.components))
        case ast.If():
            for branch in expr.branches:
                if written_guard(branch.guard, path, scope):
                    return value(branch.value)
            return value(expr.otherwise)
        case ast.Let():
            if isinstance(expr.value, ast.Regex):
                bound = f"(?:{written_pattern(expr.value, path.alphabet, scope)})"
            else:
                bound = value(expr.value)
            return written_rank(expr.body, path, {**scope, expr.name: bound})
    raise AssertionError(expr)


def written_guard(guard: ast.Condition, path: Path, scope: Mapping[str, object]) -> bool:
    match guard:
        case ast.Match():
            return path.matches(written_pattern(guard.regex, path.alphabet, scope))
        case ast.Comparison():
            left, right = (written_rank(side, path, scope) for side in (guard.left, guard.right))
            return RELATIONS[guard.relation](left, right)
        case ast.Not():
            return not written_guard(guard.operand, path, scope)
        case ast.And():
            return all(written_guard(operand, path, scope) for operand in guard.operands)
        case ast.Or():
            return any(written_guard(operand, path, scope) for operand in guard.operands)
    raise AssertionError(guard)


# ---------------------------------------------------------------------------------------- as checked


def checked_pattern(regex: automata.Regex, alphabet: Sequence[str]) -> str:
    match regex:
        case automata.AnySymbol():
            return "."
        case automata.Symbols():
            return "[" + "".join(sorted(letter(alphabet, name) for name in regex.names)) + "]"
        case automata.Concat():
            return "".join(f"(?:{checked_pattern(part, alphabet)})" for part in regex.parts)
        case automata.Union():
            return "|".join(f"(?:{checked_pattern(option, alphabet)})" for option in regex.options)
        case automata.Star():
            return f"(?:{checked_pattern(regex.body, alphabet)})*"
    raise AssertionError(regex)


def checked_rank(core: model.Core, path: Path, regexes: Sequence[str]):
    def value(inner):
        return checked_rank(inner, path, regexes)

    match core:
        case model.Const():
            return core.value
        case model.Inf():
            return inf
        case model.Metric():
            return path.metrics[core.name]
        case model.Add():
            return sum(map(value, core.operands))
        case model.Mul():
            return prod(map(value, core.operands))
        case model.Min():
            return min(map(value, core.operands))
        case model.Max():
            return max(map(value, core.operands))
        case model.Vector():
            return joined(map(value, core.components))
        case model.Cond():
            for branch in core.branches:
                if checked_guard(branch.guard, path, regexes):
                    return value(branch.value)
            return value(core.otherwise)
    raise AssertionError(core)


def checked_guard(guard: model.Guard, path: Path, regexes: Sequence[str]) -> bool:
    match guard:
        case model.InRegex():
            return path.matches(regexes[guard.index])
        case model.Compare():
            left, right = (checked_rank(side, path, regexes) for side in (guard.left, guard.right))
            return RELATIONS[guard.relation](left, right)
        case model.NotGuard():
            return not checked_guard(guard.operand, path, regexes)
        case model.AllOf():
            return all(checked_guard(operand, path, regexes) for operand in guard.operands)
        case model.AnyOf():
            return any(checked_guard(operand, path, regexes) for operand in guard.operands)
    raise AssertionError(guard)
