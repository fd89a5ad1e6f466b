"""What can be wrong with a topology, and what is merely worth saying (codes CTR02xx).

Names that come from the input are passed through `contra.diagnostics.shown` at the raise site: input may hold control
characters, lone surrogates or a megabyte of text, and a message must not.
"""

from __future__ import annotations

from contra.diagnostics import Diagnostic, Label, Severity, shown
from contra.source import Span


def abbreviated(names: list[str], limit: int = 5) -> str:
    """ "A, B, C and 7 more"."""
    head = ", ".join(shown(name) for name in names[:limit])
    return f"{head} and {len(names) - limit} more" if len(names) > limit else head


def counted(number: int, noun: str) -> str:
    """ "1 link", "2 links", "2 switches"."""
    plural = noun + ("es" if noun.endswith("ch") else "s")
    return f"{number:,} {noun if number == 1 else plural}"


# ---------------------------------------------------------------- the network


class NoSwitches(Diagnostic):
    """A network of nothing."""

    code = "CTR0220"
    title = "the topology has no switches"
    label = "expected at least one switch"
    note: str = ""
    helps = ("a network needs at least one switch",)

    def note_texts(self) -> tuple[str, ...]:
        """Why there is none, where that is known."""
        return (self.note,) if self.note else ()


class UnknownSwitch(Diagnostic):
    """A link or host that names a switch which is not there."""

    code = "CTR0221"
    title = "{what} names the switch '{name}', which is not declared"
    label = "{near}"
    what: str
    name: str
    near: str = ""
    near_span: Span | None = None
    hint: str = 'declare it under "switches", or correct the name'

    def label_text(self) -> str:
        """The near name, else a plain word."""
        return self.near or "no such switch"

    def help_texts(self) -> tuple[str, ...]:
        """What to do."""
        return (self.hint,)

    def secondary(self) -> tuple[Label, ...]:
        """Where the near name is declared."""
        return (Label(self.near_span, "declared here"),) if self.near_span else ()


class SwitchAndHost(Diagnostic):
    """One name for a switch and for a host."""

    code = "CTR0222"
    title = "'{name}' is the name of a switch and of a host"
    label = "host of this name"
    helps = ("rename one of the two",)
    name: str
    first: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The switch."""
        return (Label(self.first, "switch of this name"),) if self.first else ()


class SelfLoop(Diagnostic):
    """A link from a switch to itself, in a file written for Contra."""

    code = "CTR0223"
    title = "this link connects '{name}' with itself"
    label = "both ends are '{name}'"
    helps = ("remove the link, or correct one of its ends",)
    name: str


class SelfLoopDropped(Diagnostic):
    """The same in an imported file."""

    code = "CTR0224"
    severity = Severity.WARNING
    title = "dropped {number} from a switch to itself (at {names})"
    label = "connects '{name}' with itself"
    name: str
    number: str
    names: str


class Disconnected(Diagnostic):
    """A network in several parts."""

    code = "CTR0225"
    title = "the network is not connected: it falls into {number} parts"
    label = "cannot be reached from '{anchor}'"
    number: int
    anchor: str
    parts: tuple[str, ...]
    anchor_span: Span | None = None
    helps = ("add the missing link, or compile each part by itself",)

    def note_texts(self) -> tuple[str, ...]:
        """The parts, largest first, abbreviated."""
        return tuple(f"part {i}: {part}" for i, part in enumerate(self.parts, 1))

    def secondary(self) -> tuple[Label, ...]:
        """A switch of the largest part."""
        return (Label(self.anchor_span, "in the largest part"),) if self.anchor_span else ()


class BadQuantity(Diagnostic):
    """A capacity or latency that is no such thing."""

    code = "CTR0226"
    title = "{reason}"
    label = "expected {expected}"
    reason: str
    expected: str


class HostWiring(Diagnostic):
    """A host without a link, with several, or wired to another host."""

    code = "CTR0227"
    title = "{reason}"
    helps = ("a host is attached to exactly one switch, by one link",)
    reason: str
    first: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The other link."""
        return (Label(self.first, "first attached here"),) if self.first else ()


# ---------------------------------------------------------------- ports and addresses


class BadPort(Diagnostic):
    """A port number out of range."""

    code = "CTR0230"
    title = "{port} is not a port number of a switch"
    label = "expected a whole number from 1 to {limit}"
    port: str
    limit: int
    notes = ("port 510 leads to the controller and 511 drops, on BMv2's 9-bit ports",)


class DuplicatePort(Diagnostic):
    """Two links on one port."""

    code = "CTR0231"
    title = "port {port} of switch '{switch}' is used twice"
    label = "again here"
    helps = ("give another number, or leave ports out: Contra numbers them in file order",)
    port: int
    switch: str
    first: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The first use."""
        return (Label(self.first, "first used here"),) if self.first else ()


class TooManyPorts(Diagnostic):
    """More links than a switch has ports."""

    code = "CTR0232"
    title = "switch '{switch}' needs {needed} ports, but a switch has at most {limit}"
    label = "{needed} links and hosts"
    switch: str
    needed: int
    limit: int
    helps = ("spread its hosts or links over several switches",)


class BadAddress(Diagnostic):
    """Not an IPv4 or MAC address a host can have."""

    code = "CTR0233"
    title = "'{text}' is not {what} for a host: {reason}"
    label = "expected {what} such as {example}"
    text: str
    what: str
    reason: str
    example: str


class DuplicateAddress(Diagnostic):
    """Two hosts with one address."""

    code = "CTR0234"
    title = "hosts '{one}' and '{other}' have the same {what}, {text}"
    label = "also the {what} of '{one}'"
    helps = ("change one, or leave it out: Contra assigns one",)
    one: str
    other: str
    what: str
    text: str
    first: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The first one."""
        return (Label(self.first, "first here"),) if self.first else ()


class AddressSpace(Diagnostic):
    """More switches and hosts than 10.0.0.0/8 has room for."""

    code = "CTR0235"
    title = "{switches:,} switches with up to {hosts:,} hosts on one of them do not fit into 10.0.0.0/8"
    label = "{hosts:,} hosts on this switch"
    notes = ("each switch gets a block of the same size, a power of two that holds its hosts and three more",)
    helps = ("give the hosts of that switch explicit addresses, or spread them over more switches",)
    switches: int
    hosts: int


class TooManyParts(Diagnostic):
    """More than the compiler can take."""

    code = "CTR0236"
    title = "the topology has {number:,} {what}; Contra compiles networks of at most {limit:,}"
    helps = ("compile a part of the network, such as one site or one pod",)
    what: str
    number: int
    limit: int


# ---------------------------------------------------------------- attributes


class BadDeclaration(Diagnostic):
    """A link attribute that cannot be declared so."""

    code = "CTR0240"
    title = "the link attribute '{name}' is declared wrongly: {reason}"
    label = "expected {expected}"
    name: str
    reason: str
    expected: str


class BadAttribute(Diagnostic):
    """A value that a link attribute cannot have."""

    code = "CTR0241"
    title = "the value of '{name}' is not usable: {reason}"
    label = "expected {expected}"
    name: str
    reason: str
    expected: str


class MissingAttribute(Diagnostic):
    """A link that lacks a declared attribute."""

    code = "CTR0242"
    title = "{number} no value for the attribute '{name}'"
    label = "no '{name}' here"
    helps = ('add "{name}" to the link, or a "default" to the declaration',)
    name: str
    number: str
    declared: Span | None = None

    def secondary(self) -> tuple[Label, ...]:
        """The declaration."""
        return (Label(self.declared, "declared here"),) if self.declared else ()


# ---------------------------------------------------------------- worth saying


class Assumed(Diagnostic):
    """Values that neither the file nor an option gave."""

    code = "CTR0250"
    severity = Severity.WARNING
    title = "assumed {what}"
    what: str
    options: str

    def help_texts(self) -> tuple[str, ...]:
        """The options that say it."""
        return (f"say it in the file, or with {self.options}",)


class ExternalDropped(Diagnostic):
    """Nodes that belong to other networks."""

    code = "CTR0251"
    severity = Severity.WARNING
    title = "left out {nodes} marked as external, and {links} to them: {names}"
    label = "not part of this network"
    nodes: str
    links: str
    names: str
