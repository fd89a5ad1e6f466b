"""The deploy journal as evidence: its lines in the order in which things happened, whatever clocks say.

A network that was changed from one build to another has a journal in each: the one of the build before is read too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from heapq import merge
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from contra.deploy.control.errors import BadRecord
from contra.deploy.control.journal import Record, journal_path, read_journal
from contra.deploy.errors import ToolError
from contra.diagnose.errors import ClocksDisagree, ClockSet, MoreUnreadable, NoJournal, OtherDeployment
from contra.diagnostics import Diagnostic, Reporter, shown

_FEW = 5
_OF_ALL = ("up", "apply")
"""What is done to all switches at once."""
_SET_S = 5.0
"""Clocks may drift; if they go on by so much more or less than the time that has passed, they were set."""
_SLACK_S = 2.0
"""A snapshot may be dated a little before the last line that it shows."""


class Noted(NamedTuple):
    """A record with the journal that it stands in."""

    file: Path
    record: Record
    text: str
    """The line as it stands there."""


@dataclass(frozen=True)
class Lines:
    """What the journals say about one network, in the order in which it happened."""

    rows: tuple[Noted, ...]
    notes: tuple[Diagnostic, ...]
    """What is wrong with them."""

    @cached_property
    def _of(self) -> Mapping[str, list[int]]:
        """Switch -> positions of its lines; empty for those of the network."""
        found: dict[str, list[int]] = {}
        for position, each in enumerate(self.rows):
            if each.record.switch or each.record.action in _OF_ALL:
                found.setdefault(each.record.switch, []).append(position)
        return found

    def of(self, switch: str) -> list[Noted]:
        """What is about a switch, or about all of them at once."""
        return [self.rows[at] for at in sorted([*self._of.get(switch, ()), *self._of.get("", ())])]


def read_lines(build: Path, deployment: str = "", until: str = "") -> Lines:
    """The journal of a build, and of the one that was deployed before.

    `deployment`: name of the network; empty: that of the last line. `until`: when the network was read (ISO 8601), if
    that is a while ago; later lines are left out.
    """
    notes: list[Diagnostic] = []
    file = journal_path(build)
    records = _records(file, notes)
    name = deployment or (records[-1].record.deployment if records else "")
    own = [each for each in records if each.record.deployment == name]
    if records and not own:
        found = ", ".join(sorted({f"'{shown(each.record.deployment)}'" for each in records})[:_FEW])
        notes.append(OtherDeployment(path=str(file), wanted=shown(name), found=found, count=len(records)))
    notes += _clock_notes(own)
    rows = _merged(own, [each for each in _before(own, build) if each.record.deployment == name])
    if until:
        rows = _until(rows, until, notes)
    return Lines(tuple(rows), tuple(notes))


def _records(file: Path, notes: list[Diagnostic]) -> list[Noted]:
    """The records of a journal; what cannot be read becomes notes."""
    reporter = _Patient()
    try:
        records = read_journal(file, reporter)
        texts = file.read_bytes().split(b"\n") if records else []
    except OSError as error:
        notes.append(NoJournal(path=str(file), reason=f"cannot be read: {error.strerror}"))
        return []
    except ToolError as error:
        notes.append(NoJournal(path=str(file), reason=f"cannot be read: {getattr(error.diagnostics[0], 'reason', '')}"))
        return []
    if not file.exists():
        notes.append(NoJournal(path=str(file), reason="does not exist"))
    notes += reporter.diagnostics[:_FEW]
    if len(reporter.diagnostics) > _FEW:
        notes.append(MoreUnreadable(count=len(reporter.diagnostics) - _FEW, path=str(file)))
    return [Noted(file, each, texts[each.line - 1].decode("utf-8", "replace")) for each in records]


class _Patient(Reporter):
    """Keeps every bad line, however many there are."""

    def report(self, diagnostic: Diagnostic) -> None:
        """Keep it."""
        if isinstance(diagnostic, BadRecord):
            self.diagnostics.append(diagnostic)


def _before(rows: Sequence[Noted], build: Path) -> list[Noted]:
    """The lines of the build that the network was changed from, by the last line that says so."""
    for each in reversed(rows):
        if each.record.action == "apply":
            origin = each.record.object.get("from")
            return _of_build(origin, build) if isinstance(origin, str) and origin else []
    return []


def _of_build(origin: str, build: Path) -> list[Noted]:
    """The lines of another build; none where there is no such folder."""
    try:
        folder = Path(origin)
        other = folder.resolve() != build.resolve() and journal_path(folder).is_file()
    except (OSError, ValueError, RuntimeError):
        return []
    return _records(journal_path(folder), []) if other else []


def _merged(own: Sequence[Noted], other: Sequence[Noted]) -> list[Noted]:
    """Both in order of the machine's uptime; what was before the machine started last comes first."""
    if not other:
        return list(own)
    *earlier, last = _uptimes(own)
    together = merge(last, _uptimes(other)[-1], key=lambda each: each.record.monotonic_ns)
    return [*(each for rows in earlier for each in rows), *together]


def _uptimes(rows: Iterable[Noted]) -> list[list[Noted]]:
    """Lines between two starts of the machine: `monotonic_ns` falls only there, but for lines written at once."""
    found: list[list[Noted]] = [[]]
    newest = 0
    for each in rows:
        now = each.record.monotonic_ns
        if now < newest - 10**9:
            found.append([])
            newest = 0
        newest = max(newest, now)
        found[-1].append(each)
    return found


# ------------------------------------------------------------------------------------------------ clocks


def instant(text: str) -> datetime | None:
    """A time of the journal; None for what is no time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _clock_notes(rows: Sequence[Noted]) -> Iterator[Diagnostic]:
    jumps = []
    for uptime in _uptimes(rows):
        for one, two in pairwise(uptime):
            before, after = instant(one.record.time), instant(two.record.time)
            if before is None or after is None:
                continue
            passed = (two.record.monotonic_ns - one.record.monotonic_ns) / 1e9
            jump = (after - before).total_seconds() - passed
            if abs(jump) > _SET_S:
                jumps.append((jump, one.record.line, two.record.line))
    if jumps:
        jump, line, other = jumps[0]
        by = f"{'forward' if jump > 0 else 'back'} by {timedelta(seconds=round(abs(jump)))}"
        yield ClockSet(by=by, before=line, after=other, others=len(jumps) - 1)


def _until(rows: list[Noted], until: str, notes: list[Diagnostic]) -> list[Noted]:
    """Lines up to a time, in so far as clocks can be believed."""
    end = instant(until)
    if end is None or not rows:
        return rows
    end += timedelta(seconds=_SLACK_S)
    kept = [each for each in rows if (at := instant(each.record.time)) is None or at <= end]
    if kept:
        return kept
    notes.append(ClocksDisagree(taken=until, relation=f"begins only at {shown(rows[0].record.time)}"))
    return rows
