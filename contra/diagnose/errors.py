"""What can be wrong with the material of a diagnosis (CTR1951 to CTR1959). None of it ends the diagnosis."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class NoJournal(Diagnostic):
    """There is nothing to find causes in."""

    code = "CTR1951"
    severity = Severity.WARNING
    title = "there is no deploy journal of this build: '{path}' {reason}"
    notes = ("causes are told from what the switches hold alone",)
    path: str
    reason: str


class OtherDeployment(Diagnostic):
    """A journal that is about something else."""

    code = "CTR1952"
    severity = Severity.WARNING
    title = "the journal '{path}' says nothing about network '{wanted}': its {count} lines are of {found}"
    notes = ("they are not used as evidence",)
    path: str
    wanted: str
    found: str
    count: int


class ClockSet(Diagnostic):
    """Times of the journal that cannot all be right."""

    code = "CTR1953"
    severity = Severity.WARNING
    title = "the clock was set {by} between line {before} and line {after} of the journal"
    notes = ("lines are taken in the order in which they were written",)
    by: str
    before: int
    after: int
    others: int

    def note_texts(self) -> tuple[str, ...]:
        """How often else."""
        more = (f"it was set {self.others} more times",) if self.others else ()
        return (*more, *self.notes)


class ClocksDisagree(Diagnostic):
    """The clock of the journal is not that of the snapshot."""

    code = "CTR1954"
    severity = Severity.WARNING
    title = "the network was read at {taken}, and the journal {relation}"
    notes = ("the clocks disagree, so no line of the journal is left out for its time",)
    taken: str
    relation: str


class MoreUnreadable(Diagnostic):
    """More lines that are no records than anybody wants to see."""

    code = "CTR1955"
    severity = Severity.WARNING
    title = "{count:,} more lines of the journal '{path}' cannot be read"
    count: int
    path: str


class OtherRevisionLast(Diagnostic):
    """Another compilation was deployed after this one, or instead of it."""

    code = "CTR1956"
    severity = Severity.WARNING
    title = "what was deployed last is revision {found}, and this build is revision {own}"
    helps = ("change the network to this build: contra net apply {build}",)
    found: str
    own: str
    build: str
