"""Topology -> Contra's JSON, canonical: one line per switch, host and link; loads back to an equal topology.

What the loader would give out by itself (ports, addresses) is left out, so that the file stays editable.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from contra.topology.addressing import assign_ports, mac_of
from contra.topology.model import Host, Link, Topology
from contra.units import format_capacity, format_latency


def to_json(topology: Topology, *, schema: str = "") -> str:
    """The text of a file; `schema` is what "$schema" names, if anything (a path or address for editors)."""
    parts: list[tuple[str, str]] = []
    if schema:
        parts.append(("$schema", _json(schema)))
    parts.append(("name", _json(topology.name)))
    if topology.declarations:
        declared = {
            d.name: {"combine": d.combine} | ({"unit": d.unit} if d.unit else {}) for d in topology.declarations
        }
        parts.append(("attributes", _block("{", (f"{_json(k)}: {_json(v)}" for k, v in declared.items()), "}")))
    ports = not _ports_are_automatic(topology)
    switches = (f"{_json(s.label)}: {_json({'role': s.role} if s.role else {})}" for s in topology.switches)
    hosts = (f"{_json(h.label)}: {_json(_host(topology, h, ports))}" for h in topology.hosts)
    links = (_json(_link(topology, link, ports)) for link in topology.links)
    parts.append(("switches", _block("{", switches, "}")))
    parts.append(("hosts", _block("{", hosts, "}")))
    parts.append(("links", _block("[", links, "]")))
    return "{\n" + ",\n".join(f"  {_json(key)}: {text}" for key, text in parts) + "\n}\n"


def _host(topology: Topology, host: Host, ports: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {"switch": topology.switches[host.switch].label}
    if host.explicit:
        fields["ip"] = f"{host.ip}/{host.prefix_length}"
    if host.mac != mac_of(int(host.ip)):
        fields["mac"] = host.mac
    if ports:
        fields["port"] = host.port
    fields["capacity"] = format_capacity(host.capacity)
    fields["latency"] = format_latency(host.latency_ns)
    if host.commands:
        fields["commands"] = list(host.commands)
    return fields


def _link(topology: Topology, link: Link, ports: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "ends": [topology.switches[link.a].label, topology.switches[link.b].label],
        "capacity": format_capacity(link.capacity),
        "latency": format_latency(link.latency_ns),
    }
    if ports:
        fields["ports"] = [link.a_port, link.b_port]
    fields.update((name, _number(value)) for name, value in link.attributes)
    return fields


def _ports_are_automatic(topology: Topology) -> bool:
    """Whether a file without port numbers would get the same ones."""

    def ends() -> Iterable[tuple[int, int]]:
        for link in topology.links:
            yield link.a, link.a_port
            yield link.b, link.b_port
        for host in topology.hosts:
            yield host.switch, host.port

    automatic = assign_ports([set() for _ in topology.switches], ((switch, None) for switch, _ in ends()))
    return automatic == [port for _, port in ends()]


def _number(value: Fraction) -> int | float:
    """An attribute's value; the reader allows at most 9 decimals, which a float's shortest text keeps."""
    return value.numerator if value.denominator == 1 else float(value)


def _block(opening: str, lines: Iterable[str], closing: str) -> str:
    body = ",\n".join(f"    {line}" for line in lines)
    return f"{opening}\n{body}\n  {closing}" if body else opening + closing


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
