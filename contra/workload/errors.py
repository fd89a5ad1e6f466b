"""What can be wrong with a workload. Codes CTR150x."""

from __future__ import annotations

from contra.diagnostics import Diagnostic


class BadSizes(Diagnostic):
    """A file of flow sizes that is no distribution."""

    code = "CTR1501"
    title = "the flow sizes of '{name}' are no distribution: {reason}"
    notes = (
        "points are [bytes, percent of the flows that are not larger]: both grow from point to point, and the last "
        "percentage is 100",
    )
    name: str
    reason: str


class BadTrace(Diagnostic):
    """A trace that does not say what it should."""

    code = "CTR1502"
    title = "{reason}"
    label = "expected {expected}"
    helps = (
        "a trace is a CSV file with a first line 'start,source,target,bytes' and rows such as '1.5ms,h1,h2,20000'; "
        "'start_ns' has plain numbers",
    )
    reason: str
    expected: str


class UnknownHost(Diagnostic):
    """A host that the topology does not have."""

    code = "CTR1503"
    title = "there is no host '{name}' in '{topology}'"
    name: str
    topology: str
    near: str = ""
    known: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """A near name, or some hosts that are there."""
        return (self.near or f"hosts are {self.known}",)


class EmptyTrace(Diagnostic):
    """A trace without flows."""

    code = "CTR1504"
    title = "the trace '{name}' has no flows"
    helps = ("each row after the first line is a flow: start, source, target, bytes",)
    name: str
