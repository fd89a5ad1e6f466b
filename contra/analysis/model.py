"""What the analysis produces: rank rules and probe classes.

A *rank rule* is the policy specialised to one outcome of its regexes: a short list of rank branches, tried in
order, each guarded by at most one threshold on one metric. Every product node has one rank rule. A *probe class*
(its number is the pid) is an isotone, monotone order on metric vectors; a probe of that class finds the best path
of that order. Each finite branch of each rule is served by the class that finds its optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from contra.check.model import AttributeInfo, CheckedPolicy
from contra.source import Span


@dataclass(frozen=True, slots=True)
class Linear:
    """constant + sum of coefficient * metric; terms by metric order of the policy, no zero coefficients."""

    constant: Fraction
    terms: tuple[tuple[str, Fraction], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One rank component: max over `alternatives` (at least one), cut off above by `ceiling`.

    More than one non-constant alternative occurs only among attributes that combine by `max`.
    """

    alternatives: tuple[Linear, ...]
    ceiling: Fraction | None = None

    @property
    def is_constant(self) -> bool:
        """Whether no metric occurs."""
        return all(not linear.terms for linear in self.alternatives)


@dataclass(frozen=True, slots=True)
class Threshold:
    """`metric < limit` (strict) or `metric <= limit`."""

    metric: str
    limit: Fraction
    strict: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RankBranch:
    """One alternative of a rank rule."""

    guard: Threshold | None
    """None for the last branch."""
    rank: tuple[Form, ...] | None
    """One form a component; None is inf."""
    probe_class: int | None
    """The pid that finds the optimum of this branch; None for inf."""
    span: Span = field(compare=False)
    """The policy clause it comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankRule:
    """How a path is ranked once it is known which regexes it matches."""

    index: int
    branches: tuple[RankBranch, ...]

    @property
    def is_inf(self) -> bool:
        """Whether no path is usable under this rule."""
        return all(branch.rank is None for branch in self.branches)

    @property
    def probe_classes(self) -> frozenset[int]:
        """The pids that this rule needs."""
        return frozenset(b.probe_class for b in self.branches if b.probe_class is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeClass:
    """An order on metric vectors: lexicographic over `order`, whose forms have constant 0, no ceiling and, where
    possible, coefficient 1. An empty order (a constant rank) means that any path is as good as any other."""

    pid: int
    order: tuple[Form, ...]


@dataclass(frozen=True, kw_only=True)
class AnalysedPolicy:
    """A policy that is known to be monotone and isotone class by class."""

    checked: CheckedPolicy
    metrics: tuple[AttributeInfo, ...]
    """What probes carry, in header order: every attribute that an order, a rank or a threshold uses."""
    rules: tuple[RankRule, ...]
    classes: tuple[ProbeClass, ...]
    rule_of: Callable[[frozenset[int]], int] = field(compare=False, repr=False)
    """Rank rule (index) of a path by the set of regexes (indices) that match it. Total."""
