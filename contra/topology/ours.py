"""Contra's own JSON -> RawTopology. The published schema (`topologies/contra-topology.schema.json`) says
the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from math import isfinite
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import JsonDocument, Path, kind_of
from contra.topology.errors import BadAttribute, BadDeclaration, MissingAttribute, counted
from contra.topology.hostfields import read_ip, read_mac
from contra.topology.jsonform import Form, JsonPlaces
from contra.topology.model import Declaration
from contra.topology.raw import Key, RawHost, RawLink, RawSwitch, RawTopology

TOP_KEYS = ("$schema", "name", "switches", "hosts", "links", "attributes")
SWITCH_KEYS = ("role",)
HOST_KEYS = ("switch", "ip", "mac", "port", "capacity", "latency", "commands")
LINK_KEYS = ("ends", "capacity", "latency", "ports")
DECLARATION_KEYS = ("combine", "unit", "default")
COMBINES = ("sum", "max", "min")
RESERVED = frozenset((*LINK_KEYS, "util", "lat", "len", "length", "utilization", "utilisation"))
"""Names that no declared attribute may have: keys of a link, and the metrics every path has."""

MAX_VALUE = 10**12
MAX_DECIMALS = 9
_ATTRIBUTE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_VALUE_EXPECTED = f"a number up to 10^12 with at most {MAX_DECIMALS} decimals"
_ENDS_EXPECTED = 'a list of two switch names such as ["A", "B"]'


def read_ours(document: JsonDocument, name: str, reporter: Reporter) -> RawTopology:
    """Read a document; what is wrong with its form is reported, the rest is read on."""
    return _Reader(document, reporter).read(name)


def _path_of(kind: str, key: Key, part: str) -> tuple[Path, bool]:
    if kind != "link":
        top = "switches" if kind == "switch" else "hosts"
        return ((top, key, part), False) if part else ((top, key), True)
    tails: dict[str, Path] = {
        "a": ("ends", 0),
        "b": ("ends", 1),
        "a_port": ("ports", 0),
        "b_port": ("ports", 1),
    }
    return ("links", key, *tails.get(part, ())), False


class _Reader:
    def __init__(self, document: JsonDocument, reporter: Reporter) -> None:
        self.document = document
        self.reporter = reporter
        self.form = Form(document, reporter)
        self.defaults: dict[str, Fraction | None] = {}
        self.combine: dict[str, str] = {}
        self.lacking: dict[str, list[int]] = {}

    def read(self, name: str) -> RawTopology:
        top = self.document.value
        self.form.unknown_keys((), top, "a topology", TOP_KEYS)
        for key in ("$schema", "name"):
            if key in top:
                text = self.form.text((key,), top[key], f'"{key}"')
                name = text if key == "name" and text else name
        raw = RawTopology(name=name, drop_self_loops=False, places=JsonPlaces(self.document, _path_of))
        raw.declarations = self.declarations(top.get("attributes", {}))
        if "switches" in top:
            raw.switches = self.switches(top["switches"])
        else:
            self.form.missing((), "the topology", "switches", '"switches": {"A": {}, "B": {}}')
        raw.hosts = self.hosts(top.get("hosts", {}))
        raw.links = self.links(top.get("links", []))
        return raw

    def switches(self, value: Any) -> list[RawSwitch]:
        result = []
        for label, body in self.form.object(("switches",), value, '"switches"', _NAMES_AS_KEYS).items():
            path = ("switches", label)
            self.form.label(path, label, "a switch")
            fields = self.form.object(path, body, f"switch '{shown(label)}'", 'write {} for "nothing to say"')
            self.form.unknown_keys(path, fields, "a switch", SWITCH_KEYS)
            role = self.form.text((*path, "role"), fields.get("role", ""), "a role")
            result.append(RawSwitch(label, label, role))  # of a bad name too: links to it are no further error
        return result

    def hosts(self, value: Any) -> list[RawHost]:
        result = []
        for label, body in self.form.object(("hosts",), value, '"hosts"', _NAMES_AS_KEYS).items():
            path = ("hosts", label)
            self.form.label(path, label, "a host")
            fields = self.form.object(path, body, f"host '{shown(label)}'")
            self.form.unknown_keys(path, fields, "a host", HOST_KEYS)
            if fields is body and "switch" not in fields:
                where = f"host '{shown(label)}'"
                self.form.missing(path, where, "switch", '"switch": "A", the switch it is attached to')
            switch = fields.get("switch")
            if isinstance(switch, str):
                result.append(self.host(path, label, switch, fields))
            elif "switch" in fields:
                self.form.wrong((*path, "switch"), '"switch"', "the name of a switch", switch)
        return result

    def host(self, path: Path, label: str, switch: str, fields: dict[str, Any]) -> RawHost:
        def read(key: str, reader: Callable[[Path, Any], Any]) -> Any:
            return reader((*path, key), fields[key]) if key in fields else None

        ip = read("ip", lambda where, value: read_ip(self.form, where, value))
        return RawHost(
            label=label,
            switch=switch,
            key=label,
            port=read("port", self.form.port),
            ip=ip[0] if ip else None,
            prefix_length=ip[1] if ip else None,
            mac=read("mac", lambda where, value: read_mac(self.form, where, value)),
            capacity=read("capacity", self.form.capacity),
            latency_ns=read("latency", self.form.latency),
            commands=read("commands", self.commands) or (),
        )

    def commands(self, path: Path, value: Any) -> tuple[str, ...]:
        items = self.form.list(path, value, '"commands"')
        return tuple(self.form.text((*path, i), item, "a command") for i, item in enumerate(items))

    def links(self, value: Any) -> list[RawLink]:
        items = self.form.list(("links",), value, '"links"')
        result = [link for i, item in enumerate(items) if (link := self.link(i, item)) is not None]
        for name, indices in self.lacking.items():
            number = f"{counted(len(indices), 'link')} {'has' if len(indices) == 1 else 'have'}"
            span = self.document.span(("links", indices[0]))
            declared = self.document.span(("attributes", name), key=True)
            report(self.reporter, MissingAttribute(name=name, number=number, declared=declared, span=span))
        return result

    def link(self, i: int, value: Any) -> RawLink | None:
        if not isinstance(value, dict):
            self.form.wrong(("links", i), "a link", 'an object such as {"ends": ["A", "B"]}', value)
            return None
        link = RawLink("", "", i)
        extra = len(value) - 1
        if "capacity" in value:
            extra -= 1
            link.capacity = self.form.capacity(("links", i, "capacity"), value["capacity"])
        if "latency" in value:
            extra -= 1
            link.latency_ns = self.form.latency(("links", i, "latency"), value["latency"])
        if "ports" in value:
            extra -= 1
            link.a_port, link.b_port = self.ports(("links", i, "ports"), value["ports"])
        if extra or self.combine:
            self.attributes(i, value, link)
        ends = value.get("ends")
        if type(ends) is list and len(ends) == 2 and isinstance(ends[0], str) and isinstance(ends[1], str):
            link.a, link.b = ends
            return link
        if "ends" in value:
            self.form.wrong(("links", i, "ends"), '"ends"', _ENDS_EXPECTED, ends)
        else:
            self.form.missing(("links", i), "the link", "ends", '"ends": ["A", "B"]')
        return None

    def ports(self, path: Path, value: Any) -> tuple[int | None, int | None]:
        if not isinstance(value, list) or len(value) != 2:
            self.form.wrong(path, '"ports"', "a list of two port numbers such as [1, 2]", value)
            return None, None
        return self.form.port((*path, 0), value[0]), self.form.port((*path, 1), value[1])

    def attributes(self, i: int, value: dict[str, Any], link: RawLink) -> None:
        known = (*LINK_KEYS, *self.combine)
        self.form.unknown_keys(("links", i), value, "a link", known, _DECLARE)
        result = []
        for name, combine in sorted(self.combine.items()):
            number = self.defaults[name]
            if name in value:
                number = self.number(("links", i, name), name, combine, value[name])
            elif number is None:
                self.lacking.setdefault(name, []).append(i)
            result.append((name, number))
        link.attributes = tuple(result)

    def number(self, path: Path, name: str, combine: str, value: Any) -> Fraction | None:
        """The exact value of an attribute, else None and a message."""
        reason = ""
        result = None
        if isinstance(value, bool) or not isinstance(value, int | float):
            reason = f"it is {kind_of(value)}"
        elif not isfinite(value) or abs(value) > MAX_VALUE:
            reason = f"{kind_of(value)} is too large"
        else:
            result = Fraction(repr(value))
            if 10**MAX_DECIMALS % result.denominator:
                reason = f"{kind_of(value)} has too many decimals"
            elif result < 0 and combine == "sum":
                reason = "it is negative, so that longer paths would be cheaper without end"
        if reason:
            expected = _VALUE_EXPECTED if combine != "sum" else _VALUE_EXPECTED + ", not negative"
            span = self.document.span(path)
            report(self.reporter, BadAttribute(name=name, reason=reason, expected=expected, span=span))
        return result

    def declarations(self, value: Any) -> tuple[Declaration, ...]:
        result = []
        for name, body in self.form.object(("attributes",), value, '"attributes"').items():
            path = ("attributes", name)
            if fault := _name_fault(name):
                span = self.document.span(path, key=True)
                expected = "a name of letters, digits and _ that is not taken"
                report(
                    self.reporter,
                    BadDeclaration(name=shown(name), reason=fault, expected=expected, span=span),
                )
                continue
            fields = self.form.object(path, body, f"the declaration of '{name}'")
            if fields is body:
                result.append(self.declaration(path, name, fields))
        return tuple(sorted(result, key=lambda declaration: declaration.name))

    def declaration(self, path: Path, name: str, fields: dict[str, Any]) -> Declaration:
        self.form.unknown_keys(path, fields, "the declaration of an attribute", DECLARATION_KEYS)
        combine = fields.get("combine")
        if "combine" not in fields:
            self.form.missing(path, f"the declaration of '{name}'", "combine", '"combine": "sum", or "max", or "min"')
        elif combine not in COMBINES:
            span = self.document.span((*path, "combine"))
            reason = f'"combine" is {kind_of(combine)}'
            expected = '"sum", "max" or "min"'
            report(self.reporter, BadDeclaration(name=name, reason=reason, expected=expected, span=span))
        combine = combine if combine in COMBINES else "max"
        unit = self.form.text((*path, "unit"), fields.get("unit", ""), '"unit"')
        default = fields.get("default")
        self.combine[name] = combine
        self.defaults[name] = self.number((*path, "default"), name, combine, default) if "default" in fields else None
        return Declaration(name, combine, unit)


_NAMES_AS_KEYS = 'names are keys: {"A": {}, "B": {}}'
_DECLARE = 'a link attribute of your own is declared first: "attributes": {"cost": {"combine": "sum"}}'


def _name_fault(name: str) -> str:
    if name in RESERVED:
        return "the name means something else already"
    if not _ATTRIBUTE.fullmatch(name) or len(name) > 40:
        return "this is no name that a policy could use"
    return ""
