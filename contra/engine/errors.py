"""What can be wrong when a build runs. Codes CTR104x."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class NotSettled(Diagnostic):
    """Decisions still change after a long time."""

    code = "CTR1040"
    severity = Severity.WARNING
    title = "the best paths still change after {periods} probe periods"
    notes = ("what is shown is the state of that moment",)
    helps = ("a probe period must be at least half of the longest round trip: compile with a longer --probe-period",)

    periods: int


class SameEnd(Diagnostic):
    """Source and target of a packet are one."""

    code = "CTR1041"
    title = "'{name}' is both source and target"
    helps = ("name two different hosts or switches",)

    name: str
