"""From what the switches hold to the fault: check, localization, diagnosis, one after the other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contra.deploy.control.desired import desired_at
from contra.diagnose.diagnose import diagnose
from contra.diagnose.errors import OtherRevisionLast
from contra.diagnose.lines import Lines, read_lines
from contra.diagnose.model import Diagnosis
from contra.diagnose.suspects import entries_of
from contra.diagnostics import Reporter, shown
from contra.engine.build import Build
from contra.localize import Hypothesis, localize, risk_model
from contra.localize.objects import Origins, rows
from contra.verify import Report
from contra.verify.network import verify
from contra.verify.seen import Snapshot

_METHOD = "contra"
"""Of `contra.localize.METHODS`."""


@dataclass(frozen=True, eq=False)
class Investigation:
    """All that was found out, step by step."""

    report: Report
    hypothesis: Hypothesis
    diagnosis: Diagnosis


def investigate(
    build: Build,
    snapshot: Snapshot,
    reporter: Reporter,
    *,
    past: bool = False,
    localized: Callable[[Report], Hypothesis] | None = None,
) -> Investigation:
    """Compare, localize, diagnose. `past`: the snapshot was taken a while ago, so that later lines do not count.

    `localized` makes the hypothesis (default: `hypothesis_of`). What is wrong with the journal is reported, and ends
    nothing.
    """
    report = verify(build, snapshot)
    hypothesis = localized(report) if localized is not None else hypothesis_of(build, snapshot, report)
    lines = read_lines(build.folder, snapshot.network, snapshot.taken if past else "")
    for note in lines.notes:
        reporter.report(note)
    _check_revision(build, report, lines, reporter)
    return Investigation(report, hypothesis, diagnose(report, hypothesis, lines))


def hypothesis_of(build: Build, snapshot: Snapshot, report: Report) -> Hypothesis:
    """The objects behind all findings, in the model of the controller and without a change log."""
    expected = {
        switch.switch.name: desired_at(build, snapshot.scale, index, snapshot.adjustments)
        for index, switch in enumerate(build.switches)
    }
    origins = Origins(json.loads(build.manifest.file.text))
    model = risk_model(rows(entries_of(report, expected), origins))
    return localize(model, method=_METHOD) if model.failed.any() else Hypothesis(_METHOD, ())


def _check_revision(build: Build, report: Report, lines: Lines, reporter: Reporter) -> None:
    """Warn where another compilation was deployed last."""
    found = _last_revision(lines)
    if found not in ("", report.revision) and not report.found_revision:
        reporter.report(OtherRevisionLast(found=shown(found), own=report.revision, build=str(build.folder)))


def _last_revision(lines: Lines) -> str:
    written: Sequence[str] = [each.record.revision for each in lines.rows if each.record.action != "down"]
    return written[-1] if written else ""
