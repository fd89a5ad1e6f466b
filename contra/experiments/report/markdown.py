"""A report as Markdown that also reads well as plain text."""

from __future__ import annotations

import re
import textwrap

from contra.experiments.report.document import (
    Block,
    Bullets,
    Callout,
    Code,
    Document,
    Heading,
    Paragraph,
    Picture,
    Table,
    clean,
    widths,
)

WIDTH = 100
_SPECIAL = re.compile(r"([\\`*\[\]<>|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|&(?=#?\w+;))")
_AT_START = re.compile(r"^(#|[-+=~](?=\s|$)|\d+(?=[.)]\s)|>)")


def to_markdown(document: Document) -> str:
    """The whole document; pictures are links into `plots/`."""
    blocks = [_block(block) for block in (Heading(document.title, 1), *document.blocks)]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escaped(text: str) -> str:
    """Text that means itself, in a paragraph or in a cell of a table."""
    return _SPECIAL.sub(r"\\\1", clean(text))


def _block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escaped(text)}"
        case Paragraph(text):
            return _wrapped(_started(escaped(text)))
        case Callout(title, items, _):
            return "\n".join([f"> **{escaped(title)}**", *(f"> * {escaped(item)}" for item in items)])
        case Bullets(items):
            return "\n".join(_wrapped(escaped(item), "* ", "  ") for item in items)
        case Code(text):
            return _code(text)
        case Picture(name, caption, _, _):
            return f"![{escaped(caption)}](plots/{name}.svg)"
        case Table():
            return _table(block)


def _wrapped(text: str, first: str = "", rest: str = "") -> str:
    lines = textwrap.wrap(
        text, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False
    )
    return "\n".join(lines[:1] + [rest + _started(line[len(rest) :]) for line in lines[1:]])


def _started(text: str) -> str:
    """A line that does not begin as a list, a heading or a quotation does."""
    found = _AT_START.match(text)
    if not found:
        return text
    word = found.group()
    return f"{word}\\{text[len(word) :]}" if word.isdigit() else f"\\{text}"


def _code(text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    body = "\n".join(clean(line) for line in text.rstrip("\n").split("\n"))
    return f"{fence}\n{body}\n{fence}"


def _table(table: Table) -> str:
    cells = [[escaped(cell) for cell in row] for row in (table.header, *table.rows)]
    for index in table.marked:
        cells[index + 1] = [f"**{cell}**" if cell else "" for cell in cells[index + 1]]
    width = [max(3, each) for each in widths(table, cells)]
    rule = [("-" * w if i < table.names else "-" * (w - 1) + ":") for i, w in enumerate(width)]
    lines = [_line(row, width, table.names) for row in cells]
    lines.insert(1, "|" + "|".join(f" {part} " for part in rule) + "|")
    caption = [_wrapped(_started(escaped(table.caption))), ""] if table.caption else []
    return "\n".join([*caption, *lines])


def _line(row: list[str], width: list[int], names: int) -> str:
    parts = [
        (cell.ljust(w) if i < names else cell.rjust(w)) for i, (cell, w) in enumerate(zip(row, width, strict=True))
    ]
    return "|" + "|".join(f" {part} " for part in parts) + "|"
