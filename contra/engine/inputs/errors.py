"""What can be wrong with what is given to a simulation: states, traffic, failures, times (CTR1001, CTR1020 to 1049).

Names that come from the input are passed through `contra.diagnostics.shown` at the raise site.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Label
from contra.source import Span


class UnreadableFile(Diagnostic):
    """No such file, a folder, no permission, no text."""

    code = "CTR1001"
    title = "cannot read {what} '{path}': {reason}"
    what: str
    path: str
    reason: str
    hint: str = ""

    def help_texts(self) -> tuple[str, ...]:
        """The hint of the raise site, if any."""
        return (self.hint,) if self.hint else ()


class NoSuchSwitch(Diagnostic):
    """A name that no switch (or host) of the network has."""

    code = "CTR1020"
    title = "the network has no {what} '{name}'"
    label = "{near}"
    what: str
    name: str
    near: str = ""
    known: str

    def label_text(self) -> str:
        """The near name, else a plain word."""
        return self.near or f"no such {self.what}"

    def help_texts(self) -> tuple[str, ...]:
        """What there is."""
        return (f"the network has {self.known}",)


class NoSuchLink(Diagnostic):
    """Two switches without a link, or none on that port."""

    code = "CTR1021"
    title = "there is no link {what}"
    helps = ("{known}",)
    what: str
    known: str


class BadUtilisation(Diagnostic):
    """A utilisation that no link has."""

    code = "CTR1022"
    title = "{found} is not a utilisation"
    label = "expected a number from 0 to {limit}"
    notes = ("a utilisation is a fraction of the link's capacity: 0.5 is half of it; probes can carry up to {limit}",)
    found: str
    limit: str


class BadTime(Diagnostic):
    """A time without unit, or none at all."""

    code = "CTR1023"
    title = "{reason}"
    label = "expected a time such as {example}"
    reason: str
    example: str


class BadTimes(Diagnostic):
    """A stop that is not after its start."""

    code = "CTR1024"
    title = "{what} stops at {stop}, which is not after its start at {start}"
    helps = ("write the earlier time first",)
    what: str
    start: str
    stop: str


class SetTwice(Diagnostic):
    """A link that two rows of a state file speak of."""

    code = "CTR1025"
    title = "the state of {link} is given twice"
    label = "again here"
    link: str
    hint: str
    first: Span

    def help_texts(self) -> tuple[str, ...]:
        """What to do."""
        return (self.hint,)

    def secondary(self) -> tuple[Label, ...]:
        """The first one."""
        return (Label(self.first, "first here"),)


class BadAmount(Diagnostic):
    """A number of packets, bytes or flows that is none, or a value of an attribute."""

    code = "CTR1026"
    title = "{what} must be {expected}, found {found}"
    label = "this is {found}"
    what: str
    expected: str
    found: str


class BadRate(Diagnostic):
    """A rate without unit, or none at all."""

    code = "CTR1027"
    title = "{reason}"
    label = "expected a rate such as 5Mbit"
    reason: str


class ToItself(Diagnostic):
    """Traffic from a host to the same host."""

    code = "CTR1028"
    title = "this traffic goes from '{name}' to itself"
    helps = ("name two different hosts",)
    name: str


class BadForm(Diagnostic):
    """An argument that is not written as it has to be."""

    code = "CTR1029"
    title = "'{text}' is no {what}: {reason}"
    label = "expected {expected}"
    text: str
    what: str
    reason: str
    expected: str


class Ambiguous(Diagnostic):
    """An argument that can be read in several ways, since names have dashes."""

    code = "CTR1030"
    title = "'{text}' can be read as {readings}"
    helps = ("name a port: {example}",)
    text: str
    readings: str
    example: str
