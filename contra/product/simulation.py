"""The greatest simulation on joint states: which state is never worse than which other, now and after any extension.

Stands on the rank rules being monotone (the analysis refuses others): cutting a loop out of a walk never worsens its
rank under one rule, so it is enough to compare two rules on the same metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

from contra.analysis.model import Form, Linear, RankBranch, RankRule
from contra.product.joint import JointAutomaton

MAX_STATES = 300
MAX_WORK = 1_000_000
"""Classes times pairs of states; beyond either bound only a state itself counts as no worse."""

NON_NEGATIVE = frozenset({"len", "lat", "util"})


def never_worse(a: RankRule, b: RankRule) -> bool:
    """Whether rule `a` ranks no metric vector worse than `b` does. Sound, not complete."""
    if a.index == b.index or b.is_inf:
        return True
    if len(a.branches) != len(b.branches):
        return False
    pairs = list(zip(a.branches, b.branches, strict=True))
    return all(x.guard == y.guard and _branch_never_worse(x, y) for x, y in pairs)


def _branch_never_worse(a: RankBranch, b: RankBranch) -> bool:
    if b.rank is None:
        return True
    if a.rank is None or len(a.rank) != len(b.rank):
        return False
    for x, y in zip(a.rank, b.rank, strict=True):
        at_most, below = _compare(x, y)
        if not at_most or below:
            return at_most
    return True


def _compare(a: Form, b: Form) -> tuple[bool, bool]:
    """(a <= b for sure, a < b for sure), on the same metrics."""
    if a == b:
        return True, False
    if len(a.alternatives) > 1 or len(b.alternatives) > 1 or a.ceiling is not None or b.ceiling is not None:
        return False, False
    x, y = a.alternatives[0], b.alternatives[0]
    if x.terms != y.terms and (x.terms or not _grows(y)):
        return False, False
    return x.constant <= y.constant, x.constant < y.constant


def _grows(linear: Linear) -> bool:
    """Whether it is never below its constant."""
    return all(name in NON_NEGATIVE and factor >= 0 for name, factor in linear.terms)


def simulators(joint: JointAutomaton, rules: Sequence[RankRule]) -> list[int]:
    """Per state, the set (bits) of states that simulate it, itself included."""
    count = len(joint.default)
    if count > MAX_STATES or joint.class_count * count * count > MAX_WORK:
        return [1 << state for state in range(count)]
    better = {(a, b): never_worse(rules[a], rules[b]) for a in set(joint.rule) for b in set(joint.rule)}
    worse = [(s, t) for s in range(count) for t in range(count) if not better[joint.rule[s], joint.rule[t]]]
    bad = _spread(worse, _inverse(joint))
    return [sum(1 << s for s in range(count) if (s, t) not in bad) for t in range(count)]


def _inverse(joint: JointAutomaton) -> list[list[list[int]]]:
    """Predecessors, [class][state]; classes that behave alike are listed once."""
    states = range(len(joint.default))
    columns = {
        tuple(row.get(number, other) for row, other in zip(joint.moves, joint.default, strict=True))
        for number in range(joint.class_count)
    }
    inverse = []
    for column in sorted(columns):
        before: list[list[int]] = [[] for _ in states]
        for state, target in enumerate(column):
            before[target].append(state)
        inverse.append(before)
    return inverse


def _spread(todo: list[tuple[int, int]], inverse: list[list[list[int]]]) -> set[tuple[int, int]]:
    """All pairs (s, t) where some common extension leads to a pair in `todo`."""
    bad = set(todo)
    while todo:
        s, t = todo.pop()
        for before in inverse:
            for left in before[s]:
                for right in before[t]:
                    if (left, right) not in bad:
                        bad.add((left, right))
                        todo.append((left, right))
    return bad
