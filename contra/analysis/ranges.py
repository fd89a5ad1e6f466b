"""Which ranks a branch can give: intervals of metrics, and of components over them.

Each branch of a rule holds in a box of metric values: its own threshold bounds one metric on one side, the
thresholds before it the other. Ranks of two boxes are compared by the bounds of their components.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from contra.analysis.model import Form, Linear, Threshold
from contra.analysis.scalar import lowest


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of an interval; `value` None is plus or minus infinity. `attained` says that the end belongs
    to it.
    """

    value: Fraction | None
    attained: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`."""

    low: Bound
    high: Bound


Box: TypeAlias = Mapping[str, Interval]
"""Intervals of the metrics that are bounded beyond their nature."""

_NO_END = Bound(None, False)


def everything(name: str) -> Interval:
    """All values a metric can have."""
    return Interval(Bound(lowest(name), True), _NO_END)


def where(box: Box, guard: Threshold, holds: bool) -> Box:
    """The part of a box where a threshold holds, or where it fails. It must cut the box."""
    old = box.get(guard.metric, everything(guard.metric))
    if guard.metric == "len" and holds:  # whole numbers
        new = Interval(old.low, Bound(guard.limit - 1, True))
    elif holds:
        new = Interval(old.low, Bound(guard.limit, not guard.strict))
    else:
        new = Interval(Bound(guard.limit, guard.strict), old.high)
    return {**box, guard.metric: new}


def never_worse(a: Sequence[Form], in_a: Box, b: Sequence[Form], in_b: Box) -> bool:
    """Whether every rank that `a` gives in its box is at most every rank that `b` gives in its own."""
    for mine, yours in zip(a, b, strict=True):
        high, low = _highest(mine, in_a), _lowest(yours, in_b)
        if high.value is None or low.value is None or high.value > low.value:
            return False
        if high.value < low.value or not (high.attained and low.attained):
            return True
    return True


def _highest(form: Form, box: Box) -> Bound:
    """Least upper bound."""
    ends = [_end(term, box, highest=True) for term in form.alternatives]
    if any(end.value is None for end in ends):
        top = _NO_END
    else:
        value = max(end.value for end in ends if end.value is not None)
        top = Bound(value, any(end.attained for end in ends if end.value == value))
    if form.ceiling is not None and (top.value is None or top.value > form.ceiling):
        return Bound(form.ceiling, True)
    return top


def _lowest(form: Form, box: Box) -> Bound:
    """A lower bound; if it is not attained, every value lies above it."""
    ends = [end for term in form.alternatives if (end := _end(term, box, highest=False)).value is not None]
    if not ends:
        return _NO_END
    value = max(end.value for end in ends if end.value is not None)
    bottom = Bound(value, all(end.attained for end in ends if end.value == value))
    if form.ceiling is not None and value >= form.ceiling:
        return Bound(form.ceiling, True)
    return bottom


def _end(term: Linear, box: Box, *, highest: bool) -> Bound:
    """One end of the values of a linear term."""
    value, attained = term.constant, True
    for name, coefficient in term.terms:
        interval = box.get(name) or everything(name)
        end = interval.high if highest == (coefficient > 0) else interval.low
        if end.value is None:
            return _NO_END
        value += coefficient * end.value
        attained = attained and end.attained
    return Bound(value, attained)
