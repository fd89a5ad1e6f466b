"""A scheme's program -> the text of its P4_16 program for v1model."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from contra import __version__
from contra.baselines.model import Baseline
from contra.emit.constants import typedefs
from contra.emit.declarations import cell_row, field_slices, header_view, struct_rows, tidy
from contra.emit.p4text import when
from contra.emit.templates import environment

_WIDTH = 116
"""Of a comment."""


def p4_text(baseline: Baseline) -> str:
    """The program that every switch of the network runs; equal input gives equal text."""
    template = environment("baselines", "v1model").get_template("program.p4.j2")
    return tidy(template.render(_view(baseline)))


def _view(baseline: Baseline) -> dict[str, Any]:
    program, topology = baseline.program, baseline.topology
    emitted = [header.name for header in program.headers]
    first = ("preamble", "constants", "headers", "parser", "state")
    last = ("query",) * bool(program.cells)
    order = (*first, *program.sections[:-1], *last, program.sections[-1], program.egress, "checksums", "deparser")
    number = f"meta.address[23:{topology.host_bits}]"
    return {
        "version": __version__,
        "scheme": baseline.scheme,
        "title": program.title,
        "about": textwrap.wrap(program.about, _WIDTH),
        "sections": [f"{name}.p4.j2" for name in order],
        "constants": [{"title": title, "rows": rows} for title, rows in program.constants],
        "types": typedefs(program.types),
        "headers": [header_view(header) for header in program.headers],
        "preserved": [],
        "metadata": struct_rows(program.metadata),
        "emitted": emitted,
        "cells": [cell_row(cell) for cell in program.cells],
        "cell": {cell.name: {"width": cell.width, "slice": field_slices(cell)} for cell in program.cells},
        "query_value_bits": program.query_value_bits,
        "drop_reasons": program.drop_reasons,
        "table_sizes": {table.name: table.size for table in program.tables},
        "flow_hash": "ports" in emitted,
        "destination_in_address": number if topology.host_bits == 8 else f"(bit<16>) {number}",
        "locate_note": " and the flow that it belongs to" if "ports" in emitted else "",
        "identity_params": "bit<16> self",
        "identity_lines": [],
        "from_switch_params": "",
        "from_switch_lines": [],
        "begin_lines": [],
        "packet_out_lines": _packet_out(program.view.get("tick_lines", ()), bool(program.cells)),
        **program.view,
    }


def _packet_out(tick: Sequence[str], queries: bool) -> list[str]:
    """What the control plane sends is a tick of the clock, as if a host had sent it, a query, or from nowhere."""
    cases = {
        "TICK": tuple(tick),
        "SEND": ("hdr.packet_out.setInvalid();", "meta.kind = FROM_HOST;"),
        "QUERY": ("query.apply(hdr, std);", "meta.kind = FROM_CONTROL;") if queries else (),
    }
    lines: list[str] = []
    for opcode, body in reversed([case for case in cases.items() if case[1]]):
        inner = when(f"hdr.packet_out.opcode == PACKET_OUT_{opcode}", *body)
        lines = [*inner[:-1], "} else {", *(f"    {line}" for line in lines), "}"] if lines else inner
    return lines
