"""`--fail`: `A-B@2s..3s`, a link (all links between the two, both directions) or, as `A@2s..3s`, a switch.

Without `..` it lasts until the end. One of parallel links goes by a port: `A-B:2` and `A:2-B` are that on port 2 of A,
`A:2-B:1` names both ports, as `contra show` does. Names may have dashes and colons.
"""

from __future__ import annotations

from dataclasses import dataclass

from contra.diagnostics import Reporter, report, shown
from contra.engine.inputs.errors import Ambiguous, BadForm
from contra.engine.inputs.model import Failure, LinkFailure, SwitchFailure
from contra.engine.inputs.places import Places
from contra.engine.inputs.times import check_order, time_of
from contra.source import SourceFile, Span
from contra.topology.model import Topology

_EXPECTED = "A-B@2s..3s for a link, A@2s..3s for a switch"


@dataclass(frozen=True, slots=True)
class _End:
    """A switch, and a port of it if one is named."""

    switch: int
    port: int | None


def read_failure(argument: str, topology: Topology, reporter: Reporter, option: str = "--fail") -> Failure:
    """What one `--fail` says. Raises CompileError (CTR1020 to 1030)."""
    file = SourceFile(option, argument)
    reader = _Reader(file, topology, reporter)
    failure = reader.read()
    reporter.check()
    assert failure is not None, "there was a message"
    return failure


def read_place(argument: str, topology: Topology, reporter: Reporter, option: str = "--fail") -> Failure:
    """What fails without a time: `A-B` or `A`, from now on. Raises CompileError (CTR1020 to 1030)."""
    file = SourceFile(option, argument)
    failure = _Reader(file, topology, reporter).place(argument, 0, None)
    reporter.check()
    assert failure is not None, "there was a message"
    return failure


class _Reader:
    def __init__(self, file: SourceFile, topology: Topology, reporter: Reporter) -> None:
        self.file = file
        self.topology = topology
        self.reporter = reporter
        self.places = Places(topology)

    def read(self) -> Failure | None:
        what, at, when = self.file.text.rpartition("@")
        if not at or not what:
            reason = "it says not what fails" if at else "it says not when"
            self.bad_form(reason, self.file.span(0, len(self.file.text)))
            return None
        return self.place(what, *self.times(when, len(what) + 1))

    def place(self, what: str, start: int, stop: int | None) -> Failure | None:
        """The switch or link of this name; what is wrong is reported."""
        here = self.file.span(0, len(what))
        switch = self.places.switch(what)
        links = self.links(what)
        if switch is not None and links:
            self.ambiguous(what, [f"the switch '{what}'", *links], here)
            return None
        if switch is not None:
            return SwitchFailure(switch=switch, start_ns=start, stop_ns=stop)
        if len(links) > 1:
            self.ambiguous(what, list(links), here)
            return None
        if not links:
            self.unknown(what, here)
            return None
        return LinkFailure(links=next(iter(links.values())), start_ns=start, stop_ns=stop)

    def times(self, text: str, offset: int) -> tuple[int, int | None]:
        """Start and stop; what is wrong is reported."""
        first, dots, last = text.partition("..")
        end = offset + len(text)
        start = time_of(first, self.file.span(offset, max(offset + len(first), offset)), self.reporter, "2s")
        if not dots:
            return start or 0, None
        span = self.file.span(offset + len(first) + 2, end)
        stop = time_of(last, span, self.reporter, "3s")
        if start is not None:
            check_order(start, stop, "this failure", span, self.reporter)
        return start or 0, stop

    def links(self, text: str) -> dict[str, tuple[int, ...]]:
        """The ways to read a text as two linked switches: words for each, and the links."""
        result = {}
        for i, letter in enumerate(text):
            if letter != "-":
                continue
            a, b = self.end(text[:i]), self.end(text[i + 1 :])
            if a is None or b is None:
                continue
            links = self.between(a, b)
            if links:
                names = [self.topology.switches[each.switch].label for each in (a, b)]
                result[f"the link from '{names[0]}' to '{names[1]}'"] = links
        return result

    def end(self, text: str) -> _End | None:
        """A switch, or a switch and a port."""
        switch = self.places.switch(text)
        if switch is not None:
            return _End(switch, None)
        name, _, port = text.rpartition(":")
        switch = self.places.switch(name)
        if switch is None or not (port.isascii() and port.isdigit() and len(port) < 6):
            return None
        return _End(switch, int(port))

    def between(self, a: _End, b: _End) -> tuple[int, ...]:
        """The links between two ends. A port of the second alone is one of the first: `A-B:2`."""
        own, peer = (a.port, b.port) if a.port is not None else (b.port, None)
        return tuple(
            port.link
            for port in self.places.ports(a.switch, b.switch)
            if own in (None, port.number) and peer in (None, port.peer_port)
        )

    # ------------------------------------------------------------------------------------------ messages

    def bad_form(self, reason: str, span: Span) -> None:
        text = shown(self.file.text)
        report(self.reporter, BadForm(text=text, what="failure", reason=reason, expected=_EXPECTED, span=span))

    def ambiguous(self, text: str, readings: list[str], span: Span) -> None:
        head, _, tail = text.partition("-")
        example = f"{head}:1-{tail}"
        report(
            self.reporter, Ambiguous(text=shown(text), readings=" or as ".join(readings), example=example, span=span)
        )

    def unknown(self, text: str, span: Span) -> None:
        """Two switches without a link, else a name that is not there."""
        cuts = [i for i, letter in enumerate(text) if letter == "-"]
        halves = [(text[:i], text[i + 1 :], i) for i in cuts]
        for a, b, _ in halves:
            one, other = self.end(a), self.end(b)
            if one is not None and other is not None:
                port = one.port if one.port is not None else other.port
                report(self.reporter, self.places.no_link(one.switch, other.switch, span, port))
                return
        for a, b, i in halves:
            one, other = self.end(a), self.end(b)
            if one is not None:
                name = self.file.span(i + 1, len(text))
                report(self.reporter, self.places.no_switch(_plain(b), name))
                return
            if other is not None:
                report(self.reporter, self.places.no_switch(_plain(a), self.file.span(0, i)))
                return
        report(self.reporter, self.places.no_switch(text, span))


def _plain(text: str) -> str:
    """A name without its port."""
    name, _, port = text.rpartition(":")
    return name if name and port.isdigit() else text
