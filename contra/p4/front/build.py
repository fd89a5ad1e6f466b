"""Words -> syntax tree: loads grammar/p4_16.lark and makes the nodes while it parses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from contra.diagnostics import CompileError, Reporter
from contra.p4.front import errors, tree
from contra.p4.front.actions import TreeMaker
from contra.p4.front.lexer import Lexer
from contra.p4.front.tree import Token
from contra.resources import read_resource
from contra.source import SourceFile

if TYPE_CHECKING:
    from lark import Lark

_MOST_EXPECTED = 6
_READABLE = {
    "NAME": "a name",
    "TYPE": "a type",
    "NUMBER": "a number",
    "STRING": "a string",
    "ANNOTATION": "an annotation",
    "BINARY": "an operator",
    "SIGN": "an operator",
    "PREFIX": "an expression",
    "OPEN": "'<'",
    "CLOSE": "'>'",
    "$END": "the end of the file",
}
_EXPRESSION = frozenset({"NUMBER", "PREFIX", "NAME"})
_STARTS = frozenset({"NUMBER", "PREFIX", "NAME", "TYPE", "STRING", "SIGN", "TRUE", "FALSE", "ERROR", "LPAR", "DOT"})
_TYPE_WORDS = frozenset({"BIT", "INT", "BOOL", "ERROR", "VOID", "TYPE"})


@cache
def _load() -> tuple[Lark, dict[str, str]]:
    """The parser, and the terminal of each keyword and sign."""
    from lark import Lark
    from lark.lexer import PatternStr

    parser = Lark(
        read_resource("grammar", "p4_16.lark"),
        parser="lalr",
        lexer="basic",  # not used: words come from contra.p4.front.lexer
        start="program",
        keep_all_tokens=True,
        maybe_placeholders=True,
        transformer=cast(Any, TreeMaker()),
    )
    literals = {t.pattern.value: t.name for t in parser.terminals if isinstance(t.pattern, PatternStr)}
    return parser, literals


def parse(source: SourceFile, reporter: Reporter) -> tree.Program:
    """The syntax tree of a program. Raises CompileError with what is wrong."""
    from lark.exceptions import UnexpectedToken

    parser, literals = _load()
    words = Lexer(source, literals, reporter).tokens()
    feeder = parser.parse_interactive("")
    word = Token("$END", "", len(source.text), len(source.text))
    try:
        for each in words:
            feeder.feed_token(cast(Any, each))
        each = word
        program = feeder.feed_token(cast(Any, word))
    except UnexpectedToken as found:
        reporter.report(_unexpected(each, set(found.accepts or found.expected), source, words, literals))
        raise CompileError(reporter.diagnostics) from None
    return cast(tree.Program, program)


def _unexpected(
    word: Token, expected: set[str], source: SourceFile, words: Sequence[Token], literals: dict[str, str]
) -> errors.Unexpected:
    return errors.Unexpected(
        found=_found(word),
        expected=_listed(expected, {name: text for text, name in literals.items()}),
        hint="",
        span=source.span(word.start, word.end),
    )


def _found(word: Token) -> str:
    if word.type == "$END":
        return "the end of the file"
    text = word.text if len(word.text) <= 40 else f"{word.text[:37]}..."
    if word.type == "TYPE":
        return f"the type '{text}'"
    return f"'{text}'"


def _listed(expected: set[str], literals: dict[str, str]) -> str:
    """What could stand here, as a person would say it."""
    said: list[str] = []
    if expected >= _EXPRESSION:
        expected = expected - _STARTS
        said.append("an expression")
    if expected >= {"BIT", "INT", "BOOL", "TYPE"}:
        expected = expected - _TYPE_WORDS
        said.append("a type")
    if expected >= {"NAME", "TYPE"}:
        expected = expected - {"TYPE"}
    rest = sorted({_READABLE.get(name) or f"'{literals[name]}'" for name in expected if name != "ANNOTATION"})
    said += [name for name in rest if name not in said]
    if len(said) > _MOST_EXPECTED:
        said = [*said[:_MOST_EXPECTED], "..."]
    if len(said) < 2:
        return "".join(said) or "nothing more"
    return f"{', '.join(said[:-1])} or {said[-1]}" if said[-1] != "..." else ", ".join(said)
