"""What can be wrong with a change log that is given as a file (CTR1741 to CTR1749)."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity

_FORM = '[{{"kind": "link", "name": "A:1-B:2", "at": "2026-01-02T03:04:05Z", "text": "moved"}}, ...]'


class BadChanges(Diagnostic):
    """A change log that has something else than it should at a place."""

    code = "CTR1741"
    title = "{what} must be {expected}, found {found}"
    label = "this is {found}"
    helps = ("a change log is a list: " + _FORM,)
    what: str
    expected: str
    found: str


class UnknownKind(Diagnostic):
    """A kind of objects that builds do not have."""

    code = "CTR1742"
    severity = Severity.WARNING
    title = "there are no objects of the kind '{kind}'"
    label = "{near}"
    notes = ("kinds are {known}", "this change is left out")
    kind: str
    near: str
    known: str


class UnknownObject(Diagnostic):
    """An object that this build does not have."""

    code = "CTR1743"
    severity = Severity.WARNING
    title = "the build has no {kind} '{name}'"
    label = "{near}"
    notes = ("this change is left out",)
    kind: str
    name: str
    near: str


class ChangesOfTheFuture(Diagnostic):
    """Changes that are dated after the look."""

    code = "CTR1744"
    severity = Severity.WARNING
    title = "{changes} dated after the moment when the switches were read: clocks disagree"
    notes = ("the first of them is of {object}, {ahead} later", "they count as made just then")
    changes: str
    object: str
    ahead: str
