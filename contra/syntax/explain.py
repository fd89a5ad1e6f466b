"""The parser is stuck: says in words what was found and what was expected.

Works on the stack of Lark's LALR parser, where every open `if` and parenthesis is still an unreduced token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
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
_KEYWORDS = (
    "_MINIMIZE",
    "_LET",
    "_IN",
    "_IF",
    "_THEN",
    "_ELSE",
    "_OR",
    "_AND",
    "_NOT",
    "EXTREMUM",
    "_MATCHES",
)

_FOREIGN_ELSE = ("elif", "elsif", "elseif")


@dataclass(frozen=True, slots=True)
class _Stop:
    """Where the parser stopped: the token, the terminals that it would take, the tokens that are still open."""

    token: Token
    accepted: set[str]
    open_tokens: list[Token]
    source: SourceFile

    @property
    def span(self) -> Span:
        return span_of(self.token, self.source)

    @property
    def after_operand(self) -> bool:
        """Whether an expression may end here."""
        return "PLUS" in self.accepted

    def opener(self, kind: str) -> Token | None:
        """The innermost open token of a kind."""
        return next((token for token in reversed(self.open_tokens) if token.type == kind), None)


def explain(parser: InteractiveParser, token: Token, source: SourceFile) -> Diagnostic:
    """The diagnostic for `token`, which the parser did not take."""
    from lark import Token

    accepted = set(parser.accepts())  # type: ignore[no-untyped-call]
    open_tokens = [value for value in parser.parser_state.value_stack if isinstance(value, Token)]
    stop = _Stop(token, accepted, open_tokens, source)
    special = _special(stop) or _unfinished(stop)
    if special is not None:
        return special
    found, expected, hint = describe(token), _expected(accepted, stop.after_operand), _hint(stop)
    opener = stop.opener("_LPAR")
    if opener is not None and "_RPAR" in accepted:
        where = span_of(opener, source)
        return errors.Unclosed(found=found, expected=expected, opener=where, hint=hint, span=stop.span)
    return errors.Unexpected(found=found, expected=expected, hint=hint, span=stop.span)


def _special(stop: _Stop) -> Diagnostic | None:
    """Mistakes that have a message of their own."""
    token, accepted = stop.token, stop.accepted
    if token.type == "_EQUAL" and "RELATION" in accepted:
        return errors.SingleEquals(span=stop.span)
    if token.type == "RELATION" and "_AND" in accepted:
        return errors.ChainedComparison(span=stop.span)
    if token.type in ("_IF", "_LET") and "NUMBER" in accepted and not stop.after_operand:
        return errors.UnparenthesisedOperand(word=str(token), span=stop.span)
    if accepted == {"NAME"} and token.type in _KEYWORDS:
        return errors.ReservedName(word=str(token), hint="choose another name", span=stop.span)
    if accepted == {"$END"} or ("$END" in accepted and token.type == "_RPAR"):
        hint = "there is no '(' for it" if token.type == "_RPAR" else "a file holds one policy"
        return errors.ExtraText(found=describe(token), hint=hint, span=stop.span)
    return None


def _unfinished(stop: _Stop) -> Diagnostic | None:
    """An `if` that lacks its `then` or `else`, a `let` that lacks its `in`."""
    let = stop.opener("_LET")
    if let is not None and "_IN" in stop.accepted:
        return errors.MissingIn(found=describe(stop.token), opener=span_of(let, stop.source), span=stop.span)
    opener = stop.opener("_IF")
    if opener is None or not stop.accepted & {"_THEN", "_ELSE"}:
        return None
    where, found = span_of(opener, stop.source), describe(stop.token)
    if "_ELSE" in stop.accepted:
        then = stop.opener("_THEN") or opener
        hint = _misspelt("else", span_of(then, stop.source), stop)
        default = "every path needs a rank; to forbid the other paths write  else inf"
        return errors.MissingElse(found=found, opener=where, hint=hint or default, span=stop.span)
    hint = _misspelt("then", where, stop)
    return errors.MissingThen(found=found, opener=where, hint=hint, span=stop.span)


def _misspelt(word: str, since: Span, stop: _Stop) -> str:
    """A hint where something like the keyword stands between two places: it was read as a name."""
    between = stop.source.text[since.end : min(stop.span.end, since.end + 2000)]
    for name in dict.fromkeys(re.findall(r"[A-Za-z_]+", between)):
        if name in _FOREIGN_ELSE and word == "else":
            return f"write 'else if' instead of '{name}'"
        if nearest(name, [word]):
            return f"is '{name}' meant to be '{word}'?"
    return ""


def _expected(accepted: set[str], after_operand: bool) -> str:
    """The accepted terminals in words, the likely ones first."""
    if "NUMBER" in accepted and not after_operand:
        return "an expression"
    if "NAME" in accepted and not after_operand:
        return "a regex" if "ANY" in accepted else "a name"
    words = [text for terminal, text in _WORDS.items() if terminal in accepted]
    if after_operand and "'('" in words:
        words.remove("'('")
    return " or ".join(words) or "an operator"


def _hint(stop: _Stop) -> str:
    token, accepted = stop.token, stop.accepted
    if token.type == "MINUS" and "NUMBER" in accepted and not stop.after_operand:
        return "put a negative operand in parentheses"
    if token.type == "PLUS" and "NUMBER" in accepted and not stop.after_operand:
        return "a number needs no leading '+'"
    if token.type == "_COMMA" and "_RPAR" in accepted:
        return "a tuple has parentheses of its own:  minimize((path.len, path.util))"
    if token.type in ("NAME", "QUOTED", "ANY", "_LPAR") and "_SEMICOLON" in accepted:
        return "the parts of a sequence are joined by ';'"
    if token.type in ("_THEN", "_ELSE") and stop.after_operand:
        return f"no 'if' is open here for this '{token}'"
    return ""


def describe(token: Token) -> str:
    """A token in words."""
    if token.type == "$END":
        return "the end of the file"
    if token.type == "NUMBER":
        return f"the number {shorten(token)}"
    if token.type in ("NAME", "QUOTED"):
        return f"the name '{shorten(token.strip(chr(34)))}'"
    return f"'{shorten(token)}'"


def span_of(token: Token, source: SourceFile) -> Span:
    """Where a token stands; behind the last word of the text for the end token."""
    if token.type == "$END":
        end = len(source.text.rstrip())
        return source.span(end, end)
    start = token.start_pos or 0
    return source.span(start, start + len(token))
