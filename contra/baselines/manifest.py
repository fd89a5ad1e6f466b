"""`manifest.json` of a build without a policy: the keys of contrac's, with nothing where a policy would stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from contra import __version__
from contra.baselines.common import DEFAULT_TABLE
from contra.baselines.model import Baseline
from contra.emit.inputs import InputFile
from contra.emit.manifest import RuntimeFile, cell_rows, constant_row, digest, metric_rows, with_switches


def manifest_text(
    baseline: Baseline, inputs: Sequence[InputFile], program: str, topology: str, runtimes: Sequence[RuntimeFile]
) -> str:
    """The manifest; `program` and `topology` are the texts of the program and of topology.json."""
    metrics = baseline.program.metrics
    head = {
        "generator": "contrac",
        "version": __version__,
        "scheme": baseline.scheme,
        "inputs": {each.kind: {"file": each.name, "sha256": each.sha256} for each in inputs},
        "policy": None,
        "topology": {"file": "topology.json", "sha256": digest(topology)},
        "constants": {
            **constant_row(baseline.options, baseline.clock, baseline.topology.cpu_port),
            **baseline.constants,
        },
        "metrics": metric_rows(metrics),
        "probe_classes": [{"pid": 0, "order": metric.name} for metric in metrics],
        "clauses": [],
        "regexes": [],
        "rules": [],
        "drop_reasons": [name for name, _ in baseline.program.drop_reasons],
        "programs": {baseline.scheme: _program(baseline, program)},
        "unreachable_pairs": len(baseline.unreachable),
    }
    programs = [baseline.scheme] * len(baseline.topology.switches)
    return with_switches(head, baseline.topology, programs, runtimes)


def _program(baseline: Baseline, text: str) -> dict[str, Any]:
    program = baseline.program
    return {
        "p4": f"programs/{baseline.scheme}.p4",
        "sha256": digest(text),
        "role": "destination",
        "state_bits": program.state_bits,
        "cells": cell_rows(program.cells),
        "query_value_bits": program.query_value_bits,
        "tables": {table.name: table.size for table in program.tables if table.name != DEFAULT_TABLE},
        "rank": {"bits": 0, "components": []},
        "stages": None,
        "beyond_chip": [],
    }
