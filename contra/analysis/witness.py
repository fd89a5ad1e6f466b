"""Evidence for a refusal: concrete paths, and maybe a link, whose ranks are in the wrong order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any

from contra.analysis import text
from contra.analysis.evaluate import RankValue

Values = tuple[tuple[str, Fraction], ...]
"""Metrics by name, in the order of the policy."""


class WitnessKind(Enum):
    """What the witness shows."""

    MONOTONICITY = "monotonicity"
    """p extended by the link has a better rank than p."""
    ISOTONICITY = "isotonicity"
    """p is at least as good as q; extended by the same link it is worse."""
    CONSTRAINED_OPTIMUM = "constrained-optimum"
    """p has the best rank, but every probe class prefers, or cannot tell from p, a path of a worse one."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path: its metrics and its rank."""

    metrics: Values
    rank: RankValue

    def __str__(self) -> str:
        return f"{values_text(self.metrics)} → rank {rank_text(self.rank)}"

    def data(self) -> dict[str, Any]:
        """As JSON values; the rank is a list, or "inf"."""
        rank = "inf" if self.rank is None else [_json(value) for value in self.rank]
        return {"metrics": _json_values(self.metrics), "rank": rank}


@dataclass(frozen=True, slots=True)
class Rival:
    """A path that the probe classes of `orders` (as text) keep, or may keep if it is a tie, in place of p."""

    orders: tuple[str, ...]
    path: Path
    tie: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Two paths and what shows the fault. All ranks come from evaluating the policy on the metrics."""

    kind: WitnessKind
    p: Path
    q: Path | None = None
    link: Values | None = None
    """Metrics of the link that extends the paths; `len` grows by one without being named."""
    p_extended: Path | None = None
    q_extended: Path | None = None
    rivals: tuple[Rival, ...] = ()
    """For CONSTRAINED_OPTIMUM: per probe class the path that it prefers; `q` is the first."""
    matched: frozenset[int] = frozenset()
    """The regexes (indices) that both paths match, before and after."""

    def words(self) -> tuple[str, ...]:
        """The evidence, a line each."""
        match self.kind:
            case WitnessKind.MONOTONICITY:
                return (
                    f"path p: {self.p}",
                    f"p {self._by()}: {self.p_extended}, which is better than without it",
                )
            case WitnessKind.ISOTONICITY:
                same = self.q is not None and self.p.rank == self.q.rank
                return (
                    f"path p: {self.p}",
                    f"path q: {self.q}: {'p is as good as q' if same else 'p is better than q'}",
                    f"p {self._by()}: {self.p_extended}",
                    f"q {self._by()}: {self.q_extended}: now q is better, but whoever kept p has lost q",
                )
        lines = [f"path p: {self.p}"]
        for name, rival in zip("qrstuvwxyz", self.rivals, strict=False):
            verdict = "may keep it instead of p" if rival.tie else "prefers it to p"
            orders = " or ".join(rival.orders)
            lines.append(f"path {name}: {rival.path}; a probe class that keeps the best by {orders} {verdict}")
        lines.append("p has the best rank of them, and no probe class is sure to keep it")
        return tuple(lines)

    def _by(self) -> str:
        return f"extended by a link with {values_text(self.link)}" if self.link else "extended by a link"

    def data(self) -> dict[str, Any]:
        """As JSON values."""
        result: dict[str, Any] = {"kind": self.kind.value, "p": self.p.data()}
        if self.q is not None:
            result["q"] = self.q.data()
        if self.link is not None:
            result["link"] = _json_values(self.link)
        if self.p_extended is not None:
            result["p_extended"] = self.p_extended.data()
        if self.q_extended is not None:
            result["q_extended"] = self.q_extended.data()
        if self.rivals:
            rows = [{"orders": list(r.orders), "tie": r.tie, **r.path.data()} for r in self.rivals]
            result["rivals"] = rows
        result["words"] = list(self.words())
        return result


def values_text(values: Values) -> str:
    """`len 3, util 0.5`."""
    return ", ".join(f"{name} {text.number(value)}" for name, value in values) or "any"


def rank_text(rank: RankValue) -> str:
    """`(2, 0.5)`, `3`, `inf`."""
    if rank is None:
        return "inf"
    numbers = [text.number(value) for value in rank]
    return numbers[0] if len(numbers) == 1 else f"({', '.join(numbers)})"


def _json(value: Fraction) -> float | int:
    return value.numerator if value.denominator == 1 else float(value)


def _json_values(values: Values) -> dict[str, float | int]:
    return {name: _json(value) for name, value in values}
