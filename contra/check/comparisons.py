"""Comparisons: what may be compared with what."""

from __future__ import annotations

from contra.check.errors import ConstantComparison, InfiniteOperand, PlainTime, ThresholdAboveOne, UnitClash
from contra.check.limits import bound
from contra.check.model import Compare, Const
from contra.check.typed import Quantity, Typed, TypedGuard
from contra.diagnostics import Reporter
from contra.syntax import ast

_CLASHES = (
    {Quantity.TIME, Quantity.UTIL},
    {Quantity.TIME, Quantity.LEN},
    {Quantity.TIME, Quantity.PERCENT},
    {Quantity.LEN, Quantity.PERCENT},
)


def compare(written: ast.Comparison, left: Typed, right: Typed, reporter: Reporter) -> TypedGuard:
    """The comparison of two checked numbers."""
    for side in (left, right):
        if side.may_be_inf:
            reporter.report(InfiniteOperand(verb="compared", span=side.core.span))
    kinds = {left.quantity, right.quantity}
    if kinds in _CLASHES:
        reporter.report(UnitClash(left=left.quantity.value, right=right.quantity.value, span=written.span))
    if kinds == {Quantity.TIME, Quantity.NUMBER}:
        plain = left if left.quantity is Quantity.NUMBER else right
        reporter.report(PlainTime(span=plain.core.span))
    for metric, threshold in ((left, right), (right, left)):
        if metric.quantity is Quantity.UTIL:
            _look_at_threshold(threshold, reporter)
    if isinstance(left.core, Const) and isinstance(right.core, Const) and left.arity and right.arity:
        reporter.report(ConstantComparison(span=written.span))
    size, depth = left.size + right.size + 1, max(left.depth, right.depth) + 1
    bound(size, depth, written.span, reporter)
    guard = Compare(relation=written.relation, left=left.core, right=right.core, span=written.span)
    return TypedGuard(guard, size, depth)


def _look_at_threshold(threshold: Typed, reporter: Reporter) -> None:
    """`path.util < 80` is hardly ever meant."""
    core = threshold.core
    if not isinstance(core, Const) or core.value <= 1:
        return
    if threshold.quantity not in (Quantity.NUMBER, Quantity.PERCENT):
        return
    written = core.span.text
    is_plain = threshold.quantity is Quantity.NUMBER and core.value <= 100
    hint = f"did you mean {written}%?" if is_plain else "more than the whole capacity"
    reporter.report(ThresholdAboveOne(value=written, hint=hint, span=core.span))
