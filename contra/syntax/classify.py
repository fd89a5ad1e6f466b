"""What a piece of Lark's tree can be: a number, a regex or a condition."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from contra.syntax.ast import Dialect

if TYPE_CHECKING:
    from lark import Token, Tree

    Item: TypeAlias = Tree[Token] | Token


class Kind(Enum):
    """The three sorts of phrases, and of what a `let` may name the first two."""

    NUMBER = "a number"
    REGEX = "a regex"
    CONDITION = "a condition"


Scope: TypeAlias = dict[str, Kind]
"""The `let` names in force."""

ATTRIBUTE_NAMES = ("util", "len", "lat", "length", "latency")
_CONDITIONS = ("disjunction", "conjunction", "not", "comparison", "matches")
_REGEX_TREES = ("sum", "product", "paren")
_REGEX_TOKENS = ("QUOTED", "ANY", "STAR", "PLUS")
_TOKEN_WORDS = {
    "NUMBER": "a number",
    "INFINITY": "a number",
    "ATTRIBUTE": "a number",
    "QUOTED": "a switch name",
    "ANY": "a regex",
    "STAR": "'*'",
    "MINUS": "'-'",
}
_TREE_WORDS = {
    "conditional": "an 'if' between numbers",
    "let": "a 'let'",
    "extremum": "a number",
    "product": "a regex",
    "sum": "a regex",
}


def is_token(item: Item, *kinds: str) -> bool:
    """Whether the item is a token of one of the kinds."""
    return isinstance(item, str) and item.type in kinds


def kind_of(item: Item, scope: Scope) -> Kind:
    """Looks at a whole phrase: whatever holds nothing of numbers is a regex."""
    while not isinstance(item, str) and item.data == "paren" and len(item.children) == 1:
        item = item.children[0]
    if not isinstance(item, str) and item.data in _CONDITIONS:
        return Kind.CONDITION
    stack: list[Item] = [item]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            named = item.type == "NAME" and scope.get(str(item)) is not Kind.NUMBER
            if not named and item.type not in _REGEX_TOKENS:
                return Kind.NUMBER
        elif item.data not in _REGEX_TREES or (item.data == "paren" and len(item.children) > 1):
            return Kind.NUMBER
        else:
            stack.extend(reversed(item.children))
    return Kind.REGEX


def kind_of_value(item: Item, scope: Scope) -> Kind:
    """The kind of a `let` value; a bare `util` there is a forgotten `path.` rather than a switch."""
    if is_token(item, "NAME") and str(item) in ATTRIBUTE_NAMES and str(item) not in scope:
        return Kind.NUMBER
    return kind_of(item, scope)


def is_arithmetic_chain(children: Sequence[Item]) -> bool:
    """Whether the children of a product are operands with one star between each two."""
    if len(children) % 2 == 0:
        return False
    return all(is_token(child, "STAR") == (place % 2 == 1) for place, child in enumerate(children))


def capital_path(children: Sequence[Item]) -> str | None:
    """The attribute of a misspelt `Path.util`, which is read as name, dot, name."""
    if len(children) < 3 or not (is_token(children[0], "NAME") and is_token(children[1], "ANY")):
        return None
    name = str(children[2])
    return name if str(children[0]).lower() == "path" and is_token(children[2], "NAME") else None


def found_in_words(item: Item, dialect: Dialect = Dialect.CTR) -> str:
    """What an item is, for messages."""
    if isinstance(item, str):
        return _TOKEN_WORDS.get(item.type, f"'{item}'")
    if item.data == "paren":
        return "a tuple" if len(item.children) > 1 else "parentheses"
    if item.data in _CONDITIONS:
        return "a condition"
    if dialect is Dialect.HULA:
        return "a number" if item.data in ("sum", "product") else _TREE_WORDS[item.data]
    return _TREE_WORDS[item.data]
