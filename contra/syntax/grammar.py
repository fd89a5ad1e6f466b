"""Loads the Lark grammars in `grammar/`, one a dialect, once a process.

Lark is imported here and not at the top, because every stage needs the tree and only this one the parser.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from contra.resources import read_resource
from contra.syntax.ast import Dialect

if TYPE_CHECKING:
    from lark import Lark, Token

_OUTSIDE_RULES = ("COMMENT", "PATH", "QUOTED", "BAD_COMMENT", "BAD_NUMBER", "BAD_QUOTE", "BAD", "_EQUAL")


class _KeepAll:
    """Makes Lark's lexer hand out tokens that no rule uses: comments, and what is wrong."""

    def __init__(self, grammar: str) -> None:
        self.always_accept = tuple(name for name in _OUTSIDE_RULES if f"\n{name}" in grammar)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        return stream


@cache
def load(dialect: Dialect) -> Lark:
    """The parser of one dialect."""
    from lark import Lark

    grammar = read_resource("grammar", f"{dialect.value}.lark")
    return Lark(
        grammar,
        parser="lalr",
        lexer="basic",
        start="policy",
        propagate_positions=True,
        postlex=_KeepAll(grammar),
    )
