"""An independent, slow evaluator of checked and of analysed policies, straight from the definitions.

It shares no code with `contra.analysis`: ranks are lists with `math.inf` for inf, trees are walked recursively.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Any

from contra.analysis.model import AnalysedPolicy, Form, RankBranch, RankRule
from contra.check.model import (
    Add,
    AllOf,
    AnyOf,
    CheckedPolicy,
    Combine,
    Compare,
    Cond,
    Const,
    Inf,
    InRegex,
    Max,
    Metric,
    Min,
    Mul,
    NotGuard,
    Vector,
)

Metrics = Mapping[str, Fraction]
Rank = tuple[Any, ...]
INF: Rank = (inf,)

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def rank(policy: CheckedPolicy, matched: frozenset[int], metrics: Metrics) -> Rank:
    """Rank of a path; `INF`, greater than every other rank, where it must not be used."""
    value = _value(policy.rank, matched, metrics)
    value = value if isinstance(value, tuple) else (value,)
    return INF if inf in value else value


def _value(node: Any, matched: frozenset[int], metrics: Metrics) -> Any:
    def of(part: Any) -> Any:
        return _value(part, matched, metrics)

    if isinstance(node, Const):
        return node.value
    if isinstance(node, Inf):
        return inf
    if isinstance(node, Metric):
        return metrics[node.name]
    if isinstance(node, Cond):
        for branch in node.branches:
            if holds(branch.guard, matched, metrics):
                return of(branch.value)
        return of(node.otherwise)
    if isinstance(node, Vector):
        return tuple(map(of, node.components))
    values = list(map(of, node.operands))
    if isinstance(node, Min):
        return min(values)
    if inf in values:
        return inf
    if isinstance(node, Max):
        return max(values)
    if isinstance(node, Add):
        return sum(values)
    assert isinstance(node, Mul)
    product = Fraction(1)
    for value in values:
        product *= value
    return product


def holds(guard: Any, matched: frozenset[int], metrics: Metrics) -> bool:
    """Whether a condition is true of a path."""
    if isinstance(guard, InRegex):
        return guard.index in matched
    if isinstance(guard, NotGuard):
        return not holds(guard.operand, matched, metrics)
    if isinstance(guard, AllOf):
        return all(holds(part, matched, metrics) for part in guard.operands)
    if isinstance(guard, AnyOf):
        return any(holds(part, matched, metrics) for part in guard.operands)
    assert isinstance(guard, Compare)
    left, right = _value(guard.left, matched, metrics), _value(guard.right, matched, metrics)
    return _RELATIONS[guard.relation.value](left, right)


def form_value(form: Form, metrics: Metrics) -> Fraction:
    """Value of a rank component."""
    value = max(t.constant + sum(c * metrics[n] for n, c in t.terms) for t in form.alternatives)
    return value if form.ceiling is None else min(value, form.ceiling)


def branch_of(rule: RankRule, metrics: Metrics) -> RankBranch:
    """The branch of a rule that a path falls into."""
    for branch in rule.branches:
        if branch.guard is None:
            return branch
        value, limit = metrics[branch.guard.metric], branch.guard.limit
        if value < limit or (value == limit and not branch.guard.strict):
            return branch
    raise AssertionError("a rule must end with a branch without guard")


def rule_rank(rule: RankRule, metrics: Metrics) -> Rank:
    """Rank of a path by an analysed rule."""
    forms = branch_of(rule, metrics).rank
    return INF if forms is None else tuple(form_value(form, metrics) for form in forms)


def order_value(order: Sequence[Form], metrics: Metrics) -> Rank:
    """Place of a path in the order of a probe class."""
    return tuple(form_value(form, metrics) for form in order)


def extend(policy: CheckedPolicy | AnalysedPolicy, path: Metrics, link: Metrics) -> dict[str, Fraction]:
    """Metrics of a path that is extended by a link. `link` needs no `len`."""
    checked = policy.checked if isinstance(policy, AnalysedPolicy) else policy
    result = {}
    for info in checked.attributes:
        if info.name == "len":
            result["len"] = path["len"] + 1
        elif info.combine is Combine.SUM:
            result[info.name] = path[info.name] + link[info.name]
        else:
            pick = max if info.combine is Combine.MAX else min
            result[info.name] = pick(path[info.name], link[info.name])
    return result
