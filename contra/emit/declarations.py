"""Headers, metadata and state as templates print them, and the last touch to a program's text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from contra.ir.model import Cell, Header


def comment(text: str) -> str:
    """A text as a comment behind code; nothing for no text."""
    return f"  // {text}" if text else ""


def header_view(header: Header) -> dict[str, Any]:
    """A header type; those of the controller have an annotation."""
    controller = header.name in ("packet_in", "packet_out")
    return {
        "name": header.name,
        "title": header.title,
        "annotations": [f'@controller_header("{header.name}")'] if controller else [],
        "fields": [{"bits": f.bits, "name": f.name, "comment": comment(f.doc)} for f in header.fields],
    }


def struct_rows(rows: Iterable[tuple[str, str, str]]) -> list[dict[str, str]]:
    """Fields of a struct, given as (type, name, what it is)."""
    return [{"type": kind, "name": name, "comment": comment(doc)} for kind, name, doc in rows]


def cell_row(cell: Cell) -> dict[str, Any]:
    """A register array."""
    fields = " ++ ".join(f"{field.name}:{field.bits}" for field in cell.fields)
    return {
        "width": cell.width,
        "slots": cell.slots,
        "name": cell.name,
        "fields": fields,
        "index": cell.index,
        "doc": cell.doc,
    }


def field_slices(cell: Cell) -> dict[str, str]:
    """The bits of each field of a cell as P4 has them: `[high:low]`."""
    slices: dict[str, str] = {}
    top = cell.width - 1
    for field in cell.fields:
        slices[field.name] = f"[{top}:{top - field.bits + 1}]"
        top -= field.bits
    return slices


def tidy(text: str) -> str:
    """Generated text without blanks at the ends of lines and without more than one empty line in a row."""
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for index, line in enumerate(lines) if line or (index and lines[index - 1])]
    return "\n".join(kept).rstrip() + "\n"
