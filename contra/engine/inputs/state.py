"""A state file -> the metrics of every direction of every link.

`{"links": [{"from": "A", "to": "B", "util": 0.5, "latency": "50us", "up": true}, ...]}`, a row a direction. `port`
picks one of parallel links by its port at `from`; without it a row is for all of them. Declared attributes go by name.
What is not said is as at rest: util 0, latency and attributes of the topology, up.
"""

from __future__ import annotations

from fractions import Fraction
from math import isfinite
from typing import Any

from contra.diagnostics import Reporter, report
from contra.engine.inputs.errors import BadAmount, BadUtilisation, SetTwice
from contra.engine.inputs.model import LinkState
from contra.engine.inputs.places import Places
from contra.jsontext import Path, kind_of, read_json
from contra.source import SourceFile
from contra.topology.jsonform import Form
from contra.topology.model import Topology

MAX_UTIL = Fraction(131, 100)
"""Probes carry up to 65534/50000 of the capacity."""
MAX_VALUE = 10**12
"""Largest value of an attribute, as in topologies."""

_KEYS = ("from", "to", "port", "util", "latency", "up")
_EXAMPLE = '"links": [{"from": "A", "to": "B", "util": 0.5, "latency": "50us", "up": true}]'


def at_rest(topology: Topology) -> tuple[LinkState, ...]:
    """The state that no file changes: per link, first from a to b, then from b to a."""
    return tuple(
        LinkState(link=link.index, forward=forward, latency_ns=link.latency_ns, attributes=link.attributes)
        for link in topology.links
        for forward in (True, False)
    )


def read_state(file: SourceFile, topology: Topology, reporter: Reporter) -> tuple[LinkState, ...]:
    """The state of a file, in the order of `at_rest`.

    All that is wrong goes to `reporter` (CTR02xx for the form, CTR1020 to 1026); raises CompileError for an error.
    """
    reader = _Reader(Form(read_json(file, reporter, "a state file"), reporter), topology)
    reader.read()
    reporter.check()
    return tuple(reader.states)


class _Reader:
    def __init__(self, form: Form, topology: Topology) -> None:
        self.form = form
        self.document = form.document
        self.reporter = form.reporter
        self.topology = topology
        self.places = Places(topology)
        self.states = list(at_rest(topology))
        self.set_by: dict[int, Path] = {}

    def read(self) -> None:
        top = self.form.object((), self.document.value, "a state file", f"write {{{_EXAMPLE}}}")
        if not isinstance(self.document.value, dict):
            return
        self.form.unknown_keys((), top, "a state file", ("links",))
        if "links" not in top:
            self.form.missing((), "the state file", "links", _EXAMPLE)
            return
        for number, row in enumerate(self.form.list(("links",), top["links"], '"links"')):
            if isinstance(row, dict):
                self.row(("links", number), row)
            else:
                self.form.wrong(("links", number), "a link", 'an object such as {"from": "A", "to": "B"}', row)

    def row(self, path: Path, row: dict[str, Any]) -> None:
        declared = [declaration.name for declaration in self.topology.declarations]
        self.form.unknown_keys(path, row, "the state of a link", (*_KEYS, *declared))
        ends = [self.switch(path, row, key) for key in ("from", "to")]
        port = self.form.port((*path, "port"), row["port"]) if "port" in row else None
        values = self.values(path, row, declared)
        if ends[0] is None or ends[1] is None or ("port" in row and port is None):
            return
        ports = self.places.ports(ends[0], ends[1])
        chosen = [each for each in ports if port in (None, each.number)]
        if not chosen:
            span = self.document.span((*path, "port") if port is not None and ports else path)
            report(self.reporter, self.places.no_link(ends[0], ends[1], span, port))
        for each in chosen:
            index = 2 * each.link + (self.topology.links[each.link].a != ends[0])
            self.set(index, path, values, several=len(ports) > 1)

    def set(self, index: int, path: Path, values: dict[str, Any], *, several: bool) -> None:
        first = self.set_by.setdefault(index, path)
        old = self.states[index]
        link = self.topology.links[old.link]
        if first is not path:
            names = [self.topology.switches[each].label for each in (link.a, link.b)]
            source, target = names if old.forward else reversed(names)
            port = link.a_port if old.forward else link.b_port
            hint = f'there are parallel links: pick one with "port", such as {port}' if several else "remove one"
            label = f"the link from '{source}' to '{target}'"
            spans = {"first": self.document.span(first), "span": self.document.span(path)}
            report(self.reporter, SetTwice(link=label, hint=hint, **spans))
            return
        own = dict(old.attributes) | values["attributes"]
        self.states[index] = LinkState(
            link=old.link,
            forward=old.forward,
            util=values["util"],
            latency_ns=old.latency_ns if values["latency"] is None else values["latency"],
            up=values["up"],
            attributes=tuple(sorted(own.items())),
        )

    def switch(self, path: Path, row: dict[str, Any], key: str) -> int | None:
        if key not in row:
            self.form.missing(path, "the state of a link", key, f'"{key}": "A", the name of a switch')
            return None
        name = row[key]
        if not isinstance(name, str):
            self.form.wrong((*path, key), f'"{key}"', "the name of a switch", name)
            return None
        index = self.places.switch(name)
        if index is None:
            report(self.reporter, self.places.no_switch(name, self.document.span((*path, key))))
        return index

    # ------------------------------------------------------------------------------------------ values

    def values(self, path: Path, row: dict[str, Any], declared: list[str]) -> dict[str, Any]:
        latency = self.form.latency((*path, "latency"), row["latency"]) if "latency" in row else None
        up = row.get("up", True)
        if not isinstance(up, bool):
            self.form.wrong((*path, "up"), '"up"', "true or false", up)
            up = True
        attributes = {name: self.attribute((*path, name), name, row[name]) for name in declared if name in row}
        known = {name: value for name, value in attributes.items() if value is not None}
        return {"util": self.util(path, row), "latency": latency, "up": up, "attributes": known}

    def util(self, path: Path, row: dict[str, Any]) -> Fraction:
        raw = row.get("util", 0)
        value = _exact(raw)
        if value is not None and 0 <= value <= MAX_UTIL:
            return value
        limit = f"{float(MAX_UTIL):g}"
        span = self.document.span((*path, "util"))
        report(self.reporter, BadUtilisation(found=kind_of(raw), limit=limit, span=span))
        return Fraction(0)

    def attribute(self, path: Path, name: str, raw: Any) -> Fraction | None:
        combine = next(each.combine for each in self.topology.declarations if each.name == name)
        value = _exact(raw)
        least = 0 if combine == "sum" else -MAX_VALUE
        if value is not None and least <= value <= MAX_VALUE:
            return value
        expected = f"a number from {least} to 10^12" if least == 0 else "a number up to 10^12"
        span = self.document.span(path)
        report(self.reporter, BadAmount(what=f'"{name}"', expected=expected, found=kind_of(raw), span=span))
        return None


def _exact(raw: Any) -> Fraction | None:
    """The number as it was written, or None."""
    if isinstance(raw, float):
        return Fraction(repr(raw)) if isfinite(raw) else None
    return Fraction(raw) if type(raw) is int else None
