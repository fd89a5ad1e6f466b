"""A report as JSON, for programs: the form is in docs/verify.md."""

from __future__ import annotations

from typing import Any

from contra.deploy.control.model import Action, Content, Key
from contra.deploy.control.words import as_json
from contra.diagnostics import Diagnostic
from contra.verify.model import FieldChange, Finding, Report, SwitchReport
from contra.verify.places import Place, Policy


def report_json(report: Report, policy: Policy) -> dict[str, Any]:
    """The whole report; JSON types only."""
    return {
        "build": str(report.build),
        "revision": report.revision,
        "found_revision": report.found_revision or None,
        "taken": report.taken or None,
        "equal": report.good,
        "switches": [_switch(each, policy) for each in report.switches],
        "notes": [_note(each) for each in report.notes],
    }


def _switch(switch: SwitchReport, policy: Policy) -> dict[str, Any]:
    return {
        "switch": switch.switch,
        "status": switch.status.value,
        "reason": switch.reason or None,
        "code": switch.code or None,
        "compared": switch.compared,
        "harmless": switch.harmless,
        "findings": [_finding(switch.switch, each, policy) for each in switch.findings],
        "notes": [_note(each) for each in switch.notes],
    }


def _finding(switch: str, finding: Finding, policy: Policy) -> dict[str, Any]:
    wanted = finding.expected is not None
    origin = policy.origin(switch, finding.provenance, finding.key) if wanted else None
    return {
        "kind": finding.kind.value,
        "key": as_json(finding.key, None),
        "expected": _content(finding.key, finding.expected),
        "found": _content(finding.key, finding.found),
        "fields": [_field(each) for each in finding.fields],
        "provenance": dict(finding.provenance),
        "policy": [_place(each) for each in origin.places] if origin else [],
        "direct": bool(origin and origin.direct),
        "others": [as_json(key, None) for key in finding.others],
    }


def _content(key: Key, content: Content | None) -> dict[str, Any] | None:
    if content is None:
        return None
    row = as_json(key, content)
    names = ("action", "parameters") if isinstance(content, Action) else ("replicas",)
    return {name: row[name] for name in names}


def _field(change: FieldChange) -> dict[str, Any]:
    return {"part": change.part.value, "name": change.name, "expected": change.expected, "found": change.found}


def _place(place: Place) -> dict[str, Any]:
    row = {"kind": place.kind, "index": place.index, "file": place.file, "line": place.line, "column": place.column}
    return {**row, "text": place.text}


def _note(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.title_text(),
        "file": span.file.name if span else None,
        "line": span.line if span else None,
        "column": span.column if span else None,
    }
