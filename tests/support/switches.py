"""A topology of named switches in a ring, made by hand: enough for names to resolve."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from contra.source import SourceFile
from contra.topology.model import Declaration, Link, Switch, Topology

LETTERS = ("A", "B", "C", "D", "E", "F", "F1", "F2", "S", "W", "X", "Y")


def ring(labels: Iterable[str] = LETTERS, declarations: Iterable[Declaration] = ()) -> Topology:
    """Switches `s<i>` in a ring, labelled as given, each with a span in a topology file that lists the labels."""
    names = list(labels)
    file = SourceFile("topo.json", "\n".join(names))
    offsets = [sum(len(name) + 1 for name in names[:i]) for i in range(len(names))]
    switches = tuple(
        Switch(
            index=i,
            name=f"s{i}",
            label=name,
            address=IPv4Address(0x0A000001 + (i << 8)),
            prefix_length=24,
            span=file.span(offsets[i], offsets[i] + len(name)),
        )
        for i, name in enumerate(names)
    )
    links = tuple(
        Link(index=i, a=i, a_port=1, b=(i + 1) % len(names), b_port=2, capacity=10**10, latency_ns=1000)
        for i in range(len(names))
    )
    return Topology(name="ring", switches=switches, hosts=(), links=links, declarations=tuple(declarations))
