"""Text -> tokens and comments. Everything that is no token of the language is reported here, all of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contra.diagnostics import Diagnostic, Reporter
from contra.source import SourceFile, Span
from contra.syntax import errors
from contra.syntax.ast import Dialect
from contra.syntax.grammar import load

if TYPE_CHECKING:
    from lark import Token

MAX_TOKENS = 100_000
_COMMENT_SIGN = re.compile(r"/\*|\*/")
_MAX_BAD = 20
_MAX_BAD_CHARACTERS = 2000

_SUSPICIOUS = ("PATH", "QUOTED", "BAD_COMMENT", "BAD_NUMBER", "BAD_QUOTE")

_HINTS = {
    "&": "write 'and'",
    "&&": "write 'and'",
    "|": "alternatives of a regex are joined by '+', conditions by 'or'",
    "||": "write 'or'",
    "!": "write 'not'",
    "~": "write 'not'",
    "/": "there is no division: multiply by a decimal, or divide both sides",
    "?": "a choice is written  if condition then rank else rank",
    ":": "a choice is written  if condition then rank else rank",
    ";": "names side by side are a sequence; ';' belongs to the .hula dialect",
    "[": "a regex stands without brackets, a group in ( )",
    "]": "a regex stands without brackets, a group in ( )",
    "{": "groups are written with ( )",
    "}": "groups are written with ( )",
    "'": 'names with blanks or dots go in double quotes: "n 1.2"',
    "^": "there are no powers; a regex always matches the whole path and needs no '^'",
    "$": "a regex always matches the whole path and needs no '$'",
    "≤": "write '<='",
    "≥": "write '>='",
    "≠": "write '!='",
    "%": "a percentage is written without a blank: 80%",
}
_HULA_HINTS = {
    ";": "",
    "*/": "no comment is open here",
}


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment: its place and its lines without the comment signs."""

    start: int
    end: int
    lines: tuple[str, ...]


def tokenize(source: SourceFile, dialect: Dialect, reporter: Reporter) -> tuple[list[Token], list[Comment]]:
    """All tokens of the text, and its comments. Reports what is no token; stops after `MAX_TOKENS`."""
    text, comments = source.text, list[Comment]()
    if dialect is Dialect.HULA:
        text, comments = _blank_comments(source, reporter)
    tokens: list[Token] = []
    problems: list[Diagnostic] = []
    bad: list[Token] = []
    for count, token in enumerate(load(dialect).lex(text)):
        if count >= MAX_TOKENS:
            problems.append(errors.TooManyWords(limit=MAX_TOKENS, span=_span(token, source)))
        if token.type == "COMMENT":
            comments.append(_comment(token))
        elif token.type == "BAD":
            bad.append(token)
        elif token.type in _SUSPICIOUS:
            problems.extend(_problem(token, _span(token, source), dialect))
            tokens.append(token)
        else:
            tokens.append(token)
        if count >= MAX_TOKENS or len(bad) > _MAX_BAD_CHARACTERS or len(problems) > _MAX_BAD:
            break
    for problem in [*problems, *_bad_characters(bad, source, dialect)]:
        reporter.report(problem)
    return tokens, comments


def _span(token: Token, source: SourceFile) -> Span:
    start = token.start_pos or 0
    return source.span(start, start + len(token))


def _comment(token: Token) -> Comment:
    start = token.start_pos or 0
    return Comment(start, start + len(token), (token.removeprefix("#").removeprefix("//").rstrip(),))


def _bad_characters(bad: list[Token], source: SourceFile, dialect: Dialect) -> list[Diagnostic]:
    """One diagnostic for each run of such characters."""
    runs: list[Span] = []
    for token in bad:
        span = _span(token, source)
        if runs and runs[-1].end == span.start:
            runs[-1] = runs[-1].to(span)
        else:
            runs.append(span)
    return [_bad_character(span, dialect) for span in runs[:_MAX_BAD]]


def _problem(token: Token, span: Span, dialect: Dialect) -> Iterator[Diagnostic]:
    match token.type:
        case "PATH":
            yield errors.ReservedName(word="path", hint="write path.util, path.len or path.lat", span=span)
        case "BAD_COMMENT":
            hula = dialect is Dialect.HULA
            wanted = "/* ... */, and nest" if hula else "# ... or // ..., up to the end of the line"
            yield errors.ForeignComment(wanted=wanted, span=span)
        case "BAD_QUOTE":
            yield errors.UnclosedQuote(span=span)
        case "BAD_NUMBER":
            yield errors.BadNumber(found=shorten(token), hint=_number_hint(token, dialect), span=span)
        case "QUOTED" if token == '""':
            yield errors.EmptyName(span=span)


def _number_hint(text: str, dialect: Dialect) -> str:
    if dialect is Dialect.HULA:
        return "numbers of the .hula dialect are whole: digits only"
    if text.lower().rstrip("/s").endswith(("bit", "bps", "byte", "bytes", "kb", "mb", "gb")):
        return "utilisation is a fraction of the capacity, such as 80%"
    return "units are ns, us, ms, s and %; a switch of this name goes in double quotes"


def _bad_character(span: Span, dialect: Dialect) -> errors.BadCharacter:
    text = span.text
    hints = _HINTS | _HULA_HINTS if dialect is Dialect.HULA else _HINTS
    hint = hints.get(text[:2], hints.get(text[:1], ""))
    if not text.isascii() and not hint:
        hint = "names with such letters go in double quotes" if text.isalpha() else ""
    return errors.BadCharacter(found=_name_of(text), hint=hint, span=span)


def _name_of(text: str) -> str:
    if len(text) == 1 and not text.isprintable():
        return "NUL byte" if text == "\0" else f"control character U+{ord(text):04X}"
    return f"'{shorten(text)}'" if text.isprintable() else "binary characters"


def shorten(text: str) -> str:
    """At most 40 characters of a text, for messages."""
    return text if len(text) <= 40 else f"{text[:37]}..."


# --------------------------------------------------------------------------------------- nested comments


def _blank_comments(source: SourceFile, reporter: Reporter) -> tuple[str, list[Comment]]:
    """The text with every `/* ... */` turned into blanks of the same length, so that offsets stay true."""
    pieces: list[str] = []
    comments: list[Comment] = []
    done = 0
    for start, end in _comment_places(source, reporter):
        inside = source.text[start:end]
        lines = tuple(line.strip().strip("*/").strip() for line in inside.splitlines())
        comments.append(Comment(start, end, tuple(line for line in lines if line) or ("",)))
        pieces.append(source.text[done:start])
        pieces.append("".join("\n" if char == "\n" else " " for char in inside))
        done = end
    pieces.append(source.text[done:])
    return "".join(pieces), comments


def _comment_places(source: SourceFile, reporter: Reporter) -> Iterator[tuple[int, int]]:
    starts: list[int] = []
    for sign in _COMMENT_SIGN.finditer(source.text):
        if sign.group() == "/*":
            starts.append(sign.start())
        elif starts:
            start = starts.pop()
            if not starts:
                yield start, sign.end()
    if starts:
        reporter.report(errors.UnclosedComment(span=source.span(starts[0], starts[0] + 2)))
        yield starts[0], len(source.text)
