"""Words -> syntax tree: loads grammar/p4_16.lark and makes the nodes while it parses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.p4.front import errors, tree
from contra.p4.front.actions import tree_maker
from contra.p4.front.lexer import Lexer
from contra.p4.front.tree import Token
from contra.resources import read_resource
from contra.source import SourceFile

if TYPE_CHECKING:
    from lark import Lark

_MOST_EXPECTED = 6
_READABLE = {
    "NAME": "a name",
    "TYPE_NAME": "a type",
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
_STATEMENT = frozenset({"SEMICOLON", "IF", "SWITCH"})
_STARTS = frozenset(
    {"NUMBER", "PREFIX", "NAME", "TYPE_NAME", "STRING", "SIGN", "TRUE", "FALSE", "ERROR", "LPAR", "DOT"}
)
_BEHIND_VALUES = frozenset({"BINARY", "SIGN", "OPEN", "CLOSE", "QMARK", "DOT", "LSQB", "LPAR", "__ANON_0", "__ANON_1"})
_TYPE_WORDS = frozenset({"BIT", "INT", "BOOL", "ERROR", "VOID", "TYPE_NAME"})


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
        transformer=cast(Any, tree_maker()),
    )
    literals = {t.pattern.value: t.name for t in parser.terminals if isinstance(t.pattern, PatternStr)}
    return parser, literals


def parse(source: SourceFile, reporter: Reporter) -> tree.Program:
    """The syntax tree of a program. Raises CompileError with what is wrong."""
    from lark.exceptions import UnexpectedToken

    parser, literals = _load()
    lexer = Lexer(source, literals, reporter)
    words = lexer.tokens()
    feeder = parser.parse_interactive("")
    word = Token("$END", "", len(source.text), len(source.text))
    try:
        for each in words:
            feeder.feed_token(cast(Any, each))
        each = word
        program = feeder.feed_token(cast(Any, word))
    except UnexpectedToken:
        reporter.report(_unexpected(each, set(cast(Any, feeder).accepts()), lexer, words))
        raise CompileError(reporter.diagnostics) from None
    return cast(tree.Program, program)


def _unexpected(word: Token, expected: set[str], lexer: Lexer, words: Sequence[Token]) -> Diagnostic:
    source = lexer.source
    names = {name: text for text, name in lexer.literals.items()}
    place = words.index(word) if word in words else len(words)
    before = words[place - 1] if place else None
    behind = words[place + 1] if place + 1 < len(words) else None
    for kind, name in ((before, word), (word, behind)):
        if kind is not None and name is not None and kind.type == "NAME" and name.type in ("NAME", "TYPE_NAME"):
            if kind is word and "TYPE_NAME" not in expected:
                continue
            types = tuple(sorted(lexer.types))
            return errors.UnknownName(
                kind="type", name=kind.text, candidates=types, span=source.span(kind.start, kind.end)
            )
    span, hint = source.span(word.start, word.end), ""
    if before is not None and "SEMICOLON" in expected and "RBRACE" not in expected:
        line = source.span(before.start, before.end).line
        if line < span.line:
            hint = f"line {line} lacks its ';'"
            span = source.span(before.end, before.end + 1)
    return errors.Unexpected(found=_found(word), expected=_listed(expected, names), hint=hint, span=span)


def _found(word: Token) -> str:
    if word.type == "$END":
        return "the end of the file"
    text = word.text if len(word.text) <= 40 else f"{word.text[:37]}..."
    if word.type == "TYPE_NAME":
        return f"the type '{text}'"
    return f"'{text}'"


def _listed(expected: set[str], literals: dict[str, str]) -> str:
    """What could stand here, as a person would say it."""
    said: list[str] = []
    if expected >= _STATEMENT:
        expected = expected & {"RBRACE", "TRANSITION", "ELSE"}
        said.append("a statement")
    if expected >= _EXPRESSION:
        expected = expected - _STARTS
        said.append("an expression")
    if expected >= {"BIT", "INT", "BOOL", "TYPE_NAME"}:
        expected = expected - _TYPE_WORDS
        said.append("a type")
    if expected >= {"NAME", "TYPE_NAME"}:
        expected = expected - {"TYPE_NAME"}
    if "BINARY" in expected:
        expected = expected - _BEHIND_VALUES
        said.append("an operator")
    shown = {_READABLE.get(name) or f"'{literals[name]}'" for name in expected if name != "ANNOTATION"}
    rest = sorted(shown, key=lambda text: (text[1:2].isalpha() or not text.startswith("'"), text))
    said = [*(name for name in rest if name not in said), *said]
    if len(said) > _MOST_EXPECTED:
        said = [*said[:_MOST_EXPECTED], "..."]
    if len(said) < 2:
        return "".join(said) or "nothing more"
    return f"{', '.join(said[:-1])} or {said[-1]}" if said[-1] != "..." else ", ".join(said)
