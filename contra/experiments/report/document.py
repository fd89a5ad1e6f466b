"""A report as data: headings, paragraphs, tables, pictures. `markdown` and `page` write it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; level 1 is the title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Callout:
    """What nobody may overlook. `good` says that all is well; else it is a warning."""

    title: str
    items: tuple[str, ...]
    good: bool = False


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under a header. The first `names` columns are words, the others numbers.

    `marked` are rows to set apart, counted from 0: means, sums.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int = 1
    marked: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, written as `plots/NAME.svg` and `.png`."""

    name: str
    caption: str
    svg: bytes
    png: bytes


@dataclass(frozen=True, slots=True)
class Code:
    """Text to be shown as it is."""

    text: str


Block = Heading | Paragraph | Callout | Bullets | Table | Picture | Code


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures in order."""
        return tuple(block for block in self.blocks if isinstance(block, Picture))


def clean(text: str) -> str:
    """The text without what would break a line or play with a terminal."""
    return "".join(char if char.isprintable() else " " if char in "\n\r\t" else "\ufffd" for char in text)


def widths(table: Table, cells: Sequence[Sequence[str]]) -> list[int]:
    """Width of each column."""
    return [max(len(row[i]) for row in cells) for i in range(len(table.header))]
