"""Verdicts: clues of the same cause at the same switch put together, with the objects of the policy that they break."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contra.deploy.control.words import as_json, key_words
from contra.diagnose.clues import Case, Clue
from contra.diagnose.history import WRITES, History, any_lost, history_of, identity
from contra.diagnose.lines import Lines, Noted
from contra.diagnose.model import Cause, Diagnosis, Evidence, Sureness, Verdict
from contra.diagnose.suspects import suspects_at
from contra.diagnose.words import line_words
from contra.localize import Hypothesis
from contra.verify import Finding, Report, Status, SwitchReport

_SILENT = (Status.UNREACHABLE, Status.OTHER_PROGRAM)
_UNKNOWN_STATE = (Status.ABSENT, Status.UNREADABLE)
_LINES = 6
"""Lines of evidence that a verdict shows."""
_FACTS = 3
_SURE = {Sureness.CERTAIN: 0, Sureness.LIKELY: 1, Sureness.POSSIBLE: 2}


def diagnose(report: Report, hypothesis: Hypothesis, lines: Lines) -> Diagnosis:
    """What happened to each switch that is not as it should be; the fault that explains most comes first."""
    verdicts = [
        verdict
        for switch in report.switches
        if switch.status not in (Status.EQUAL, *_UNKNOWN_STATE)
        for verdict in _verdicts(switch, history_of(switch.switch, lines.rows), report, hypothesis)
    ]
    verdicts.sort(key=_order)
    return Diagnosis(tuple(verdicts), lines.notes)


def _order(verdict: Verdict) -> tuple[object, ...]:
    return (verdict.cause is Cause.UNKNOWN, -max(1, len(verdict.keys)), _SURE[verdict.sureness], verdict.switch)


def _verdicts(switch: SwitchReport, history: History, report: Report, hypothesis: Hypothesis) -> Iterator[Verdict]:
    if switch.status in _SILENT:
        yield _silent(switch, history, hypothesis)
        return
    wrong = {identity(as_json(each.key, None)) for each in switch.findings}
    case = Case(history, report.revision, wrong)
    by_cause: dict[Cause, list[tuple[Finding, Clue]]] = {}
    for finding in switch.findings:
        clue = case.clue(finding)
        by_cause.setdefault(clue.cause, []).append((finding, clue))
    for cause, rows in by_cause.items():
        yield _verdict(switch, cause, rows, hypothesis)


def _verdict(
    switch: SwitchReport, cause: Cause, rows: Sequence[tuple[Finding, Clue]], hypothesis: Hypothesis
) -> Verdict:
    surest = min((clue.sureness for _, clue in rows), key=_SURE.__getitem__)
    facts = dict.fromkeys(clue.fact for _, clue in sorted(rows, key=lambda row: _SURE[row[1].sureness]))
    keys = tuple(finding.key for finding, _ in rows)
    verdict = Verdict(switch=switch.switch, cause=cause, sureness=surest, keys=keys)
    tables = verdict.tables
    shared = cause is Cause.TABLE_FULL and len(tables) == 1
    return Verdict(
        switch=switch.switch,
        cause=cause,
        sureness=surest,
        table=tables[0] if shared else "",
        keys=keys,
        total=len(switch.findings),
        facts=(_counted(rows, len(switch.findings)), *list(facts)[:_FACTS]),
        evidence=_evidence(line for _, clue in rows for line in clue.lines),
        suspects=suspects_at(switch.switch, [finding for finding, _ in rows], hypothesis),
    )


def _counted(rows: Sequence[tuple[Finding, Clue]], total: int) -> str:
    """How much of what is wrong this is."""
    kinds: dict[str, int] = {}
    for finding, _ in rows:
        kinds[finding.kind.value] = kinds.get(finding.kind.value, 0) + 1
    counts = ", ".join(f"{number} {kind}" for kind, number in kinds.items())
    share = "" if len(rows) == total else f" of {total} that are wrong"
    return f"{counts}{share}: {', '.join(key_words(finding.key) for finding, _ in rows[:2])}" + (
        f" and {len(rows) - 2} more" if len(rows) > 2 else ""
    )


def _silent(switch: SwitchReport, history: History, hypothesis: Hypothesis) -> Verdict:
    """A switch that does not answer, or runs something else."""
    since = history.push
    ended = [each for each in since if each.record.action in ("exit", "failure")]
    lost = any_lost(since)
    gone = switch.status is Status.UNREACHABLE or any(each.record.action == "exit" for each in ended)
    facts = [switch.reason or switch.status.value]
    if lost:
        done = sum(each.record.action in WRITES and each.record.outcome == "ok" for each in since)
        facts.append(f"its entries were being written: {done} were acknowledged, {len(lost)} never answered")
    return Verdict(
        switch=switch.switch,
        cause=Cause.UNREACHABLE if gone else Cause.UNKNOWN,
        sureness=Sureness.CERTAIN if ended else Sureness.LIKELY if gone else Sureness.POSSIBLE,
        total=switch.compared,
        facts=tuple(facts),
        evidence=_evidence([*lost[:1], *ended[-_LINES + 1 :]]),
        suspects=suspects_at(switch.switch, [], hypothesis),
    )


# ------------------------------------------------------------------------------------------------ evidence


def _evidence(lines: Iterator[Noted] | Sequence[Noted]) -> tuple[Evidence, ...]:
    """The last few of some lines, each once, in the order in which they stand."""
    found = {(each.file, each.record.line): each for each in lines}
    ordered = sorted(found.values(), key=lambda each: (each.record.monotonic_ns, each.record.line))
    failures = [each for each in ordered if each.record.action not in WRITES][-_LINES // 2 :]
    writes = [each for each in ordered if each.record.action in WRITES][: _LINES - len(failures)]
    chosen = [each for each in ordered if each in failures or each in writes]
    return tuple(Evidence(each.file, each.record.line, each.text, line_words(each.record)) for each in chosen)
