"""The `topology.json` of the p4lang tutorials -> RawTopology.

Links are lists: `["h1", "s1-p1"]`, `["s1-p3", "s3-p1", latency, bandwidth]`; `-pN` is a port number, a
latency without unit counts ms, a bandwidth Mbit/s. Keys of hosts and switches that concern only the
tutorials' own tools are passed over.
"""

from __future__ import annotations

import re
from fractions import Fraction
from math import isfinite
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import JsonDocument, Path
from contra.topology.errors import HostWiring
from contra.topology.hostfields import read_ip, read_mac
from contra.topology.jsonform import LATENCY_EXPECTED, Form, JsonPlaces
from contra.topology.raw import Key, RawHost, RawLink, RawSwitch, RawTopology
from contra.units import CAPACITY_RANGE, LATENCY_RANGE, format_capacity, format_latency

_PORT = re.compile(r"(.+)-p([0-9]{1,9})", re.DOTALL | re.ASCII)
_PLAIN_NUMBER = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?", re.ASCII)
_SWITCH_HINTS = frozenset(("runtime_json", "cli_input", "program", "cpu_port"))


def looks_like_tutorials(value: dict[str, Any]) -> bool:
    """Whether a JSON object with "switches" is in this form and not in our own."""
    links, switches, hosts = value.get("links"), value.get("switches"), value.get("hosts")
    if isinstance(links, list) and links:
        return isinstance(links[0], list)
    if isinstance(switches, dict) and any(isinstance(s, dict) and _SWITCH_HINTS & s.keys() for s in switches.values()):
        return True
    bodies = list(hosts.values()) if isinstance(hosts, dict) else []
    return bool(bodies) and all(isinstance(h, dict) and "ip" in h and "switch" not in h for h in bodies)


def read_tutorials(document: JsonDocument, name: str, reporter: Reporter) -> RawTopology:
    """Read a document; what is wrong with its form is reported, the rest is read on."""
    return _Reader(document, reporter).read(name)


class _Reader:
    def __init__(self, document: JsonDocument, reporter: Reporter) -> None:
        self.form = Form(document, reporter)
        self.document = document
        self.reporter = reporter
        self.raw = RawTopology(name="", drop_self_loops=True, places=JsonPlaces(document, self.path_of))
        self.hosts: dict[str, RawHost] = {}
        self.attached: dict[str, int] = {}
        self.host_end: dict[str, int] = {}
        self.miswired: set[str] = set()
        self.switches: set[str] = set()

    def path_of(self, kind: str, key: Key, part: str) -> tuple[Path, bool]:
        """A host's switch and port stand in its link."""
        if kind == "link":
            tails: dict[str, Path] = {"a": (0,), "b": (1,), "a_port": (0,), "b_port": (1,)}
            return ("links", key, *tails.get(part, ())), False
        if part in ("switch", "port") and str(key) in self.attached:
            return ("links", self.attached[str(key)], 1 - self.host_end[str(key)]), False
        top = "switches" if kind == "switch" else "hosts"
        return ((top, key, part), False) if part else ((top, key), True)

    def read(self, name: str) -> RawTopology:
        raw = self.raw
        top = self.document.value
        raw.name = name
        for key in ("switches", "hosts", "links"):
            if key not in top:
                self.form.missing((), "the topology", key, f'"{key}"')
        for label, body in self.form.object(("switches",), top.get("switches", {}), '"switches"').items():
            self.form.object(("switches", label), body, f"switch '{shown(label)}'")
            self.switches.add(label)
            if self.form.label(("switches", label), label, "a switch"):
                raw.switches.append(RawSwitch(label, label))
        for label, body in self.form.object(("hosts",), top.get("hosts", {}), '"hosts"').items():
            self.host(label, body)
        for i, item in enumerate(self.form.list(("links",), top.get("links", []), '"links"')):
            self.link(i, item)
        for label in self.hosts:
            if label in self.attached or label in self.miswired:
                continue
            span = self.document.span(("hosts", label), key=True)
            reason = f"host '{shown(label)}' has no link to a switch"
            report(self.reporter, HostWiring(reason=reason, span=span))
        raw.hosts = [host for label, host in self.hosts.items() if label in self.attached]
        return raw

    def host(self, label: str, value: Any) -> None:
        path: Path = ("hosts", label)
        fields = self.form.object(path, value, f"host '{shown(label)}'")
        if not self.form.label(path, label, "a host"):
            return
        host = RawHost(label=label, switch="", key=label)
        if "ip" in fields and (ip := read_ip(self.form, (*path, "ip"), fields["ip"])):
            host.ip, host.prefix_length = ip
        if "mac" in fields:
            host.mac = read_mac(self.form, (*path, "mac"), fields["mac"])
        commands = self.form.list((*path, "commands"), fields.get("commands", []), '"commands"')
        host.commands = tuple(
            self.form.text((*path, "commands", i), command, "a command") for i, command in enumerate(commands)
        )
        self.hosts[label] = host

    def link(self, i: int, value: Any) -> None:
        path: Path = ("links", i)
        good = isinstance(value, list) and 2 <= len(value) <= 4
        if not good or not all(isinstance(end, str) for end in value[:2]):
            expected = 'a list such as ["s1-p1", "s2-p1", "5ms", 10]: two ends, latency, Mbit/s'
            self.form.wrong(path, "a link", expected, value)
            return
        (a, a_port), (b, b_port) = (self.end((*path, j), value[j]) for j in (0, 1))
        latency = self.latency((*path, 2), value[2]) if len(value) > 2 else None
        capacity = self.bandwidth((*path, 3), value[3]) if len(value) > 3 else None
        if a not in self.hosts and b not in self.hosts:
            self.raw.links.append(RawLink(a, b, i, capacity, latency, a_port, b_port))
            return
        at = 0 if a in self.hosts else 1
        host, switch, port = (a, b, b_port) if at == 0 else (b, a, a_port)
        if host in self.attached or switch in self.hosts:
            self.wiring(i, host, switch)
            return
        self.attached[host] = i
        self.host_end[host] = at
        entry = self.hosts[host]
        entry.switch, entry.port, entry.capacity, entry.latency_ns = switch, port, capacity, latency

    def wiring(self, i: int, host: str, switch: str) -> None:
        """Report a host that is wired to another host, or twice."""
        span = self.document.span(("links", i))
        if switch in self.hosts:
            self.miswired |= {host, switch}
            reason = f"this link connects two hosts, '{shown(host)}' and '{shown(switch)}'"
            report(self.reporter, HostWiring(reason=reason, span=span))
            return
        reason = f"host '{shown(host)}' has more than one link"
        first = self.document.span(("links", self.attached[host]))
        report(self.reporter, HostWiring(reason=reason, first=first, span=span))

    def end(self, path: Path, text: str) -> tuple[str, int | None]:
        """("s1", 3) of "s1-p3"; a declared name that ends like that is taken whole."""
        match = _PORT.fullmatch(text)
        if match is None or text in self.switches or text in self.hosts:
            return text, None
        label, port = match.groups()
        return label, (None if label in self.hosts else self.form.port(path, int(port)))

    def latency(self, path: Path, value: Any) -> int | None:
        """ns: a number counts ms, a text has a unit ("0" alone is allowed, as there)."""
        if value is None or value == "0":
            return None if value is None else 0
        if isinstance(value, str):
            return self.form.latency(path, value)
        return self.scaled(path, value, 10**6, LATENCY_RANGE, "latency in ms", LATENCY_EXPECTED, format_latency)

    def bandwidth(self, path: Path, value: Any) -> int | None:
        """bit/s of Mbit/s."""
        if value is None:
            return None
        if isinstance(value, str):
            if not _PLAIN_NUMBER.fullmatch(value):
                return self.form.capacity(path, value)
            value = float(value)
        expected = "a number of Mbit/s"
        return self.scaled(path, value, 10**6, CAPACITY_RANGE, "bandwidth in Mbit/s", expected, format_capacity)

    def scaled(
        self,
        path: Path,
        value: Any,
        factor: int,
        limits: tuple[int, int],
        what: str,
        expected: str,
        show: Any,
    ) -> int | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.form.wrong(path, f"a {what}", expected, value)
            return None
        low, high = limits
        if isfinite(value) and low <= value * factor <= high:
            return round(Fraction(repr(value)) * factor)
        number = repr(value) if abs(value) < 10**18 else "this number"
        reason = f"a {what} of {number} is out of range: it must come to {show(low)} .. {show(high)}"
        self.form.bad_quantity(path, reason, expected)
        return None
