"""The parser is stuck: says in words what was found and what was expected.

Works on the stack of Lark's LALR parser, where every open `if` and parenthesis is still an unreduced token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from contra.diagnostics import Diagnostic
from contra.source import SourceFile, Span
from contra.suggest import nearest
from contra.syntax import errors
from contra.syntax.tokens import shorten

if TYPE_CHECKING:
    from lark import Token
    from lark.parsers.lalr_interactive_parser import InteractiveParser

_WORDS = {
    "_THEN": "'then'",
    "_ELSE": "'else'",
    "_IN": "'in'",
    "_EQUAL": "'='",
    "_LPAR": "'('",
    "_COMMA": "','",
    "_RPAR": "')'",
    "$END": "the end of the policy",
}
_KEYWORDS = ("_MINIMIZE", "_LET", "_IN", "_IF", "_THEN", "_ELSE", "_OR", "_AND", "_NOT", "EXTREMUM", "_MATCHES")


def explain(parser: InteractiveParser, token: Token, accepted: set[str], source: SourceFile) -> Diagnostic:
    """The diagnostic for `token`, which the parser did not take; `accepted` are the terminals that it would."""
    open_tokens = [value for value in parser.parser_state.value_stack if isinstance(value, str)]
    span = span_of(token, source)
    special = _special(token, accepted, open_tokens, span, source)
    if special is not None:
        return special
    found, expected = describe(token), _expected(accepted)
    hint = _hint(token, accepted)
    opener = _last(open_tokens, "_LPAR")
    if opener is not None and "_RPAR" in accepted:
        where = span_of(opener, source)
        return errors.Unclosed(found=found, expected=expected, opener=where, hint=hint, span=span)
    return errors.Unexpected(found=found, expected=expected, hint=hint, span=span)


def _special(
    token: Token, accepted: set[str], open_tokens: Sequence[Token], span: Span, source: SourceFile
) -> Diagnostic | None:
    found = describe(token)
    if token.type == "_EQUAL" and "RELATION" in accepted:
        return errors.SingleEquals(span=span)
    if token.type == "RELATION" and "_AND" in accepted:
        return errors.ChainedComparison(span=span)
    if token.type in ("_IF", "_LET") and accepted & {"NUMBER"}:
        return errors.UnparenthesisedOperand(word=str(token), span=span)
    opener = _last(open_tokens, "_IF")
    if opener is not None and "_ELSE" in accepted:
        return errors.MissingElse(found=found, opener=span_of(opener, source), span=span)
    if opener is not None and "_THEN" in accepted:
        hint = _hint(token, accepted)
        return errors.MissingThen(found=found, opener=span_of(opener, source), hint=hint, span=span)
    if accepted == {"NAME"} and token.type in _KEYWORDS:
        return errors.ReservedName(word=str(token), hint="choose another name", span=span)
    if accepted == {"$END"} or ("$END" in accepted and token.type == "_RPAR"):
        return errors.ExtraText(found=found, span=span)
    return None


def _expected(accepted: set[str]) -> str:
    """The accepted terminals in words, the likely ones first."""
    if accepted & {"NUMBER"}:
        return "an expression"
    if "NAME" in accepted:
        return "a regex" if "ANY" in accepted else "a name"
    words = [text for terminal, text in _WORDS.items() if terminal in accepted]
    if "_RPAR" in accepted and "_COMMA" in accepted:
        words = ["',' or ')'"]
    return " or ".join(words) or "an operator"


def _hint(token: Token, accepted: set[str]) -> str:
    if token.type == "MINUS" and "NUMBER" in accepted:
        return "put a negative operand in parentheses"
    if token.type == "PLUS" and "NUMBER" in accepted:
        return "a number needs no leading '+'"
    if token.type == "NAME" and accepted & {"_THEN", "_ELSE", "_IN", "RELATION"}:
        near = nearest(str(token), ["then", "else", "in", "and", "or"])
        return f"did you mean '{near}'?" if near else ""
    if token.type == "$END" and "_RPAR" in accepted:
        return "the file ends too early"
    return ""


def _last(tokens: Sequence[Token], kind: str) -> Token | None:
    return next((token for token in reversed(tokens) if token.type == kind), None)


def describe(token: Token) -> str:
    """A token in words."""
    if token.type == "$END":
        return "the end of the file"
    if token.type == "NUMBER":
        return f"the number {shorten(token)}"
    if token.type in ("NAME", "QUOTED"):
        return f"the name {shorten(token)}"
    return f"'{shorten(token)}'"


def span_of(token: Token, source: SourceFile) -> Span:
    """Where a token stands; the end of the text for the end token."""
    if token.type == "$END":
        return source.span(len(source.text), len(source.text))
    start = token.start_pos or 0
    return source.span(start, start + len(token))
