"""The rank of a path, straight from the checked tree: what a witness is checked against.

Shares nothing with the normal form: sums are summed and guards are looked up as they stand in the policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from contra.analysis.tree import dependencies, parts
from contra.check.model import (
    Add,
    AllOf,
    AnyOf,
    CheckedPolicy,
    Combine,
    Compare,
    Cond,
    Const,
    CoreNode,
    Inf,
    InRegex,
    Max,
    Metric,
    Min,
    NotGuard,
    Vector,
)
from contra.diagnostics import InternalError
from contra.syntax.ast import Relation

Metrics = Mapping[str, Fraction]
RankValue = tuple[Fraction, ...] | None
"""None is inf, the worst."""


def extended(combine: Mapping[str, Combine], path: Metrics, link: Metrics) -> dict[str, Fraction]:
    """The metrics of a path that is extended by a link."""
    result = {}
    for name, value in path.items():
        match combine[name]:
            case Combine.SUM:
                result[name] = value + link[name]
            case Combine.MAX:
                result[name] = max(value, link[name])
            case Combine.MIN:
                result[name] = min(value, link[name])
    return result


def better(a: RankValue, b: RankValue) -> bool:
    """Whether rank `a` is strictly better (smaller) than `b`."""
    return a is not None and (b is None or a < b)


class Evaluator:
    """Ranks under one policy."""

    def __init__(self, policy: CheckedPolicy) -> None:
        self._root = policy.rank
        self._order = dependencies(policy.rank)

    def rank(self, matched: frozenset[int], metrics: Metrics) -> RankValue:
        """Rank of a path by the regexes (indices) that match it and its metrics."""
        values: dict[int, object] = {}
        for node in self._order:
            values[id(node)] = _value(node, values, matched, metrics)
        value = values[id(self._root)]
        if value is None or isinstance(value, tuple):
            return value
        return (_number(value),)


def _number(value: object) -> Fraction:
    if not isinstance(value, Fraction):
        raise InternalError(f"a number was expected, not {value!r}")
    return value


def _value(node: CoreNode, values: dict[int, object], matched: frozenset[int], metrics: Metrics) -> object:
    match node:
        case Const():
            return node.value
        case Inf():
            return None
        case Metric():
            return metrics[node.name]
        case InRegex():
            return node.index in matched
        case Cond():
            for branch in node.branches:
                if values[id(branch.guard)]:
                    return values[id(branch.value)]
            return values[id(node.otherwise)]
        case NotGuard():
            return not values[id(node.operand)]
        case AllOf():
            return all(values[id(part)] for part in node.operands)
        case AnyOf():
            return any(values[id(part)] for part in node.operands)
        case Compare():
            return _compared(node.relation, values[id(node.left)], values[id(node.right)])
    return _arithmetic(node, [values[id(part)] for part in parts(node)])


def _arithmetic(node: CoreNode, operands: list[object]) -> object:
    finite = [_number(operand) for operand in operands if operand is not None]
    if isinstance(node, Min):
        return min(finite, default=None)
    if len(finite) < len(operands):
        return None
    if isinstance(node, Vector):
        return tuple(finite)
    if isinstance(node, Max):
        return max(finite)
    if isinstance(node, Add):
        return sum(finite, Fraction(0))
    result = Fraction(1)
    for factor in finite:
        result *= factor
    return result


def _compared(relation: Relation, left: object, right: object) -> bool:
    a = (left is None, _number(left) if left is not None else Fraction(0))
    b = (right is None, _number(right) if right is not None else Fraction(0))
    match relation:
        case Relation.LT:
            return a < b
        case Relation.LE:
            return a <= b
        case Relation.GT:
            return a > b
        case Relation.GE:
            return a >= b
        case Relation.EQ:
            return a == b
    return a != b
