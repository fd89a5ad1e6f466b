"""What `contra localize` looks at: the entries of all switches with what became of them, and the change log."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from contra.deploy.control.desired import desired_at
from contra.deploy.control.model import Key
from contra.diagnose.errors import NoJournal
from contra.diagnose.history import WRITES, identity, is_proof
from contra.diagnose.lines import Noted, read_lines
from contra.diagnose.suspects import entries_of
from contra.diagnostics import CompileError, Reporter
from contra.engine.build import Build
from contra.engine.inputs import read_file
from contra.localize import Change, Hypothesis, Object, localize, risk_model
from contra.localize.changes_file import check_clock, read_changes, seconds
from contra.localize.log import Write, changes_of_writes
from contra.localize.objects import GROUP_TABLE, Entry, Origins, rows
from contra.verify import Finding, Report
from contra.verify.places import Policy
from contra.verify.seen import Snapshot


@dataclass(frozen=True)
class Found:
    """A hypothesis; `switch` is empty in the model of the controller."""

    switch: str
    hypothesis: Hypothesis


class Look:
    """One look at a network. `changes` is the file of the change log; None: the journal of the build."""

    def __init__(
        self,
        build: Build,
        snapshot: Snapshot,
        report: Report,
        reporter: Reporter,
        changes: Path | None,
        *,
        past: bool,
    ) -> None:
        self.build, self.report, self._reporter = build, report, reporter
        self.origins = Origins(json.loads(build.manifest.file.text))
        expected = {
            switch.switch.name: desired_at(build, snapshot.scale, index, snapshot.adjustments)
            for index, switch in enumerate(build.switches)
        }
        self.entries = tuple(entries_of(report, expected))
        self.now = _moment(snapshot.taken) if past else time.time()
        self.changes = self._from_file(changes) if changes else self._from_journal(snapshot, past)
        check_clock(self.changes, self.now, reporter)

    @cached_property
    def policy(self) -> Policy:
        """Where entries come from in the policy."""
        return Policy(self.build)

    @cached_property
    def findings(self) -> Mapping[tuple[str, Key], Finding]:
        """What is known of the entries that are not as they should be; nothing where a switch does not tell."""
        return {(switch.switch, each.key): each for switch in self.report.switches for each in switch.findings}

    @cached_property
    def failing(self) -> tuple[Entry, ...]:
        """The entries that are not as they should be."""
        return tuple(entry for entry in self.entries if entry.outcome is not None)

    def _from_file(self, path: Path) -> tuple[Change, ...]:
        """The changes as far as they can be read; what cannot be is reported, and ends nothing."""
        known = {thing for entry in self.entries for thing in self.origins.objects(entry)}
        own = Reporter()
        try:
            found = read_changes(read_file(path, "the change log", own), known, own)
        except CompileError as error:
            found, own.diagnostics = (), list(error.diagnostics)
        for each in own.diagnostics:
            self._reporter.report(each)
        return found

    def _from_journal(self, snapshot: Snapshot, past: bool) -> tuple[Change, ...]:
        """What was written to each switch after it had been filled, and was known to hold all that it should."""
        lines = read_lines(self.build.folder, snapshot.network, snapshot.taken if past else "")
        for note in lines.notes:
            if not isinstance(note, NoJournal):  # without a log there is just less to go by
                self._reporter.report(note)
        names = [switch.switch.name for switch in self.build.switches]
        writes = [write for name in names for write in _writes(name, lines.of(name))]
        return changes_of_writes(writes, self.entries, self.origins) if writes else ()


def _moment(text: str) -> float:
    try:
        return seconds(text)
    except ValueError:
        return time.time()


def _writes(switch: str, own: Sequence[Noted]) -> Iterator[Write]:
    """Later changes of a switch, since it was last given its program; `own` are the lines about it."""
    starts = [at for at, each in enumerate(own) if each.record.switch and each.record.action == "pipeline"]
    filled = False
    for each in own[starts[-1] if starts else 0 :]:
        record, filled = each.record, filled or is_proof(each)
        if filled and record.switch and record.action in WRITES:
            yield Write(_moment(record.time), _entry(switch, record.object, record.provenance), identity(record.object))


def _entry(switch: str, row: object, provenance: object) -> Entry:
    """An entry as the journal has it; whatever else stands there is not looked at."""
    values = row if isinstance(row, dict) else {}
    match = values.get("match")
    pid = match.get("pid") if isinstance(match, dict) else None
    table = str(values.get("table", GROUP_TABLE)).rpartition(".")[2]
    origin = provenance if isinstance(provenance, dict) else {}
    return Entry(switch, table, origin, pid if type(pid) is int else None)


def hypotheses(look: Look, model: str, method: str, recent_s: float) -> list[Found]:
    """What is broken, in the models asked for: of the controller, and of each switch where something fails."""
    found = []
    if model != "switch":
        found.append(Found("", _localized(look, look.entries, True, method, recent_s)))
    if model != "controller":
        for name in dict.fromkeys(entry.switch for entry in look.failing):
            own = [entry for entry in look.entries if entry.switch == name]
            found.append(Found(name, _localized(look, own, False, method, recent_s)))
    return found


def _localized(look: Look, entries: Sequence[Entry], switches: bool, method: str, recent_s: float) -> Hypothesis:
    if not any(entry.outcome is not None for entry in entries):
        return Hypothesis(method, ())
    model = risk_model(rows(entries, look.origins, switches=switches))
    return localize(model, look.changes, method, now=look.now, recent_s=recent_s)


def entries_behind(look: Look, found: Found, thing: Object) -> list[Entry]:
    """The failing entries that an object may be to blame for."""
    return [
        entry
        for entry in look.failing
        if found.switch in ("", entry.switch)
        and entry.outcome is not None
        and thing in look.origins.blamed(entry.outcome, look.origins.objects(entry))
    ]
