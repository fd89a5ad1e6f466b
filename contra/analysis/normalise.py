"""The checked tree -> one decision diagram over regexes and thresholds, with condition-free ranks at its
leaves.

Conditionals inside components and sums move to the top on the way; guards that metrics cannot decide
otherwise disappear. The work is done bottom-up with an explicit stack, each shared sub-expression once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from contra.analysis.diagram import REGEX, Diagram, Key, TooLarge
from contra.analysis.errors import TooComplexExpression, TooManyRules, UnsupportedInfinity
from contra.analysis.guards import comparison
from contra.analysis.scalar import Scalar, Space, TooComplex
from contra.analysis.tree import parts, regex_places
from contra.check.model import (
    Add,
    AllOf,
    AnyOf,
    CheckedPolicy,
    Compare,
    Cond,
    Const,
    Core,
    CoreNode,
    Guard,
    Inf,
    InRegex,
    Max,
    Metric,
    Min,
    Mul,
    NotGuard,
    Vector,
)
from contra.diagnostics import Reporter
from contra.source import Span

Rank = tuple[Scalar, ...]
DROP: Rank = ()
"""The rank inf."""

_NODE_BUDGET = 100_000
_Job = tuple[CoreNode, bool]


@dataclass(frozen=True, kw_only=True)
class Normalised:
    """A policy as a diagram."""

    policy: CheckedPolicy
    space: Space
    diagram: Diagram
    root: int
    places: dict[int, int]
    """Place of each regex (by index) in the order of the diagram: the order of first use."""
    spans: dict[int, Span] = field(repr=False)
    """Leaf -> the first policy clause it comes from."""


def normalise(policy: CheckedPolicy, reporter: Reporter) -> Normalised | None:
    """The diagram of a policy; None, with a diagnostic, where its regex conditions multiply beyond the
    budget.

    Ranks that cannot be computed with are reported and stand as inf.
    """
    builder = _Builder(policy, reporter)
    try:
        root = builder.run()
    except TooLarge:
        reporter.report(TooManyRules(span=policy.rank.span, regexes=len(builder.places), found="too many combinations"))
        return None
    return Normalised(
        policy=policy,
        space=builder.space,
        diagram=builder.diagram,
        root=root,
        places=builder.places,
        spans=builder.spans,
    )


class _Builder:
    """Bottom-up evaluation of the tree in the domain of diagrams."""

    def __init__(self, policy: CheckedPolicy, reporter: Reporter) -> None:
        self.policy = policy
        self.reporter = reporter
        self.space = Space(policy.attributes)
        self.diagram = Diagram(_NODE_BUDGET)
        self.places = regex_places(policy.rank)
        self.spans: dict[int, Span] = {}
        self._done: dict[tuple[int, bool], int] = {}

    def run(self) -> int:
        """The node of the whole policy."""
        root: _Job = (self.policy.rank, True)
        stack = [root]
        while stack:
            node, ranked = stack[-1]
            key = (id(node), ranked)
            if key not in self._done:
                pending = [job for job in self._jobs(node, ranked) if (id(job[0]), job[1]) not in self._done]
                if pending:
                    stack.extend(reversed(pending))
                    continue
                self._done[key] = self._rank(node) if ranked else self._plain(node)
            stack.pop()
        return self._done[(id(self.policy.rank), True)]

    @staticmethod
    def _jobs(node: CoreNode, ranked: bool) -> list[_Job]:
        if not ranked:
            return [(part, False) for part in parts(node)]
        match node:
            case Cond():
                jobs: list[_Job] = []
                for branch in node.branches:
                    jobs += ((branch.guard, False), (branch.value, True))
                return [*jobs, (node.otherwise, True)]
            case Vector():
                return [(part, False) for part in node.components]
        return [(node, False)]

    def _of(self, node: Core | Guard, ranked: bool = False) -> int:
        return self._done[(id(node), ranked)]

    # --------------------------------------------------------------------------------------------- ranks

    def _rank(self, node: CoreNode) -> int:
        """The node as a whole rank; remembers the clause of every new leaf."""
        if isinstance(node, Cond):
            return self._cond(node, True)
        parts = node.components if isinstance(node, Vector) else (node,)
        nodes = tuple(self._done[(id(part), False)] for part in parts)

        def finish(key: Key) -> int | None:
            if any(self.diagram.yes(part) >= 0 for part in key):
                return None
            values = [self.diagram.value(part) for part in key]
            leaf = self.diagram.leaf(DROP if None in values else tuple(values))
            self.spans.setdefault(leaf, node.span)
            return leaf

        return self.diagram.combine(nodes, finish)

    def _cond(self, node: Cond, ranked: bool) -> int:
        result = self._of(node.otherwise, ranked)
        for branch in reversed(node.branches):
            result = self.diagram.choose(self._of(branch.guard), self._of(branch.value, ranked), result)
        return result

    # --------------------------------------------------------------------------------- scalars and guards

    def _plain(self, node: CoreNode) -> int:
        diagram = self.diagram
        match node:
            case Const():
                return diagram.leaf(self.space.constant(node.value))
            case Inf():
                return diagram.leaf(None)
            case Metric():
                return diagram.leaf(self.space.metric(node.name))
            case Add() | Mul() | Min() | Max():
                return self._fold(node)
            case Cond():
                return self._cond(node, False)
            case InRegex():
                return diagram.test((REGEX, self.places[node.index]))
            case Compare():
                return self._compare(node)
            case NotGuard():
                return diagram.choose(self._of(node.operand), diagram.false, diagram.true)
        return self._connective(node)

    def _connective(self, node: CoreNode) -> int:
        assert isinstance(node, AllOf | AnyOf)
        result = self.diagram.true if isinstance(node, AllOf) else self.diagram.false
        for operand in reversed(node.operands):
            guard = self._of(operand)
            if isinstance(node, AllOf):
                result = self.diagram.choose(guard, result, self.diagram.false)
            else:
                result = self.diagram.choose(guard, self.diagram.true, result)
        return result

    def _fold(self, node: Add | Mul | Min | Max) -> int:
        operation = self._operation(node)
        result = self._of(node.operands[0])
        for operand in node.operands[1:]:
            result = self.diagram.apply(operation, (result, self._of(operand)))
        return result

    def _operation(self, node: Add | Mul | Min | Max) -> Callable[..., Scalar | None]:
        def operation(a: Scalar | None, b: Scalar | None) -> Scalar | None:
            try:
                return self._computed(node, a, b)
            except TooComplex as complexity:
                self.reporter.report(TooComplexExpression(span=node.span, reason=complexity.reason))
                return None

        return operation

    def _computed(self, node: CoreNode, a: Scalar | None, b: Scalar | None) -> Scalar | None:
        if isinstance(node, Min):
            return self.space.minimum(a, b) if a and b else a or b
        if isinstance(node, Mul) and (a is None or b is None):
            other = a or b
            if other is not None and (other.constant is None or other.constant <= 0):
                self.reporter.report(UnsupportedInfinity(span=node.span, factor=str(other)))
            return None
        if a is None or b is None:
            return None
        match node:
            case Add():
                return self.space.add(a, b)
            case Mul():
                return self.space.multiply(a, b)
        return self.space.maximum(a, b)

    def _compare(self, node: Compare) -> int:
        def finish(key: Key) -> int | None:
            left, right = key
            if self.diagram.yes(left) >= 0 or self.diagram.yes(right) >= 0:
                return None
            a, b = self.diagram.value(left), self.diagram.value(right)
            try:
                return comparison(self.diagram, self.space, node.relation, a, b)
            except TooComplex as complexity:
                self.reporter.report(TooComplexExpression(span=node.span, reason=complexity.reason))
                return self.diagram.false

        nodes = (self._of(node.left), self._of(node.right))
        return self.diagram.combine(nodes, finish, ordered=False)
