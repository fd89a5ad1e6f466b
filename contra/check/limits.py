"""How large a policy may be when its `let`s are written out. Sizes are computed along the way, never by expanding."""

from __future__ import annotations

from contra.check.errors import TooLarge
from contra.diagnostics import Reporter
from contra.source import Span

MAX_SIZE = 100_000
MAX_DEPTH = 200
"""Twice the nesting that the syntax allows, since a `let` may put one deep expression into another."""


class TooLargeError(Exception):
    """Unwinds the check after the diagnostic."""


def bound(size: int, depth: int, span: Span, reporter: Reporter) -> None:
    """Report and unwind if a phrase is too large."""
    if size > MAX_SIZE:
        reporter.report(TooLarge(limit=MAX_SIZE, what="parts", span=span))
        raise TooLargeError
    if depth > MAX_DEPTH:
        reporter.report(TooLarge(limit=MAX_DEPTH, what="levels of nesting", span=span))
        raise TooLargeError
