"""What the converters of numbers and of regexes share: places, depth, failing."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, TypeAlias

from contra.diagnostics import Diagnostic, Reporter
from contra.source import SourceFile, Span
from contra.syntax import ast, errors

if TYPE_CHECKING:
    from lark import Token, Tree

    Item: TypeAlias = Tree[Token] | Token

MAX_DEPTH = 100


class TooDeepError(Exception):
    """Unwinds a conversion after the diagnostic."""


class Base:
    """A conversion of one text."""

    def __init__(self, dialect: ast.Dialect, source: SourceFile, reporter: Reporter) -> None:
        self.dialect = dialect
        self.source = source
        self.reporter = reporter

    def span(self, item: Item) -> Span:
        """Where the item stands."""
        if isinstance(item, str):
            start = item.start_pos or 0
            return self.source.span(start, start + len(item))
        return self.source.span(item.meta.start_pos, item.meta.end_pos)

    def hole(self, span: Span) -> ast.Number:
        """Stands where something was wrong."""
        return ast.Number(value=Fraction(0), span=span)

    def fail(self, problem: Diagnostic) -> ast.Number:
        """Report, and go on with a hole."""
        self.reporter.report(problem)
        return self.hole(problem.span or self.source.span(0, 0))

    def enter(self, item: Item, depth: int) -> int:
        """One level deeper, or the end of it."""
        if depth > MAX_DEPTH:
            span = self.span(item)
            self.reporter.report(errors.TooDeep(limit=MAX_DEPTH, span=self.source.span(span.start, span.start + 1)))
            raise TooDeepError
        return depth + 1
