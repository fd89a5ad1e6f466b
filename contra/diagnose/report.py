"""A diagnosis for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from contra.deploy.control.words import as_json
from contra.diagnose.investigate import Investigation
from contra.diagnose.model import Cause, Evidence, Verdict
from contra.diagnostics import Label, shown
from contra.emit.show_table import count
from contra.render import render_places
from contra.verify.places import Place, Policy
from contra.verify.words import finding_words
from contra.words import few

_FEW = 4
_RESTART = "start it anew, which loads all again: contra net restart {switch}"
_DEPLOY = "name the build that it was filled from; or deploy this one: contra net down, contra net up {build}"
_WHAT_TO_DO = {
    Cause.TABLE_FULL: "compile again, or give the table more room; then: contra net apply {build}",
    Cause.UNREACHABLE: _RESTART,
    Cause.PARTIAL_PUSH: "write what is missing: contra net apply {build}",
    Cause.STALE_REVISION: "change it to this build: contra net apply {build}",
    Cause.CORRUPTED_ENTRY: "find out who else writes to it, then: contra net apply {build}",
    Cause.DROPPED_WRITES: "look for what stands between, then: contra net apply {build}",
    Cause.UNKNOWN: "look at it: contra verify {build}, contra net show {switch}",
}


def diagnosis_text(found: Investigation, policy: Policy, color: bool = False) -> str:
    """All verdicts, the surest guess first, with their places in the policy."""
    verdicts = found.diagnosis.verdicts
    lines = [line for number, each in enumerate(verdicts, 1) for line in _verdict(number, each, found, policy)]
    if not verdicts:
        lines.append(_nothing(found))
    return "".join(f"{line}\n" for line in lines) + _places(verdicts, policy, color)


def _nothing(found: Investigation) -> str:
    """What to say where no switch is known to be wrong."""
    total, bad = len(found.report.switches), sum(not each.good for each in found.report.switches)
    if not bad:
        return f"{count(total, 'switch')}: nothing is wrong"
    return f"{count(total, 'switch')}: nothing is known to be wrong; {bad} could not be compared"


def _verdict(number: int, verdict: Verdict, found: Investigation, policy: Policy) -> Iterator[str]:
    yield f"{number}. {verdict.switch}: {verdict.cause.value}{_table(verdict)} ({verdict.sureness.value})"
    for fact in verdict.facts:
        yield f"   {fact}"
    for finding in verdict.findings[:_FEW]:
        if finding.fields:
            yield f"   {finding_words(finding)}"
    if verdict.suspects:
        yield f"   broken: {few([str(each.object) for each in verdict.suspects])}"
    clauses = [each for each in places_of(verdict, policy) if each.kind == "clause"]
    if clauses:
        yield f"   in the policy: {few([f'{shown(each.file)}:{each.line}:{each.column}' for each in clauses])}"
    for line in verdict.evidence:
        yield f"   {_where(line, verdict.evidence)}: {line.words}"
    advice = _RESTART if verdict.restart else _WHAT_TO_DO[verdict.cause]
    if verdict.cause is Cause.STALE_REVISION and not verdict.findings:
        advice = _DEPLOY
    advice = advice.format(build=found.report.build, switch=verdict.switch)
    yield f"   to do: {advice}"
    yield ""


def _table(verdict: Verdict) -> str:
    return f": {verdict.table.rpartition('.')[2]}" if verdict.table else ""


def _where(line: Evidence, lines: Sequence[Evidence]) -> str:
    """`journal line 12`, with the file where evidence is from several."""
    several = len({each.file for each in lines}) > 1
    return f"journal line {line.line}" + (f" of {line.file.parent.parent.name}" if several else "")


# ------------------------------------------------------------------------------------------------ places


def places_of(verdict: Verdict, policy: Policy) -> list[Place]:
    """The parts of the policy that the entries of a verdict are there for, each once; those they name come first."""
    origins = [policy.origin(verdict.switch, each.provenance, each.key) for each in verdict.findings if each.provenance]
    origins.sort(key=lambda origin: not origin.direct)
    return list(dict.fromkeys(place for origin in origins for place in origin.places))


def _places(verdicts: Sequence[Verdict], policy: Policy, color: bool) -> str:
    marks: dict[tuple[str, int], tuple[Place, list[int]]] = {}
    for number, verdict in enumerate(verdicts, 1):
        for place in places_of(verdict, policy):
            marks.setdefault((place.kind, place.index), (place, []))[1].append(number)
    labels = [
        Label(place.span, f"broken by {few([str(number) for number in numbers])}")
        for place, numbers in marks.values()
        if place.span is not None
    ]
    text = render_places(labels, color)
    return f"In the policy:\n{text}" if text else ""


# ------------------------------------------------------------------------------------------------ JSON


def diagnosis_json(found: Investigation, policy: Policy) -> dict[str, Any]:
    """The form of docs/diagnosis.md."""
    return {
        "build": str(found.report.build),
        "revision": found.report.revision,
        "verdicts": [_verdict_json(each, policy) for each in found.diagnosis.verdicts],
        "not_compared": [
            {"switch": each.switch, "status": each.status.value, "reason": each.reason}
            for each in found.report.switches
            if not each.good and each.reason and not each.findings
        ],
    }


def _verdict_json(verdict: Verdict, policy: Policy) -> dict[str, Any]:
    return {
        "switch": verdict.switch,
        "cause": verdict.cause.value,
        "sureness": verdict.sureness.value,
        "table": verdict.table or None,
        "facts": list(verdict.facts),
        "findings": [{"kind": each.kind.value, **as_json(each.key, each.expected)} for each in verdict.findings],
        "total": verdict.total,
        "evidence": [{"file": str(each.file), "line": each.line, "text": each.text} for each in verdict.evidence],
        "suspects": [each.json() for each in verdict.suspects],
        "places": [
            {"kind": each.kind, "file": each.file, "line": each.line, "column": each.column, "text": each.text}
            for each in places_of(verdict, policy)
        ],
    }
