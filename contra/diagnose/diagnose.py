"""Verdicts: clues of the same cause at the same switch put together, with the objects of the policy that they break."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from contra.deploy.control.journal import OK
from contra.deploy.control.words import as_json, key_words
from contra.diagnose.clues import Case, Clue
from contra.diagnose.history import WRITES, History, any_lost, history_of, identity
from contra.diagnose.lines import Lines, Noted
from contra.diagnose.model import Cause, Diagnosis, Evidence, Sureness, Verdict
from contra.diagnose.suspects import Suspects
from contra.diagnose.words import line_words
from contra.localize import Hypothesis
from contra.verify import Finding, Report, Status, SwitchReport
from contra.words import few

_SILENT = (Status.UNREACHABLE, Status.OTHER_PROGRAM)
_UNKNOWN_STATE = (Status.ABSENT, Status.UNREADABLE)
_LINES = 6
"""Lines of evidence that a verdict shows."""
_FACTS = 3
_NOT_TOLD, _OUT_OF_SYNC = "CTR1112", "out-of-sync"
"""What a switch says whose entries were added or removed behind its P4Runtime server (PI of BMv2)."""
_NAMED = 2
_FAILURE = "failure"
_SURE = {Sureness.CERTAIN: 0, Sureness.LIKELY: 1, Sureness.POSSIBLE: 2}


def diagnose(report: Report, hypothesis: Hypothesis, lines: Lines) -> Diagnosis:
    """What happened to each switch that is not as it should be; the fault that explains most comes first."""
    suspects = Suspects(hypothesis)
    verdicts = [
        verdict
        for switch in report.switches
        if switch.status not in (Status.EQUAL, *_UNKNOWN_STATE)
        for verdict in _verdicts(switch, history_of(switch.switch, lines), report, suspects)
    ]
    verdicts.sort(key=_order)
    return Diagnosis(tuple(verdicts), lines.notes)


def _order(verdict: Verdict) -> tuple[object, ...]:
    """Known causes first, switches that do not answer at all before others, then by how much is explained."""
    silent = not verdict.findings
    return verdict.cause is Cause.UNKNOWN, not silent, -len(verdict.findings), _SURE[verdict.sureness], verdict.switch


def _verdicts(switch: SwitchReport, history: History, report: Report, suspects: Suspects) -> Iterator[Verdict]:
    if switch.status is Status.OTHER_PROGRAM and report.found_revision not in ("", report.revision):
        yield _of_another_build(switch, suspects)
        return
    if switch.status in _SILENT:
        yield _silent(switch, history, suspects)
        return
    wrong = {identity(as_json(each.key, None)): each for each in switch.findings}
    case = Case(history, report.revision, wrong)
    by_cause: dict[Cause, list[tuple[Finding, Clue]]] = {}
    for finding in switch.findings:
        clue = case.clue(finding)
        by_cause.setdefault(clue.cause, []).append((finding, clue))
    for cause, rows in by_cause.items():
        yield _verdict(switch, cause, rows, suspects)


def _verdict(switch: SwitchReport, cause: Cause, rows: Sequence[tuple[Finding, Clue]], suspects: Suspects) -> Verdict:
    surest = min((clue.sureness for _, clue in rows), key=_SURE.__getitem__)
    facts = dict.fromkeys(clue.fact for _, clue in sorted(rows, key=lambda row: _SURE[row[1].sureness]))
    findings = tuple(finding for finding, _ in rows)
    verdict = Verdict(
        switch=switch.switch,
        cause=cause,
        sureness=surest,
        findings=findings,
        total=len(switch.findings),
        facts=(_counted(findings, len(switch.findings)), *list(facts)[:_FACTS]),
        evidence=_evidence([line for _, clue in rows for line in clue.lines]),
        restart=any(clue.restart for _, clue in rows),
        suspects=suspects.at(switch.switch, findings),
    )
    tables = verdict.tables
    return replace(verdict, table=tables[0]) if cause is Cause.TABLE_FULL and len(tables) == 1 else verdict


def _counted(findings: Sequence[Finding], total: int) -> str:
    """How much of what is wrong this is."""
    counts = ", ".join(f"{number} {kind}" for kind, number in Counter(each.kind.value for each in findings).items())
    share = "" if len(findings) == total else f" of {total} that are wrong"
    names = [key_words(each.key) for each in findings if not each.fields]
    return f"{counts}{share}" + (f": {few(names, _NAMED)}" if names else "")


def _of_another_build(switch: SwitchReport, suspects: Suspects) -> Verdict:
    """A switch of a network that was filled from a build with other programs."""
    return Verdict(
        switch=switch.switch,
        cause=Cause.STALE_REVISION,
        sureness=Sureness.LIKELY,
        total=switch.compared,
        facts=(switch.reason, "the network was filled from another build, whose programs are others"),
        suspects=suspects.at(switch.switch),
    )


def _silent(switch: SwitchReport, history: History, suspects: Suspects) -> Verdict:
    """A switch that does not answer, does not tell, or runs something else."""
    since = history.push
    ended = [each for each in since if each.record.action in ("exit", _FAILURE)]
    lost = any_lost(since)
    facts = [switch.reason or switch.status.value]
    if lost:
        done = sum(each.record.action in WRITES and each.record.outcome == OK for each in since)
        facts.append(f"its entries were being written: {done} were acknowledged, {len(lost)} never answered")
    verdict = Verdict(
        switch=switch.switch,
        cause=Cause.UNKNOWN,
        sureness=Sureness.POSSIBLE,
        total=switch.compared,
        facts=tuple(facts),
        evidence=_evidence([*lost[:1], *ended[-_LINES + 1 :]]),
        suspects=suspects.at(switch.switch),
        restart=True,
    )
    if switch.code == _NOT_TOLD and _OUT_OF_SYNC in switch.reason:
        why = "its tables were changed through its own interface, and its P4Runtime server does not know them now"
        return replace(verdict, cause=Cause.CORRUPTED_ENTRY, sureness=Sureness.CERTAIN, facts=(*verdict.facts, why))
    if switch.status is Status.UNREACHABLE or any(each.record.action == "exit" for each in ended):
        sure = Sureness.CERTAIN if ended else Sureness.LIKELY
        return replace(verdict, cause=Cause.UNREACHABLE, sureness=sure)
    return verdict


# ------------------------------------------------------------------------------------------------ evidence


def _evidence(lines: Sequence[Noted]) -> tuple[Evidence, ...]:
    """The last few of some lines, in the order in which they stand; of failures that say the same the first."""
    found: dict[object, Noted] = {}
    for each in sorted(lines, key=lambda each: (each.record.monotonic_ns, each.record.line)):
        found.setdefault((each.file, _said(each)), each)
    ordered = list(found.values())
    failures = [each for each in ordered if each.record.action not in WRITES][-_LINES // 2 :]
    writes = [each for each in ordered if each.record.action in WRITES][: _LINES - len(failures)]
    chosen = [each for each in ordered if each in failures or each in writes]
    return tuple(Evidence(each.file, each.record.line, each.text, line_words(each.record)) for each in chosen)


def _said(line: Noted) -> object:
    """What a failure says, but for when: every look at a switch that is silent leaves a line like those before."""
    record = line.record
    return line_words(replace(record, time="")) if record.action == _FAILURE else record.line
