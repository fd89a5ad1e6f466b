"""Ranks and orders as words of bounded width (hardware rules 5 and 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil, floor, lcm

from contra.analysis.model import AnalysedPolicy, Form, Linear, RankBranch, RankRule
from contra.diagnostics import Reporter
from contra.ir.errors import RankTooWide
from contra.ir.model import Component, IntegerForm, ProbeMetric, ProbeOrder, RankCase, RankWord
from contra.source import Span

_CONTAINERS = (8, 16, 32, 48, 64)


class Quantiser:
    """Turns forms over base units into integer forms over probe counts."""

    def __init__(self, metrics: Sequence[ProbeMetric], reporter: Reporter) -> None:
        self._metrics = {metric.name: metric for metric in metrics}
        self._reporter = reporter

    def words(self, ranks: Sequence[tuple[Form, ...]], spans: Sequence[Span | None]) -> list[RankWord]:
        """Words of tuples of one arity, comparable with each other: each component has one scale, offset and width.

        Components that are the same constant in all of them are left out, but for the last one.
        """
        columns: list[list[Component]] = []
        for index, column in enumerate(zip(*ranks, strict=True)):
            if not _is_one_constant(column):
                columns.append(self._column(column, index, spans))
        if not columns:
            columns = [[Component(8, (IntegerForm(0),))] * len(ranks)]
        return [RankWord(tuple(row)) for row in zip(*columns, strict=True)]

    def _column(self, forms: Sequence[Form], index: int, spans: Sequence[Span | None]) -> list[Component]:
        scale = lcm(*(number.denominator for form in forms for number in self._numbers(form)))
        integers = [[self._integer(linear, scale) for linear in form.alternatives] for form in forms]
        tops = [None if form.ceiling is None else int(form.ceiling * scale) for form in forms]
        least = [self._least(form) for row in integers for form in row] + [top for top in tops if top is not None]
        offset = -min(0, *least)
        shifted = [tuple(IntegerForm(f.constant + offset, f.terms) for f in row) for row in integers]
        greatest = max(self._greatest(form) for row in shifted for form in row)
        ceilings = [self._ceiling(row, top, offset) for row, top in zip(shifted, tops, strict=True)]
        finite = max(self._greatest(form, saturated=False) for row in shifted for form in row)
        bits = max(greatest.bit_length(), (finite + 1).bit_length())
        for container in _CONTAINERS:
            if bits <= container:
                return [Component(container, row, top) for row, top in zip(shifted, ceilings, strict=True)]
        self._reporter.report(RankTooWide(component=index + 1, bits=bits, limit=_CONTAINERS[-1], span=_first(spans)))
        return [Component(_CONTAINERS[-1], (IntegerForm(0),)) for _ in forms]

    def _numbers(self, form: Form) -> Iterable[Fraction]:
        for linear in form.alternatives:
            yield linear.constant
            for name, factor in linear.terms:
                yield factor * self._metrics[name].step
        if form.ceiling is not None:
            yield form.ceiling

    def _integer(self, linear: Linear, scale: int) -> IntegerForm:
        terms = tuple((name, int(factor * self._metrics[name].step * scale)) for name, factor in linear.terms)
        return IntegerForm(int(linear.constant * scale), terms)

    def _ceiling(self, row: Sequence[IntegerForm], top: int | None, offset: int) -> int | None:
        """The cut-off of a component; None where no sum gets there, for it might not even fit the component."""
        if top is None or top + offset >= max(self._greatest(form) for form in row):
            return None
        return top + offset

    def _least(self, form: IntegerForm) -> int:
        return form.constant + sum(f * self._metrics[name].limit for name, f in form.terms if f < 0)

    def _greatest(self, form: IntegerForm, saturated: bool = True) -> int:
        """Largest value; if not `saturated`, the largest while no metric stands at the very top of its field."""
        positive = ((self._metrics[name], factor) for name, factor in form.terms if factor > 0)
        return form.constant + sum(f * (m.limit - (not saturated and m.limit == 2**m.bits - 1)) for m, f in positive)


def _is_one_constant(column: Sequence[Form]) -> bool:
    return all(form.is_constant and form == column[0] for form in column)


def _first(spans: Sequence[Span | None]) -> Span | None:
    return next((span for span in spans if span is not None), None)


def probe_orders(policy: AnalysedPolicy, quantiser: Quantiser) -> tuple[tuple[ProbeOrder, ...], int]:
    """The order word of each probe class, and their common width. Each order has its own scale.

    A policy that is inf everywhere has no class; its programs, which never see a probe, compare by nothing.
    """
    orders = []
    nothing = RankWord((Component(8, (IntegerForm(0),)),))
    for probe_class in policy.classes:
        word = quantiser.words([probe_class.order], [None])[0] if probe_class.order else nothing
        orders.append(ProbeOrder(probe_class.pid, word, order_text(probe_class.order)))
    if not orders:
        orders.append(ProbeOrder(0, nothing, order_text(())))
    return tuple(orders), max(order.word.bits for order in orders)


def order_text(order: Sequence[Form]) -> str:
    """An order in the policy's own notation: `(len, util)`."""
    parts = [form_text(form) for form in order]
    if not parts:
        return "any"
    return parts[0] if len(parts) == 1 else f"({', '.join(parts)})"


def form_text(form: Form) -> str:
    """A rank component in the policy's own notation."""
    parts = [_linear_text(linear) for linear in form.alternatives]
    text = parts[0] if len(parts) == 1 else f"max({', '.join(parts)})"
    return text if form.ceiling is None else f"min({text}, {number_text(form.ceiling)})"


def _linear_text(linear: Linear) -> str:
    parts = [name if factor == 1 else f"{number_text(factor)}*{name}" for name, factor in linear.terms]
    if linear.constant or not parts:
        parts.append(number_text(linear.constant))
    return " + ".join(parts)


def number_text(value: Fraction) -> str:
    """A number, exactly where its decimals end and as a fraction otherwise."""
    if value.denominator == 1:
        return str(value.numerator)
    reduced = value.denominator
    for prime in (2, 5):
        while reduced % prime == 0:
            reduced //= prime
    return f"{float(value):.12g}" if reduced == 1 else f"{value.numerator}/{value.denominator}"


def rank_cases(
    rules: Sequence[RankRule],
    quantiser: Quantiser,
    metrics: Sequence[ProbeMetric],
    clause_of: dict[Span, int],
) -> tuple[tuple[RankCase, ...], int]:
    """The decision table of all rules, first match wins, and the width of its ranks."""
    finite = [branch for rule in rules for branch in rule.branches if branch.rank is not None]
    ranks = [branch.rank for branch in finite if branch.rank is not None]
    words = iter(quantiser.words(ranks, [branch.span for branch in finite]) if ranks else [])
    limits = {metric.name: metric for metric in metrics}
    cases = []
    bits = 8
    for rule in rules:
        for branch in rule.branches:
            word = next(words) if branch.rank is not None else None
            bits = max(bits, word.bits if word else 0)
            ranges = _ranges(branch, limits)
            if ranges is not None:
                cases.append(RankCase(rule.index, ranges, word, clause_of[branch.span], branch.probe_class))
    return tuple(cases), bits


def _ranges(branch: RankBranch, metrics: dict[str, ProbeMetric]) -> tuple[tuple[str, int, int], ...] | None:
    """Counts that satisfy the guard; None where no count does."""
    if branch.guard is None:
        return ()
    metric = metrics[branch.guard.metric]
    bound = branch.guard.limit / metric.step
    greatest = ceil(bound) - 1 if branch.guard.strict else floor(bound)
    if greatest < 0:
        return None
    return ((metric.name, 0, min(greatest, metric.limit)),)
