"""Looks for the witness of a refusal on a small deterministic grid of paths and links.

The grid takes its values from the numbers in the policy. Candidates are found in floating point and then
checked exactly, by evaluating the policy as written; what does not check is not a witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice

from contra.analysis import text
from contra.analysis.evaluate import Evaluator, RankValue, better, extended
from contra.analysis.hunt import Hunter
from contra.analysis.isotonicity import Order
from contra.analysis.judge import Problem, ProblemKind
from contra.analysis.normalise import Normalised
from contra.analysis.sampling import Point, Sampler
from contra.analysis.scalar import lowest
from contra.analysis.witness import Path, Rival, Values, Witness, WitnessKind

_TRIES = 40
_PREFERRED = {
    ProblemKind.SHRINKS: "mic",
    ProblemKind.UNORDERED: "imc",
    ProblemKind.ENTANGLED: "mci",
    ProblemKind.OVERLAP: "mci",
    ProblemKind.MISLED: "cmi",
    ProblemKind.SHAPE: "cmi",
}


class Searcher:
    """Finds witnesses for the problems of one policy."""

    def __init__(self, normalised: Normalised) -> None:
        self._n = normalised
        self._evaluator = Evaluator(normalised.policy)
        self._combine = {info.name: info.combine for info in normalised.policy.attributes}

    def find(self, problem: Problem, matched: frozenset[int], orders: Sequence[Order]) -> Witness | None:
        """A checked witness, or None. `orders` are those by which the rule's classes would keep paths."""
        for tier in range(3):
            sampler = Sampler(self._n, problem.node, tier)
            hunter = Hunter(sampler)
            for kind in _PREFERRED[problem.kind]:
                for candidate in islice(self._candidates(kind, hunter, problem, orders), _TRIES):
                    witness = self._checked(kind, candidate, sampler, matched, orders)
                    if witness is not None:
                        return witness
        return None

    @staticmethod
    def _candidates(
        kind: str, hunter: Hunter, problem: Problem, orders: Sequence[Order]
    ) -> Iterator[tuple[Point, ...]]:
        match kind:
            case "m":
                return hunter.improving()
            case "i":
                return hunter.reversing(problem.leaf)
        return hunter.losing(orders)

    # ------------------------------------------------------------------------------------------ checking

    def _checked(
        self,
        kind: str,
        candidate: tuple[Point, ...],
        sampler: Sampler,
        matched: frozenset[int],
        orders: Sequence[Order],
    ) -> Witness | None:
        shown = sampler.metrics
        match kind:
            case "m":
                return self._monotonicity(candidate, shown, matched)
            case "i":
                return self._isotonicity(candidate, shown, matched)
        return self._constrained([self._path(point, shown, matched) for point in candidate], orders, matched)

    def _full(self, point: Point, shown: Sequence[str]) -> dict[str, Fraction]:
        return {name: lowest(name) for name in self._combine} | dict(zip(shown, point, strict=True))

    def _rank(self, matched: frozenset[int], metrics: dict[str, Fraction]) -> RankValue:
        return self._evaluator.rank(matched, metrics)

    def _path(self, point: Point, shown: Sequence[str], matched: frozenset[int]) -> Path:
        return Path(tuple(zip(shown, point, strict=True)), self._rank(matched, self._full(point, shown)))

    def _longer(self, path: Point, link: Point, shown: Sequence[str], matched: frozenset[int]) -> Path:
        metrics = extended(self._combine, self._full(path, shown), self._full(link, shown))
        return Path(tuple((name, metrics[name]) for name in shown), self._rank(matched, metrics))

    @staticmethod
    def _link(link: Point, shown: Sequence[str]) -> Values:
        return tuple((name, value) for name, value in zip(shown, link, strict=True) if name != "len")

    def _monotonicity(
        self, candidate: tuple[Point, ...], shown: Sequence[str], matched: frozenset[int]
    ) -> Witness | None:
        path, link = candidate
        before, after = self._path(path, shown, matched), self._longer(path, link, shown, matched)
        if not better(after.rank, before.rank):
            return None
        return Witness(
            kind=WitnessKind.MONOTONICITY,
            p=before,
            link=self._link(link, shown),
            p_extended=after,
            matched=matched,
        )

    def _isotonicity(
        self, candidate: tuple[Point, ...], shown: Sequence[str], matched: frozenset[int]
    ) -> Witness | None:
        one, two, link = candidate
        p, q = self._path(one, shown, matched), self._path(two, shown, matched)
        longer_p = self._longer(one, link, shown, matched)
        longer_q = self._longer(two, link, shown, matched)
        if better(q.rank, p.rank) or not better(longer_q.rank, longer_p.rank):
            return None
        return Witness(
            kind=WitnessKind.ISOTONICITY,
            p=p,
            q=q,
            link=self._link(link, shown),
            p_extended=longer_p,
            q_extended=longer_q,
            matched=matched,
        )

    def _constrained(self, paths: list[Path], orders: Sequence[Order], matched: frozenset[int]) -> Witness | None:
        p = paths[0]
        kept: dict[tuple[Path, bool], list[str]] = {}
        for order, path in zip(orders, paths[1:], strict=True):
            mine, theirs = _key(order, p.metrics), _key(order, path.metrics)
            if mine < theirs or not better(p.rank, path.rank):
                return None
            kept.setdefault((path, mine == theirs), []).append(text.vector(order) if order else "nothing")
        rivals = tuple(Rival(tuple(texts), path, tie) for (path, tie), texts in kept.items())
        return Witness(kind=WitnessKind.CONSTRAINED_OPTIMUM, p=p, q=rivals[0].path, rivals=rivals, matched=matched)


def _key(order: Order, values: Values) -> tuple[Fraction, ...]:
    """The order's value, exactly."""
    metrics = dict(values)
    key = []
    for form in order:
        terms = (t.constant + sum(c * metrics[n] for n, c in t.terms) for t in form.alternatives)
        key.append(max(terms))
    return tuple(key)
