"""A small pretty-printing library: documents with possible line breaks, laid out within a width.

Iterative, and linear in the size of the document times the width, so that an alternation of thousands of names is no
trouble.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Line:
    """A line break, or `flat` where the group around it fits on the line. `hard` breaks always."""

    flat: str = " "
    hard: bool = False


@dataclass(frozen=True, slots=True)
class Concat:
    """One after the other."""

    parts: Sequence[Doc]


@dataclass(frozen=True, slots=True)
class Nest:
    """Line breaks inside are indented by four more."""

    body: Doc


@dataclass(frozen=True, slots=True)
class Group:
    """Either all line breaks directly inside are taken, or none."""

    body: Doc


@dataclass(frozen=True, slots=True)
class Fill:
    """As many items on a line as fit, a blank between them."""

    items: Sequence[Doc]
    start: int = 0


Doc: TypeAlias = str | Line | Concat | Nest | Group | Fill
_Entry: TypeAlias = tuple[int, bool, Doc]

LINE = Line()
SOFT = Line(flat="")
HARD = Line(hard=True)
_INDENT = 4


def concat(*parts: Doc) -> Concat:
    """The parts one after the other."""
    return Concat(parts)


def join(separator: Sequence[Doc], items: Iterable[Doc]) -> Concat:
    """The items with the separator between each two."""
    parts: list[Doc] = []
    for item in items:
        parts.extend([*separator, item] if parts else [item])
    return Concat(parts)


def render(doc: Doc, width: int) -> str:
    """The text of the document, no line longer than `width` where a break allows it, no blanks at line ends."""
    out: list[str] = []
    column = 0
    stack: list[_Entry] = [(0, False, doc)]
    while stack:
        indent, flat, doc = stack.pop()
        if isinstance(doc, str):
            out.append(doc)
            column += len(doc)
        elif isinstance(doc, Line) and flat and not doc.hard:
            out.append(doc.flat)
            column += len(doc.flat)
        elif isinstance(doc, Line):
            out.append("\n" + " " * indent)
            column = indent
        elif isinstance(doc, Group):
            fits = flat or _fits(width - column, [(indent, True, doc.body)], stack)
            stack.append((indent, fits, doc.body))
        elif isinstance(doc, Fill):
            _push_fill(stack, indent, flat, doc, width - column)
        else:
            _push(stack, indent, flat, doc)
    return "".join(out)


def _push(stack: list[_Entry], indent: int, flat: bool, doc: Concat | Nest) -> None:
    if isinstance(doc, Nest):
        stack.append((indent + _INDENT, flat, doc.body))
    else:
        stack.extend((indent, flat, part) for part in reversed(doc.parts))


def _push_fill(stack: list[_Entry], indent: int, flat: bool, fill: Fill, room: int) -> None:
    """The next item of a fill on this line, or after a break where it does not fit."""
    if fill.start >= len(fill.items):
        return
    item = fill.items[fill.start]
    is_last = fill.start + 1 == len(fill.items)
    if not is_last:
        stack.append((indent, flat, Fill(fill.items, fill.start + 1)))
    # What follows the last item (a parenthesis, say) has to fit behind it.
    rest = stack if is_last else []
    fits = flat or _fits(room - (1 if fill.start else 0), [(indent, True, item)], rest)
    stack.append((indent, fits, item))
    if fill.start:
        stack.append((indent, fits, LINE))


def _fits(room: int, todo: list[_Entry], rest: Sequence[_Entry]) -> bool:
    """Whether the entries, and what follows them up to the next break, stay within `room` columns."""
    following = len(rest)
    while room >= 0:
        if not todo:
            if following == 0:
                return True
            following -= 1
            todo.append(rest[following])
        indent, flat, doc = todo.pop()
        if isinstance(doc, str):
            room -= len(doc)
        elif isinstance(doc, Line):
            if doc.hard:
                return not flat
            if not flat:
                return True
            room -= len(doc.flat)
        elif isinstance(doc, Group):
            todo.append((indent, flat, doc.body))
        elif isinstance(doc, Fill):
            if doc.start < len(doc.items):
                todo.append((indent, flat, Fill(doc.items, doc.start + 1)))
                todo.append((indent, flat, doc.items[doc.start]))
                if doc.start:
                    todo.append((indent, flat, LINE))
        else:
            _push(todo, indent, flat, doc)
    return False
