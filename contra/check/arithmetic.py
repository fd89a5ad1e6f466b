"""Sums, products and extrema of checked numbers, with constants folded.

`inf` is absorbing in sums and maxima and neutral in minima; it has no sign and no multiple.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from contra.check.errors import InfiniteOperand, NumberTooLarge, PlainTime
from contra.check.limits import bound
from contra.check.model import Add, Const, Core, Inf, Max, Metric, Min, Mul
from contra.check.typed import Quantity, Typed, mixed, multiplied
from contra.diagnostics import Reporter
from contra.source import Span

_MAX_BITS = 8192
_MAX_DIGITS = 2466


def number(value: Fraction, span: Span, quantity: Quantity, reporter: Reporter) -> Typed:
    """A constant; one that outgrows every use is reported."""
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > _MAX_BITS:
        reporter.report(NumberTooLarge(digits=_MAX_DIGITS, span=span))
        value = Fraction(1)
    return Typed(Const(value=value, span=span), quantity=quantity if value else Quantity.ANY)


def metric(name: str, span: Span) -> Typed:
    """A metric of the path."""
    kinds = {"len": Quantity.LEN, "lat": Quantity.TIME, "util": Quantity.UTIL}
    return Typed(Metric(name=name, span=span), quantity=kinds.get(name, Quantity.OTHER))


def infinite(span: Span) -> Typed:
    """`inf`."""
    return Typed(Inf(span=span), arity=None, quantity=Quantity.ANY, may_be_inf=True)


def failed(span: Span) -> Typed:
    """Stands for a phrase with a reported error, and fits everywhere."""
    return Typed(Const(value=Fraction(0), span=span), arity=None, quantity=Quantity.ANY)


def add(terms: Sequence[tuple[bool, Typed]], span: Span, reporter: Reporter) -> Typed:
    """The sum of terms, each with whether it is subtracted."""
    _warn_of_plain_times([typed for _, typed in terms], reporter)
    quantity = mixed([typed.quantity for _, typed in terms])
    for negative, typed in terms:
        if negative and typed.may_be_inf:
            reporter.report(InfiniteOperand(verb="negated or subtracted", span=typed.core.span))
            return failed(span)
    if any(isinstance(typed.core, Inf) for _, typed in terms):
        return infinite(span)
    constant = Fraction(0)
    rest: list[Core] = []
    for negative, typed in terms:
        if isinstance(typed.core, Const):
            constant += -typed.core.value if negative else typed.core.value
            constant = _value(number(constant, span, quantity, reporter))
        else:
            rest.append(_negated(typed.core) if negative else typed.core)
    folded = number(constant, span, quantity, reporter)
    if constant or not rest:
        rest.append(folded.core)
    if len(rest) == 1 and isinstance(rest[0], Const):
        return folded
    core = rest[0] if len(rest) == 1 else Add(operands=tuple(rest), span=span)
    return _built(core, [typed for _, typed in terms], quantity, reporter, extra=2)


def multiply(factors: Sequence[Typed], span: Span, reporter: Reporter) -> Typed:
    """The product."""
    for typed in factors:
        if typed.may_be_inf:
            reporter.report(InfiniteOperand(verb="multiplied", span=typed.core.span))
            return failed(span)
    quantity = multiplied([typed.quantity for typed in factors])
    constant = Fraction(1)
    rest: list[Core] = []
    for typed in factors:
        if isinstance(typed.core, Const):
            constant = _value(number(constant * typed.core.value, span, quantity, reporter))
        else:
            rest.append(typed.core)
    if not rest or not constant:
        return number(constant, span, quantity, reporter)
    if constant != 1:
        rest.insert(0, Const(value=constant, span=span))
    core = rest[0] if len(rest) == 1 else Mul(operands=tuple(rest), span=span)
    return _built(core, factors, quantity, reporter)


def extremum(function: str, operands: Sequence[Typed], span: Span, reporter: Reporter) -> Typed:
    """`min` or `max`."""
    _warn_of_plain_times(operands, reporter)
    is_max = function == "max"
    finite = [typed for typed in operands if not isinstance(typed.core, Inf)]
    if not finite or (is_max and len(finite) < len(operands)):
        return infinite(span)
    quantity = mixed([typed.quantity for typed in finite])
    values = [typed.core.value for typed in finite if isinstance(typed.core, Const)]
    rest: list[Core] = [typed.core for typed in finite if not isinstance(typed.core, Const)]
    if values:
        value = max(values) if is_max else min(values)
        rest.append(Const(value=value, span=span))
    if len(rest) == 1 and isinstance(rest[0], Const):
        return number(rest[0].value, span, quantity, reporter)
    kind = Max if is_max else Min
    core = rest[0] if len(rest) == 1 else kind(operands=tuple(rest), span=span)
    return _built(core, finite, quantity, reporter)


def _value(constant: Typed) -> Fraction:
    assert isinstance(constant.core, Const)
    return constant.core.value


def _negated(core: Core) -> Core:
    """-core, the sign joined with a constant factor in front."""
    if isinstance(core, Mul) and isinstance(core.operands[0], Const):
        first = core.operands[0]
        factor = Const(value=-first.value, span=first.span)
        if factor.value != 1:
            return Mul(operands=(factor, *core.operands[1:]), span=core.span)
        rest = core.operands[1:]
        return rest[0] if len(rest) == 1 else Mul(operands=rest, span=core.span)
    return Mul(operands=(Const(value=Fraction(-1), span=core.span), core), span=core.span)


def _built(core: Core, parts: Sequence[Typed], quantity: Quantity, reporter: Reporter, extra: int = 1) -> Typed:
    size = sum(part.size for part in parts) + 1
    depth = max(part.depth for part in parts) + extra
    bound(size, depth, core.span, reporter)
    may_be_inf = any(part.may_be_inf for part in parts)
    return Typed(core, quantity=quantity, may_be_inf=may_be_inf, size=size, depth=depth)


def _warn_of_plain_times(operands: Sequence[Typed], reporter: Reporter) -> None:
    """A plain number beside a time: microseconds are assumed, and said."""
    if any(typed.quantity is Quantity.TIME for typed in operands):
        for typed in operands:
            if typed.quantity is Quantity.NUMBER:
                reporter.report(PlainTime(span=typed.core.span))
