"""Aligned columns for terminals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 100
_LEAST_LAST = 24
"""However wide the other columns are, the last one gets this much before it is wrapped."""


def table(heads: Sequence[str], rows: Sequence[Sequence[object]], right: str = "") -> list[str]:
    """Lines of a table, indented by two; columns whose head is a word of `right` are aligned to the right.

    The last column is wrapped so that lines keep to WIDTH where the other columns allow it.
    """
    texts = [[str(cell) for cell in row] for row in rows]
    numeric = [head in right.split() for head in heads]
    widths = [max(len(line[i]) for line in [list(heads), *texts]) for i in range(len(heads))]
    before = 2 + sum(widths[:-1]) + 2 * (len(heads) - 1)
    widths[-1] = min(widths[-1], max(_LEAST_LAST, WIDTH - before))
    lines = [_line(heads, widths, numeric)]
    for row in texts:
        *first, last = row
        pieces = textwrap.wrap(last, widths[-1], break_on_hyphens=False, break_long_words=False) or [""]
        lines.append(_line([*first, pieces[0]], widths, numeric))
        lines += [" " * before + piece for piece in pieces[1:]]
    return lines


def _line(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> str:
    aligned = [
        f"{text:>{width}}" if right else f"{text:<{width}}"
        for text, width, right in zip(cells, widths, numeric, strict=True)
    ]
    return ("  " + "  ".join(aligned)).rstrip()


def facts(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Lines `  name  value`; rows without a value are left out."""
    shown = [(name, value) for name, value in rows if value]
    width = max((len(name) for name, _ in shown), default=0)
    return [f"  {name:<{width}}  {value}" for name, value in shown]


def count(number: int, noun: str) -> str:
    """`1 port`, `2 ports`, `3 entries`."""
    if number == 1:
        return f"1 {noun}"
    plural = {"entry": "entries", "switch": "switches", "class": "classes"}.get(noun, noun + "s")
    return f"{number} {plural}"
