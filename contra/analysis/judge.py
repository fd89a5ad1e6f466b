"""One rank rule -> its branches with their orders, or what is wrong with it.

The conditions, argued in `docs/analysis.md`: every rank has an order (`isotonicity`), the branches can be
told apart one threshold at a time (`rules`), every rank of a branch is at most every rank of the next, and
behind a threshold the order leads with the metric of the threshold.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from contra.analysis import text
from contra.analysis.diagram import LEAF, OPAQUE, opaque_linear
from contra.analysis.isotonicity import Fault, FaultKind, Order, guarded, order_of
from contra.analysis.model import Form, Threshold
from contra.analysis.normalise import DROP, Normalised, Rank
from contra.analysis.ranges import Box, never_worse, where
from contra.analysis.rules import Piece, chain, pieces


class ProblemKind(Enum):
    """What a refusal is about; decides which witness is looked for first."""

    SHRINKS = "shrinks"
    UNORDERED = "unordered"
    ENTANGLED = "entangled"
    OVERLAP = "overlap"
    MISLED = "misled"
    SHAPE = "shape"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Why a rule is refused. `leaf` is the branch in question; `reason` is a sentence without capital and
    full stop.
    """

    kind: ProblemKind
    node: int
    leaf: int
    reason: str
    helps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftBranch:
    """A branch whose class is not numbered yet; order None is inf."""

    guard: Threshold | None
    leaf: int
    order: Order | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A sound rule, its branches in the order in which they are tried."""

    node: int
    branches: tuple[DraftBranch, ...]


class Judge:
    """Judges rules of one policy; ranks that rules share are looked at once."""

    def __init__(self, normalised: Normalised) -> None:
        self._n = normalised
        self._orders: dict[int, Order | Fault] = {}

    def order(self, leaf: int) -> Order | Fault:
        """The order of a finite leaf."""
        if leaf not in self._orders:
            self._orders[leaf] = order_of(self._n.diagram.value(leaf), self._n.space)
        return self._orders[leaf]

    def leaves(self, node: int) -> list[int]:
        """The finite leaves of a rule, in the order of the source."""
        diagram = self._n.diagram
        below = [n for n in diagram.reachable(node) if diagram.kind(n) == LEAF]
        return [leaf for leaf in below if diagram.value(leaf) != DROP]

    def judge(self, node: int) -> Draft | list[Problem]:
        """The draft of a rule, or everything that stands against it."""
        problems = [p for leaf in self.leaves(node) if (p := self._unordered(node, leaf))]
        problems += self._opaque(node)
        if problems:
            return problems
        found = pieces(self._n.diagram, node, self._n.space)
        if found is None:
            return [self._entangled(node)]
        problem = self._overlap(node, found)
        if problem:
            return [problem]
        return self._draft(node, found)

    def _draft(self, node: int, found: list[Piece]) -> Draft | list[Problem]:
        orders: dict[tuple[int, Threshold | None], Order | None] = {}
        for piece in found:
            order = self._served(piece)
            if order is None and self._n.diagram.value(piece.leaf) != DROP:
                return [self._misled(node, piece)]
            orders[(piece.leaf, piece.guard)] = order
        tried = chain(found)
        if tried is None:
            reason = "its branches need two thresholds at once to be told apart"
            return [Problem(kind=ProblemKind.SHAPE, node=node, leaf=found[0].leaf, reason=reason)]
        by_place = self._in_chain(found, tried)
        branches = (
            DraftBranch(guard=guard, leaf=leaf, order=orders[by_place[place]])
            for place, (guard, leaf) in enumerate(tried)
        )
        return Draft(node=node, branches=tuple(branches))

    @staticmethod
    def _in_chain(found: list[Piece], tried: list[tuple[Threshold | None, int]]) -> list[tuple[int, Threshold | None]]:
        """For every branch tried, the piece that it is."""
        holding = [(p.leaf, p.guard) for p in found[:-1] if p.holds]
        failing = [(p.leaf, p.guard) for p in found[:-1] if not p.holds]
        last = [(found[-1].leaf, None)]
        keys = [*holding, *last, *reversed(failing)]
        assert [leaf for leaf, _ in keys] == [leaf for _, leaf in tried]
        return keys

    def _served(self, piece: Piece) -> Order | None:
        if self._n.diagram.value(piece.leaf) == DROP:
            return None
        order = self.order(piece.leaf)
        assert not isinstance(order, Fault)
        return order if piece.guard is None else guarded(order, piece.guard, self._n.space)

    # ------------------------------------------------------------------------------------------- problems

    def _unordered(self, node: int, leaf: int) -> Problem | None:
        order = self.order(leaf)
        if not isinstance(order, Fault):
            return None
        rank = self._n.diagram.value(leaf)
        component = rank[order.component]
        what = f"component {order.component + 1}, {component}," if len(rank) > 1 else f"the rank {component}"
        kind = ProblemKind.SHRINKS if order.kind is FaultKind.SHRINKS else ProblemKind.UNORDERED
        if order.kind is FaultKind.FOLLOWS:
            before = rank[self._hiding(leaf, order.component)]
            reason = f"component {order.component + 1}, {component}, breaks ties of {before}, which can hide them"
        else:
            reason = f"{what} cannot be used: {order.kind.value}"
        return Problem(kind=kind, node=node, leaf=leaf, reason=reason, helps=self._advice(leaf, order))

    def _hiding(self, leaf: int, component: int) -> int:
        """The earlier component after which nothing may follow."""
        rank = self._n.diagram.value(leaf)
        for end in range(component):
            if isinstance(order_of([*rank[: end + 1], rank[component]], self._n.space), Fault):
                return end
        return 0

    def _advice(self, leaf: int, fault: Fault) -> tuple[str, ...]:
        rank = self._n.diagram.value(leaf)
        space = self._n.space
        if fault.kind is FaultKind.SHRINKS:
            return ("a rank counts what a path costs: write it so that it grows along the path",)
        if fault.kind is FaultKind.MIXES:
            names = sorted(space.real_metrics(rank[fault.component]), key=space.position)
            parts = tuple(space.metric(name) for name in names)
            order = order_of(parts, space)
            if not isinstance(order, Fault):
                return (f"rank by one metric after the other instead: {text.vector(order)}",)
            return ("rank by one of the metrics alone",)
        if fault.kind is FaultKind.FOLLOWS:
            return self._reordered(leaf, fault)
        names = sorted(rank[fault.component].metrics, key=space.position)
        return (f"rank by {text.listing([text.metric(name) for name in names])} alone",)

    def _reordered(self, leaf: int, fault: Fault) -> tuple[str, ...]:
        rank = list(self._n.diagram.value(leaf))
        hiding = self._hiding(leaf, fault.component)
        swapped = [*rank[:hiding], *rank[hiding + 1 :], rank[hiding]]
        shorter = [scalar for place, scalar in enumerate(rank) if place < fault.component]
        texts = [
            f"({', '.join(map(str, variant))})" if len(variant) > 1 else str(variant[0])
            for variant in (swapped, shorter)
            if not isinstance(order_of(variant, self._n.space), Fault)
        ]
        return (f"write {' or '.join(texts)}",) if texts else ()

    def _opaque(self, node: int) -> list[Problem]:
        diagram = self._n.diagram
        for below in diagram.reachable(node):
            variable = diagram.variable(below)
            if variable[0] == OPAQUE:
                test = text.linear(opaque_linear(variable))
                reason = f"a condition compares several metrics at once: it asks for the sign of {test}"
                helps = ("compare one metric with a number, as in path.util < 0.8",)
                leaf = (self.leaves(node) or [node])[0]
                return [Problem(kind=ProblemKind.ENTANGLED, node=node, leaf=leaf, reason=reason, helps=helps)]
        return []

    def _entangled(self, node: int) -> Problem:
        reason = "which branch applies depends on two metrics together, so no single threshold tells the best one"
        helps = ("test one metric, or give each test a branch of its own: if A then ... else if B then ...",)
        leaf = self.leaves(node)[0]
        return Problem(kind=ProblemKind.ENTANGLED, node=node, leaf=leaf, reason=reason, helps=helps)

    def _misled(self, node: int, piece: Piece) -> Problem:
        assert piece.guard is not None
        order = self.order(piece.leaf)
        assert not isinstance(order, Fault)
        name = text.metric(piece.guard.metric)
        guard = guard_text(piece)
        reason = (
            f"the branch for {guard} ranks by {text.vector(order)}, but only a branch that ranks by "
            f"{name} first finds a path with {guard} whenever there is one"
        )
        helps = (f"let that branch rank by {name} first, or drop the condition",)
        return Problem(kind=ProblemKind.MISLED, node=node, leaf=piece.leaf, reason=reason, helps=helps)

    def _overlap(self, node: int, found: list[Piece]) -> Problem | None:
        box: Box = {}
        before: tuple[Piece, list[Form] | None, Box] | None = None
        for piece in found:
            here = box if piece.guard is None else where(box, piece.guard, piece.holds)
            forms = self._forms(piece.leaf)
            if before and not self._in_order(before[1], before[2], forms, here):
                return self._overlapping(node, before[0], piece)
            before = (piece, forms, here)
            if piece.guard is not None:
                box = where(box, piece.guard, not piece.holds)
        return None

    @staticmethod
    def _in_order(a: list[Form] | None, in_a: Box, b: list[Form] | None, in_b: Box) -> bool:
        if a is None or b is None:
            return b is None
        return never_worse(a, in_a, b, in_b)

    def _forms(self, leaf: int) -> list[Form] | None:
        rank = self._n.diagram.value(leaf)
        return None if rank == DROP else forms_of(rank)

    def _overlapping(self, node: int, first: Piece, second: Piece) -> Problem:
        guard = guard_text(first)
        reason = (
            f"not every rank where {guard} is better than every rank where it is not: "
            f"{self._rank_text(first.leaf)} against {self._rank_text(second.leaf)}"
        )
        helps = (f"give the branch for {guard} a smaller first component, as in (1, ...) and (2, ...)",)
        leaf = first.leaf if self._n.diagram.value(first.leaf) != DROP else second.leaf
        return Problem(kind=ProblemKind.OVERLAP, node=node, leaf=leaf, reason=reason, helps=helps)

    def _rank_text(self, leaf: int) -> str:
        forms = self._forms(leaf)
        return "inf" if forms is None else text.vector(forms)


def guard_text(piece: Piece) -> str:
    """What holds in a branch: `path.util < 0.8`, or `path.bw >= 100`."""
    assert piece.guard is not None
    if piece.holds:
        return text.threshold(piece.guard)
    sign = ">=" if piece.guard.strict else ">"
    return f"{text.metric(piece.guard.metric)} {sign} {text.number(piece.guard.limit)}"


def forms_of(rank: Rank) -> list[Form]:
    """The components of a rank that has an order."""
    forms = [form for scalar in rank if (form := scalar.form()) is not None]
    assert len(forms) == len(rank)
    return forms
