"""A whole network against its build: every switch is checked, and one that cannot be is part of the result."""

from __future__ import annotations

from collections.abc import Mapping

from contra.deploy.control.desired import desired_at
from contra.deploy.control.journal import revision_of
from contra.deploy.control.model import EntryKey, Holding
from contra.diagnostics import CompileError
from contra.engine.build import Build
from contra.verify.check import check_switch
from contra.verify.model import Report, Status, SwitchReport
from contra.verify.seen import Seen, Snapshot
from contra.verify.shapes import Shapes, shapes_of

_OTHER_PROGRAM = frozenset({"CTR1103", "CTR1104"})
"""Messages that say that the switch runs something else, or is another one."""
_ABSENT = "nothing is known about it"
_STRANGE = "the build has no such switch"


def verify(build: Build, snapshot: Snapshot) -> Report:
    """What differs between the build and what the switches held when the snapshot was taken."""
    shapes = {name: shapes_of(program.typed) for name, program in build.programs.items()}
    rows = [_switch(build, snapshot, index, shapes) for index in range(len(build.switches))]
    rows += [SwitchReport(name, Status.UNREADABLE, reason=_STRANGE) for name in snapshot.strange]
    return Report(
        build=build.folder,
        revision=revision_of(build.manifest.file.text),
        switches=tuple(rows),
        found_revision=snapshot.revision,
        taken=snapshot.taken,
        notes=snapshot.notes,
    )


def _switch(build: Build, snapshot: Snapshot, index: int, shapes: Mapping[str, Shapes]) -> SwitchReport:
    name = build.topology.switches[index].name
    seen = snapshot.switches.get(name)
    if seen is None:
        return SwitchReport(name, Status.ABSENT, reason=_ABSENT)
    if seen.failure is not None:
        status = Status.OTHER_PROGRAM if seen.failure.code in _OTHER_PROGRAM else Status.UNREACHABLE
        return SwitchReport(name, status, reason=seen.failure.message, code=seen.failure.code)
    if seen.holding is None:
        first = seen.notes[0]
        return SwitchReport(name, Status.UNREADABLE, reason=first.title_text(), code=first.code, notes=seen.notes)
    try:
        expected = desired_at(build, snapshot.scale, index, snapshot.adjustments)
    except CompileError as error:  # a metric is held that the programs of the build cannot hold
        first = error.diagnostics[0]
        return SwitchReport(
            name, Status.UNREADABLE, reason=first.title_text(), code=first.code, notes=error.diagnostics
        )
    return _compared(name, expected, seen, seen.holding, shapes[build.switches[index].program.row.name])


def _compared(name: str, expected: Holding, seen: Seen, found: Holding, shapes: Shapes) -> SwitchReport:
    checked = check_switch(expected, found, shapes)
    status = Status.DIFFERS if checked.findings else Status.EQUAL
    if checked.findings and _empty(found) and not _empty(expected):
        status = Status.EMPTY
    notes = (*seen.notes, *checked.notes)
    return SwitchReport(name, status, checked.findings, len(expected.contents), checked.harmless, notes=notes)


def _empty(holding: Holding) -> bool:
    """Whether nothing is held but default actions."""
    return all(isinstance(key, EntryKey) and key.default for key in holding.contents)
