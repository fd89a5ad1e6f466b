"""What keeps a scheme from a network (CTR1401 to CTR1409)."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity


class UnknownScheme(Diagnostic):
    """A scheme that we do not have."""

    code = "CTR1401"
    title = "there is no scheme '{scheme}'"
    helps = ("{hint}",)

    scheme: str
    hint: str


class Unreachable(Diagnostic):
    """Pairs of switches that the scheme finds no path for."""

    code = "CTR1402"
    severity = Severity.WARNING
    title = "{scheme} finds no path for {pairs} of {total} pairs of switches, such as {source} to {target}"
    notes = ("their packets are dropped where they enter (NO_ROUTE)",)

    scheme: str
    pairs: int
    total: int
    source: str
    target: str
