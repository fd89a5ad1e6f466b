"""`manifest.json`: what the build was made from and what is in it; the dictionary that provenance refers to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from contra import __version__
from contra.emit.inputs import InputFile
from contra.ir.budget import budget
from contra.ir.drops import drop_reasons
from contra.ir.lower import clause_text
from contra.ir.model import Cell, Clock, Deployment, ProbeMetric, RankCase, RankWord, SwitchProgram
from contra.ir.ranks import form_text, number_text, order_text
from contra.options import ProtocolOptions
from contra.topology.model import Topology


@dataclass(frozen=True, slots=True)
class RuntimeFile:
    """A switch's runtime.json: its SHA-256, and how much is in it."""

    sha256: str
    entries: int
    groups: int


def digest(text: str) -> str:
    """The SHA-256 of a file of the build."""
    return sha256(text.encode()).hexdigest()


def manifest_text(
    deployment: Deployment,
    inputs: Sequence[InputFile],
    programs: dict[str, str],
    policy: str,
    topology: str,
    runtimes: Sequence[RuntimeFile],
) -> str:
    """The manifest; `programs` maps program names to their text, `policy` and `topology` are the texts of
    policy.ctr and topology.json.
    """
    options = deployment.options
    head = {
        "generator": "contrac",
        "version": __version__,
        "scheme": "contra",
        "inputs": {each.kind: {"file": each.name, "sha256": each.sha256} for each in inputs},
        "policy": {"file": "policy.ctr", "sha256": digest(policy)},
        "topology": {"file": "topology.json", "sha256": digest(topology)},
        "constants": constant_row(options, deployment.programs[0].clock, deployment.graph.topology.cpu_port),
        "metrics": metric_rows(deployment.programs[0].metrics),
        "probe_classes": [
            {"pid": each.pid, "order": order_text(each.order)} for each in deployment.graph.policy.classes
        ],
        "clauses": [{"file": c.file, "line": c.line, "column": c.column, "text": c.text} for c in deployment.clauses],
        "regexes": [
            {"text": r.text, "line": r.span.line, "column": r.span.column}
            for r in deployment.graph.policy.checked.regexes
        ],
        "rules": _rules(deployment),
        "drop_reasons": [name for name, _ in drop_reasons(options)],
        "programs": {p.name: _program(p, programs[p.name]) for p in deployment.programs},
        "unreachable_pairs": deployment.graph.unreachable_count,
    }
    programs_of = [role.value for role in deployment.roles]
    return with_switches(head, deployment.graph.topology, programs_of, runtimes)


def constant_row(options: ProtocolOptions, clock: Clock, cpu_port: int) -> dict[str, Any]:
    """The constants of the protocol."""
    return {
        "probe_period_us": options.probe_period_us,
        "flowlet_timeout_us": options.flowlet_timeout_us,
        "expiry_periods": options.expiry_periods,
        "failure_periods": options.failure_periods,
        "pin_periods": options.pin_periods,
        "loop_threshold": options.loop_threshold,
        "flowlet_slots": options.flowlet_slots,
        **({"authenticate": True} if options.authenticate else {}),
        "clock_tick_us": clock.tick_us,
        "cpu_port": cpu_port,
    }


def metric_rows(metrics: Sequence[ProbeMetric]) -> list[dict[str, Any]]:
    """What probes carry."""
    return [
        {"name": m.name, "field": m.field, "bits": m.bits, "combine": m.combine.value, "unit": m.unit} for m in metrics
    ]


def _rules(deployment: Deployment) -> list[dict[str, Any]]:
    """Per rank rule, its branches, and the regexes whose match brings it about somewhere in the network."""
    clause_of = {(c.line, c.column, c.text): c.index for c in deployment.clauses}
    graph = deployment.graph
    regexes: dict[int, set[int]] = {}
    for node in graph.nodes:
        regexes.setdefault(node.rule, set()).update(graph.matched[node.state])
    rows = []
    for rule in graph.policy.rules:
        branches = []
        for branch in rule.branches:
            span = branch.span
            guard = branch.guard
            sign = "<" if guard and guard.strict else "<="
            branches.append(
                {
                    "if": f"{guard.metric} {sign} {number_text(guard.limit)}" if guard else None,
                    "rank": "inf" if branch.rank is None else [form_text(form) for form in branch.rank],
                    "pid": branch.probe_class,
                    "clause": clause_of[span.line, span.column, clause_text(span)],
                }
            )
        rows.append({"branches": branches, "regexes": sorted(regexes.get(rule.index, ()))})
    return rows


def _program(program: SwitchProgram, text: str) -> dict[str, Any]:
    stages = budget(program)
    return {
        "p4": f"programs/{program.name}.p4",
        "sha256": digest(text),
        "role": program.role.value,
        "state_bits": program.state_bits,
        "cells": cell_rows(program.plan.cells),
        "query_value_bits": program.query_value_bits,
        "tables": dict(program.table_sizes),
        "rank": _rank_layout(program.cases, program.rank_bits),
        "stages": {"ingress": stages.ingress_stages, "egress": stages.egress_stages},
        "beyond_chip": list(stages.excesses),
    }


def cell_rows(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """The state of a program."""
    return [
        {
            "name": c.name,
            "slots": c.slots,
            "bits": c.width,
            "index": c.index,
            "doc": c.doc,
            "fields": [[f.name, f.bits] for f in c.fields],
        }
        for c in cells
    ]


def _rank_layout(cases: Sequence[RankCase], bits: int) -> dict[str, Any]:
    words: list[RankWord] = [case.word for case in cases if case.word is not None]
    return {"bits": bits, "components": [c.bits for c in words[0].components] if words else []}


def with_switches(
    head: Mapping[str, Any], topology: Topology, programs: Sequence[str], runtimes: Sequence[RuntimeFile]
) -> str:
    """The text of a manifest: its head, and a line for each switch with the name of the program that it runs."""
    lines = []
    for switch, program, loaded in zip(topology.switches, programs, runtimes, strict=True):
        row = {
            "label": switch.label,
            "index": switch.index,
            "role": switch.role,
            "program": program,
            "address": str(switch.address),
            "p4": f"switches/{switch.name}/{switch.name}.p4",
            "runtime": f"switches/{switch.name}/runtime.json",
            "sha256": loaded.sha256,
            "entries": loaded.entries,
            "groups": loaded.groups,
        }
        lines.append(f"    {json.dumps(switch.name)}: {json.dumps(row, ensure_ascii=False)}")
    text = json.dumps(head, indent=2, ensure_ascii=False)
    rows = ",\n".join(lines)
    return f'{text[:-2]},\n  "switches": {{\n{rows}\n  }}\n}}\n'
