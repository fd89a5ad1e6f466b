"""Formatting a file without losing its comments.

A *clause* is what the formatter may put on a line of its own: a branch of an `if`, its `else`, a `let`, the whole
objective. A comment stays with its clause and moves to the line above it; comments before and after the policy
stay there. The places are such that formatting twice changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from contra.diagnostics import Reporter
from contra.source import SourceFile
from contra.syntax import ast
from contra.syntax.parse import parse_with_comments
from contra.syntax.pretty import format_with_comments
from contra.syntax.tokens import Comment

_OPENERS = re.compile(r"(?:\s|\(|else\b|if\b|let\b)*")


@dataclass(frozen=True, slots=True)
class _Clause:
    """`start`: where its own words begin; `offset`: what the formatter knows it by."""

    start: int
    offset: int


def format_source(source: SourceFile, reporter: Reporter, *, hula_capacity: int | None = None) -> str:
    """The canonical .ctr text of a policy file, either dialect, with all its comments."""
    policy, comments = parse_with_comments(source, reporter, hula_capacity=hula_capacity)
    start, end = _extent(source, comments)
    before = [comment for comment in comments if comment.end <= start]
    after = [comment for comment in comments if comment.start >= end]
    inside = comments[len(before) : len(comments) - len(after)]
    text = format_with_comments(policy, _placed(inside, policy, source))
    return _header(before, source, start) + text + _footer(after, source, end)


def _extent(source: SourceFile, comments: list[Comment]) -> tuple[int, int]:
    """Where the policy itself begins and ends: what is left when blanks and outer comments are taken off."""
    start, end = 0, len(source.text)
    for comment in comments:
        if source.text[start : comment.start].strip():
            break
        start = comment.end
    for comment in reversed(comments):
        if source.text[comment.end : end].strip():
            break
        end = comment.start
    return start, max(start, end)


def _header(comments: list[Comment], source: SourceFile, start: int) -> str:
    """Comments above the policy, with the empty lines between them."""
    ends = [comment.start for comment in comments[1:]] + [start]
    pieces = (
        "\n".join(_lines(comment)) + _gap(source.text, comment.end, end)
        for comment, end in zip(comments, ends, strict=False)
    )
    return "".join(pieces)


def _footer(comments: list[Comment], source: SourceFile, end: int) -> str:
    """Comments below the policy, with the empty lines between them."""
    starts = [end] + [comment.end for comment in comments[:-1]]
    pieces = (
        _gap(source.text, start, comment.start)[1:] + "\n".join(_lines(comment)) + "\n"
        for comment, start in zip(comments, starts, strict=False)
    )
    return "".join(pieces)


def _gap(text: str, start: int, end: int) -> str:
    return "\n\n" if text.count("\n", start, end) > 1 else "\n"


def _lines(comment: Comment) -> list[str]:
    """The comment as lines of a .ctr file."""
    return [f"#{line}" if not line or line[0] in " #!\t" else f"# {line}" for line in comment.lines]


# ------------------------------------------------------------------------------------- inside the policy


def _placed(comments: list[Comment], policy: ast.Policy, source: SourceFile) -> dict[int, list[str]]:
    """Comment lines by the clause that they go above."""
    clauses = sorted(_clauses(policy.objective), key=lambda clause: clause.start)
    starts = [clause.start for clause in clauses]
    chosen: list[_Clause] = []
    next_clause: _Clause | None = None
    next_start = len(source.text)
    for comment in reversed(comments):
        following = bisect_right(starts, comment.start)
        here = next_clause
        if following < len(clauses) and starts[following] < next_start:
            here = _opened(clauses, following, source.text[comment.end : starts[following]])
            gap_is_open = here is not None
        else:
            gap_is_open = bool(_OPENERS.fullmatch(source.text, comment.end, next_start))
            if here is not None and "else" in source.text[comment.end : next_start]:
                here = clauses[bisect_left(starts, here.start)]
        if not (gap_is_open and here is not None and _has_own_line(comment, source.text)):
            here = None
        chosen.append(here or clauses[max(following - 1, 0)])
        next_clause, next_start = here, comment.start
    placed: dict[int, list[str]] = {}
    for comment, clause in zip(comments, reversed(chosen), strict=True):
        placed.setdefault(clause.offset, []).extend(_lines(comment))
    return placed


def _opened(clauses: list[_Clause], place: int, between: str) -> _Clause | None:
    """The clause that begins at `place`, if only its opening words stand between; inside an `else` the `let` itself."""
    if not _OPENERS.fullmatch(between):
        return None
    if "else" not in between:
        while place + 1 < len(clauses) and clauses[place + 1].start == clauses[place].start:
            place += 1
    return clauses[place]


def _has_own_line(comment: Comment, text: str) -> bool:
    return not text[text.rfind("\n", 0, comment.start) + 1 : comment.start].strip()


def _clauses(expr: ast.Expr) -> Iterator[_Clause]:
    """The clauses of an expression that stands on lines of its own, in the order of the text."""
    if not isinstance(expr, ast.If | ast.Let):
        yield _Clause(expr.span.start, expr.span.start)
        return
    stack: list[ast.Expr | _Clause] = [expr]
    while stack:
        item = stack.pop()
        if isinstance(item, _Clause):
            yield item
        elif isinstance(item, ast.If):
            otherwise = item.otherwise
            stack.extend([otherwise, _Clause(otherwise.span.start, otherwise.span.start)])
            for branch in reversed(item.branches):
                start = branch.guard.span.start
                stack.extend([branch.value, _Clause(start, start)])
        elif isinstance(item, ast.Let):
            value = [] if isinstance(item.value, ast.Regex) else [item.value]
            stack.extend([item.body, *value, _Clause(item.span.start, item.name_span.start)])
