"""Regex to regex: folding without recursion, normal form, reversal, size.

Trees may be very wide, very deep and may share sub-trees (a `let` used many times); nothing here recurses, and every
function but `fold` with `shared=False` visits a shared sub-tree once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from contra.automata.regex import AnySymbol, Concat, Regex, Star, Symbols, Union

T = TypeVar("T")

EPSILON = Concat(())
NOTHING = Union(())


def children(regex: Regex) -> tuple[Regex, ...]:
    """The direct sub-expressions, left to right."""
    if isinstance(regex, Concat):
        return regex.parts
    if isinstance(regex, Union):
        return regex.options
    if isinstance(regex, Star):
        return (regex.body,)
    return ()


def fold(regex: Regex, visit: Callable[[Regex, list[T]], T], *, shared: bool = True) -> T:
    """Bottom-up value of a regex: `visit(node, values of its children)`.

    With `shared` an object that occurs several times is visited once; without, once for each occurrence.
    """
    known: dict[int, T] = {}
    values: list[T] = []
    todo: list[tuple[Regex, bool]] = [(regex, False)]
    while todo:
        node, expanded = todo.pop()
        if shared and id(node) in known:
            values.append(known[id(node)])
            continue
        below = children(node)
        if below and not expanded:
            todo.append((node, True))
            todo.extend((child, False) for child in reversed(below))
            continue
        first = len(values) - len(below)
        value = visit(node, values[first:])
        del values[first:]
        values.append(value)
        if shared:
            known[id(node)] = value
    return values[0]


def tree_size(regex: Regex) -> int:
    """Number of nodes of the tree, shared sub-trees counted as often as they occur."""
    return fold(regex, lambda _node, sizes: 1 + sum(sizes))


def reverse(regex: Regex) -> Regex:
    """A regex for the words of `regex` read backwards."""
    return fold(regex, _reversed)


def _reversed(node: Regex, below: list[Regex]) -> Regex:
    if isinstance(node, Concat):
        return Concat(tuple(reversed(below)))
    if isinstance(node, Union):
        return Union(tuple(below))
    if isinstance(node, Star):
        return Star(below[0])
    return node


def normalise(regex: Regex) -> Regex:
    """An equal regex in which an alternation of single symbols is one leaf and no empty part is left inside."""
    return fold(regex, _normalised)


def _normalised(node: Regex, below: list[Regex]) -> Regex:
    if isinstance(node, Symbols):
        return node if node.names else NOTHING
    if isinstance(node, Concat):
        return _concat(below)
    if isinstance(node, Union):
        return _union(below)
    if isinstance(node, Star):
        body = below[0]
        if isinstance(body, Star):
            return body
        return EPSILON if _is(body, EPSILON) or _is(body, NOTHING) else Star(body)
    return node


def _is(node: Regex, constant: Regex) -> bool:
    """Equality with EPSILON or NOTHING that never compares deep trees."""
    return type(node) is type(constant) and not children(node)


def _concat(parts: list[Regex]) -> Regex:
    if any(_is(part, NOTHING) for part in parts):
        return NOTHING
    kept = [part for part in parts if not _is(part, EPSILON)]
    return kept[0] if len(kept) == 1 else Concat(tuple(kept))


def _union(options: list[Regex]) -> Regex:
    distinct = {id(option): option for option in options if not _is(option, NOTHING)}.values()
    rest: list[Regex] = [option for option in distinct if not isinstance(option, AnySymbol | Symbols)]
    leaves = [option for option in distinct if isinstance(option, AnySymbol | Symbols)]
    names = [leaf.names for leaf in leaves if isinstance(leaf, Symbols)]
    if len(names) < len(leaves):
        rest.insert(0, AnySymbol())
    elif names:
        rest.insert(0, Symbols(frozenset().union(*names)))
    return rest[0] if len(rest) == 1 else Union(tuple(rest))
