"""State: bits of registers and tables of the switches, counted from a build.

Registers are all state arrays of a program, slots times bits as the manifest lists them. An entry of a table has its
key, a mask or second bound of the same width unless the match is exact, the number of its action, and room for the data
of the widest action. Counters that only people read are left out, and so are multicast groups.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter
from contra.experiments.tasks import Outcome, StateTask
from contra.p4 import front
from contra.p4.runtime import read_entries
from contra.p4.typed import Bits, Program, Table
from contra.source import SourceFile

BITS_PER_KB = 8000
"""As in the paper: 1000 bytes."""


def measure(task: StateTask, build: Path) -> Outcome:
    """The largest switch by registers, and by tables: of each program the switch with most entries is looked at."""
    manifest: dict[str, Any] = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    switches, programs = manifest["switches"], manifest["programs"]
    registers = {name: sum(cell["slots"] * cell["bits"] for cell in row["cells"]) for name, row in programs.items()}
    largest: dict[str, Mapping[str, Any]] = {}
    for switch in switches.values():
        before = largest.get(switch["program"])
        if before is None or switch["entries"] > before["entries"]:
            largest[switch["program"]] = switch
    tables = {name: _table_bits(build, programs[name], switch) for name, switch in largest.items()}
    both = max(registers[name] + tables[name] for name in largest)
    network = json.loads((build / manifest["topology"]["file"]).read_text(encoding="utf-8"))
    return Outcome(
        measures={
            "switches": len(switches),
            "links": len(network["links"]),
            "programs": len(programs),
            "register_bits_max": max(registers[name] for name in largest),
            "table_bits_max": max(tables.values()),
            "state_bits_max": both,
            "register_kb_max": max(registers[name] for name in largest) / BITS_PER_KB,
            "table_kb_max": max(tables.values()) / BITS_PER_KB,
            "state_kb_max": both / BITS_PER_KB,
            "entries_max": max(switch["entries"] for switch in switches.values()),
            "entries": sum(switch["entries"] for switch in switches.values()),
        }
    )


def _table_bits(build: Path, program: Mapping[str, Any], switch: Mapping[str, Any]) -> int:
    reporter = Reporter()
    text = (build / program["p4"]).read_text(encoding="utf-8")
    typed = front.read(SourceFile(program["p4"], text), reporter)
    runtime = (build / switch["runtime"]).read_text(encoding="utf-8")
    entries = read_entries(SourceFile(switch["runtime"], runtime), typed, reporter)
    return sum(len(rows) * entry_bits(table) for table, rows in entries.entries.items()) + _constant_bits(typed)


def _constant_bits(program: Program) -> int:
    return sum(len(table.entries) * entry_bits(table) for table in program.tables if table.entries is not None)


def entry_bits(table: Table) -> int:
    """Bits of one entry of a table."""
    key = sum(_width(each.expression.type) * (1 if each.match == "exact" else 2) for each in table.keys)
    data = max((sum(_width(each.type) for each in use.action.data) for use in table.actions), default=0)
    return key + data + (len(table.actions) - 1).bit_length()


def _width(kind: object) -> int:
    return kind.width if isinstance(kind, Bits) else 1
