"""What can be wrong with a snapshot of a network (CTR1701 to CTR1719)."""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Label, Severity
from contra.source import Span


class BadSnapshot(Diagnostic):
    """A snapshot that has something else than it should at a place."""

    code = "CTR1701"
    title = "{what} must be {expected}, found {found}"
    label = "this is {found}"
    helps = ("'contra verify BUILD --save FILE' writes a snapshot of the running network",)
    what: str
    expected: str
    found: str


class OtherSchema(Diagnostic):
    """A snapshot of another version of contra."""

    code = "CTR1702"
    title = "this snapshot has the form {found}, and this version of contra reads form {own}"
    label = "expected {own}"
    helps = ("take it anew: contra verify BUILD --save FILE",)
    found: str
    own: int


class OtherRevision(Diagnostic):
    """A snapshot of a network that was filled from another compilation."""

    code = "CTR1703"
    severity = Severity.WARNING
    title = "the network was filled from revision {found}{build}, and this build is revision {own}"
    notes = ("they are compared all the same: what was compiled otherwise is told as a difference",)
    helps = ("change the network to this build: contra net apply BUILD; or name the build that it was filled from",)
    found: str
    build: str
    own: str


class StrangeSwitch(Diagnostic):
    """A switch that the build does not have."""

    code = "CTR1704"
    severity = Severity.WARNING
    title = "the build has no switch '{name}'"
    label = "{near}"
    helps = ("what it holds is not looked at",)
    name: str
    near: str


class AbsentSwitches(Diagnostic):
    """Switches of the build that the snapshot does not have."""

    code = "CTR1705"
    severity = Severity.WARNING
    title = "nothing is known about {switches}"
    label = "the switches that it tells of"
    switches: str


class MoreUnread(Diagnostic):
    """More entries of a switch that cannot be read than anybody wants to see."""

    code = "CTR1706"
    title = "{count:,} more entries of switch '{switch}' cannot be read"
    switch: str
    count: int


class Twice(Diagnostic):
    """A switch that is said to hold the same entry or group twice."""

    code = "CTR1707"
    title = "switch '{switch}' is said to hold {what} twice"
    label = "again here: this one is not looked at"
    switch: str
    what: str
    first: Span

    def secondary(self) -> tuple[Label, ...]:
        """The first one."""
        return (Label(self.first, "first here"),)


class NotJudged(Diagnostic):
    """A table whose entries overlap so much that nobody can tell in time what they come to."""

    code = "CTR1708"
    severity = Severity.WARNING
    title = "table '{table}' has entries that overlap too much to be compared by what they do"
    notes = ("it was compared entry by entry: some differences may be without effect",)
    table: str


class NoDiagrams(Diagnostic):
    """The library of decision diagrams is not installed."""

    code = "CTR1709"
    severity = Severity.WARNING
    title = "table '{table}' has entries that may overlap, and the Python package 'dd' is not installed"
    notes = ("it was compared entry by entry: some differences may be without effect, and none is told as shadowed",)
    helps = ("install contrac with it: pip install 'contrac[diagnosis]'",)
    table: str


class BadAddress(Diagnostic):
    """A file of addresses that names none."""

    code = "CTR1710"
    title = "{what} must be {expected}, found {found}"
    label = "this is {found}"
    helps = ('write: {{"switches": {{"NAME": {{"address": "HOST:PORT", "device_id": 1}}}}}}',)
    what: str
    expected: str
    found: str


class MoreStrange(Diagnostic):
    """More switches that the build does not have than anybody wants to read of."""

    code = "CTR1711"
    severity = Severity.WARNING
    title = "the build does not have {count:,} more of the switches"
    helps = ("is it the build of this network? 'contra net status' names the one that runs",)
    count: int


class SnapshotOfTheFuture(Diagnostic):
    """A snapshot that is dated later than it is."""

    code = "CTR1712"
    severity = Severity.WARNING
    title = "the snapshot is dated {taken}, which is yet to come: clocks disagree"
    notes = ("it is compared all the same, and all lines of the deploy journal that are dated before it count",)
    taken: str
