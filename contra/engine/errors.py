"""What can be wrong when a build runs. Codes CTR104x."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Severity
from contra.topology.model import Topology


class NotSettled(Diagnostic):
    """Decisions still change after a long time."""

    code = "CTR1040"
    severity = Severity.WARNING
    title = "the best paths still change after {periods} probe periods"
    notes = ("what is shown is the state of that moment",)
    helps = ("a probe period must be at least half of the longest round trip: compile with a longer --probe-period",)

    periods: int


class NoDestination(Diagnostic):
    """A switch without hosts starts and ends no paths, where others have hosts."""

    code = "CTR1042"
    title = "'{name}' is no destination: paths neither start nor end at a switch without hosts, where others have some"
    helps = ("name a host, or one of the destination switches: {known}",)

    name: str
    known: str


def no_destination(topology: Topology, switch: int) -> NoDestination:
    """The message for a switch that is no destination."""
    labels = [topology.switches[index].label for index in topology.destinations]
    known = ", ".join(labels[:8]) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
    return NoDestination(name=topology.switches[switch].label, known=known)


class FailureAfterEnd(Diagnostic):
    """A failure that the run does not reach."""

    code = "CTR1043"
    severity = Severity.WARNING
    title = "the failure of {name} at {start} comes after the end of the run, {end}"
    helps = ("run longer with --for, or let it fail earlier",)

    name: str
    start: str
    end: str


class SameEnd(Diagnostic):
    """Source and target of a packet are one."""

    code = "CTR1041"
    title = "'{name}' is both source and target"
    helps = ("name two different hosts or switches",)

    name: str


class UnknownCongestionControl(Diagnostic):
    """No such congestion control."""

    code = "CTR1060"
    title = "there is no congestion control '{name}'{near}"
    helps = ("there is {known}",)

    name: str
    near: str
    known: str


class BadTransport(Diagnostic):
    """A value of the transport that TCP cannot run with."""

    code = "CTR1061"
    title = "{name} of the transport is {value}; it has to be {wanted}"

    name: str
    value: str
    wanted: str


class NoSuchHost(Diagnostic):
    """A flow's end is no host."""

    code = "CTR1062"
    title = "flow {number}: the network has no host '{name}'{near}"
    helps = ("TCP flows go from host to host",)

    number: int
    name: str
    near: str


class BadFlow(Diagnostic):
    """A flow that cannot be."""

    code = "CTR1063"
    title = "flow {number} from '{source}' to '{target}': {what}"

    number: int
    source: str
    target: str
    what: str
