"""Tuples: flat, on top, and of one arity."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from contra.check.arithmetic import infinite
from contra.check.errors import ArityMismatch, TooLarge
from contra.check.limits import TooLargeError, bound
from contra.check.model import Cond, Core, CoreBranch, Inf, Vector
from contra.check.typed import Quantity, Typed, TypedGuard, arity_words, mixed
from contra.diagnostics import Reporter
from contra.source import Span

_MAX_LEAVES = 10_000


def choice(branches: Sequence[tuple[TypedGuard, Typed]], otherwise: Typed, span: Span, reporter: Reporter) -> Typed:
    """`if` with checked parts: all of one arity."""
    values = [value for _, value in branches] + [otherwise]
    first = next((value for value in values if value.arity is not None), otherwise)
    for value in values:
        if value.arity not in (None, first.arity):
            expected = arity_words(first.arity)
            found = arity_words(value.arity)
            reporter.report(ArityMismatch(found=found, first=first.core.span, expected=expected, span=value.core.span))
    core = Cond(
        branches=tuple(CoreBranch(guard=guard.guard, value=value.core) for guard, value in branches),
        otherwise=otherwise.core,
        span=span,
    )
    parts: list[Typed | TypedGuard] = [*(guard for guard, _ in branches), *values]
    size, depth = sum(part.size for part in parts) + 1, max(part.depth for part in parts) + 1
    bound(size, depth, span, reporter)
    quantity = mixed([value.quantity for value in values])
    may_be_inf = any(value.may_be_inf for value in values)
    return Typed(core, first.arity, quantity, may_be_inf, size, depth)


def vector(components: Sequence[Typed], span: Span, reporter: Reporter) -> Typed:
    """A tuple of checked components: nested ones flat, an infinite one makes the whole infinite, and an `if` between
    tuples moves outside."""
    if any(typed.arity is None for typed in components):  # inf, whatever its conditions say
        return infinite(span)
    choices = [_leaves(typed.core) for typed in components if _is_choice(typed)]
    copies = prod(choices)
    if copies > _MAX_LEAVES:
        reporter.report(TooLarge(limit=_MAX_LEAVES, what="tuples", span=span))
        raise TooLargeError
    size = (sum(typed.size for typed in components) + 1) * copies
    deep = [typed.depth for typed in components if _is_choice(typed)]
    depth = sum(deep) + max(typed.depth for typed in components) + 1
    bound(size, depth, span, reporter)
    arity = sum(typed.arity or 1 for typed in components)
    core = _distributed([(typed.core, _is_choice(typed)) for typed in components], span)
    may_be_inf = any(typed.may_be_inf for typed in components)
    return Typed(core, arity, Quantity.OTHER, may_be_inf, size, depth)


def _is_choice(typed: Typed) -> bool:
    """Whether this is an `if` between tuples."""
    return isinstance(typed.core, Cond) and (typed.arity or 1) > 1


def _leaves(core: Core) -> int:
    if not isinstance(core, Cond):
        return 1
    return sum(_leaves(branch.value) for branch in core.branches) + _leaves(core.otherwise)


def _distributed(components: Sequence[tuple[Core, bool]], span: Span) -> Core:
    """The tuple, with each component's `if` between tuples (marked) outermost, in order."""
    for place, (core, is_choice) in enumerate(components):
        if is_choice and isinstance(core, Cond):
            before, after = components[:place], components[place + 1 :]

            outside = [
                _distributed([*before, (value, isinstance(value, Cond)), *after], span)
                for value in (*(branch.value for branch in core.branches), core.otherwise)
            ]
            branches = tuple(
                CoreBranch(guard=branch.guard, value=value)
                for branch, value in zip(core.branches, outside[:-1], strict=True)
            )
            return Cond(branches=branches, otherwise=outside[-1], span=core.span)
    flat: list[Core] = []
    for core, _ in components:
        flat.extend(core.components if isinstance(core, Vector) else [core])
    infinity = next((core for core in flat if isinstance(core, Inf)), None)
    return infinity or Vector(components=tuple(flat), span=span)
