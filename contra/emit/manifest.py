"""`manifest.json`: what the build was made from and what is in it; the dictionary that provenance refers to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from contra import __version__
from contra.emit.inputs import InputFile
from contra.ir.budget import budget
from contra.ir.drops import drop_reasons
from contra.ir.lower import clause_text
from contra.ir.model import Deployment, RankCase, RankWord, SwitchProgram
from contra.ir.ranks import form_text, number_text, order_text


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
    head = {
        "generator": "contrac",
        "version": __version__,
        "inputs": {each.kind: {"file": each.name, "sha256": each.sha256} for each in inputs},
        "policy": {"file": "policy.ctr", "sha256": digest(policy)},
        "topology": {"file": "topology.json", "sha256": digest(topology)},
        "constants": _constants(deployment),
        "metrics": [
            {"name": m.name, "field": m.field, "bits": m.bits, "combine": m.combine.value, "unit": m.unit}
            for m in deployment.programs[0].metrics
        ],
        "probe_classes": [
            {"pid": each.pid, "order": order_text(each.order)} for each in deployment.graph.policy.classes
        ],
        "clauses": [{"file": c.file, "line": c.line, "column": c.column, "text": c.text} for c in deployment.clauses],
        "regexes": [
            {"text": r.text, "line": r.span.line, "column": r.span.column}
            for r in deployment.graph.policy.checked.regexes
        ],
        "rules": _rules(deployment),
        "drop_reasons": [name for name, _ in drop_reasons(deployment.options)],
        "programs": {p.name: _program(p, programs[p.name]) for p in deployment.programs},
        "unreachable_pairs": deployment.graph.unreachable_count,
    }
    text = json.dumps(head, indent=2, ensure_ascii=False)
    return f'{text[:-2]},\n  "switches": {{\n{_switches(deployment, runtimes)}\n  }}\n}}\n'


def _constants(deployment: Deployment) -> dict[str, Any]:
    options, clock = deployment.options, deployment.programs[0].clock
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
        "cpu_port": deployment.graph.topology.cpu_port,
    }


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
        "cells": [
            {
                "name": c.name,
                "slots": c.slots,
                "bits": c.width,
                "index": c.index,
                "doc": c.doc,
                "fields": [[f.name, f.bits] for f in c.fields],
            }
            for c in program.plan.cells
        ],
        "query_value_bits": program.query_value_bits,
        "tables": dict(program.table_sizes),
        "rank": _rank_layout(program.cases, program.rank_bits),
        "stages": {"ingress": stages.ingress_stages, "egress": stages.egress_stages},
        "beyond_chip": list(stages.excesses),
    }


def _rank_layout(cases: Sequence[RankCase], bits: int) -> dict[str, Any]:
    words: list[RankWord] = [case.word for case in cases if case.word is not None]
    return {"bits": bits, "components": [c.bits for c in words[0].components] if words else []}


def _switches(deployment: Deployment, runtimes: Sequence[RuntimeFile]) -> str:
    lines = []
    for switch, role, loaded in zip(deployment.graph.topology.switches, deployment.roles, runtimes, strict=True):
        row = {
            "label": switch.label,
            "index": switch.index,
            "role": switch.role,
            "program": role.value,
            "address": str(switch.address),
            "p4": f"switches/{switch.name}/{switch.name}.p4",
            "runtime": f"switches/{switch.name}/runtime.json",
            "sha256": loaded.sha256,
            "entries": loaded.entries,
            "groups": loaded.groups,
        }
        lines.append(f"    {json.dumps(switch.name)}: {json.dumps(row, ensure_ascii=False)}")
    return ",\n".join(lines)
