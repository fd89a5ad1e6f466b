"""The network: switches, hosts, links and ports, frozen and deterministic.

Identifiers are dense: a switch's `index` counts from 0 in file order and is also its destination id on the
wire. Ports count from 1 per switch; parallel links are separate ports.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from ipaddress import IPv4Address

from contra.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A switch. `name` is legal in P4, in file names and Linux interfaces; `label` is what the user wrote.

    Policies name switches by label; where the two differ, the name works too.
    """

    index: int
    name: str
    label: str
    role: str = ""
    address: IPv4Address
    """The switch's own address, inside its prefix."""
    prefix_length: int
    """Length of the prefix that holds the switch and its automatically addressed hosts."""
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A host and where it is attached. `explicit` says that the file gave the address."""

    index: int
    name: str
    label: str
    switch: int
    port: int
    ip: IPv4Address
    prefix_length: int
    mac: str
    explicit: bool = False
    capacity: int
    """Of the access link, bit/s."""
    latency_ns: int
    commands: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An undirected link between two switches (by index), with the port number at each end."""

    index: int
    a: int
    a_port: int
    b: int
    b_port: int
    capacity: int
    """bit/s"""
    latency_ns: int
    attributes: tuple[tuple[str, Fraction], ...] = ()
    """Values of the declared attributes, ordered by name; every link has every declared attribute."""
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A link attribute declared by the topology file: `combine` is "sum", "max" or "min"."""

    name: str
    combine: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Port:
    """One direction of a link, seen from a switch: data leaves by `number` towards `peer`."""

    number: int
    peer: int
    peer_port: int
    link: int


@dataclass(frozen=True, kw_only=True)
class Topology:
    """A connected network without self-loops."""

    name: str
    switches: tuple[Switch, ...]
    hosts: tuple[Host, ...]
    links: tuple[Link, ...]
    declarations: tuple[Declaration, ...] = ()
    host_bits: int = 8
    """Low bits of an address that number hosts within a switch.

    address = 10.0.0.0 + (switch index << host_bits) + host
    """
    cpu_port: int = 510

    @cached_property
    def destinations(self) -> tuple[int, ...]:
        """Indices of the switches that are destinations: those with a host, or all where there is no host."""
        if not self.hosts:
            return tuple(range(len(self.switches)))
        return tuple(sorted({host.switch for host in self.hosts}))

    @cached_property
    def ports(self) -> tuple[tuple[Port, ...], ...]:
        """Per switch, its ports towards other switches, by port number."""
        ports: list[list[Port]] = [[] for _ in self.switches]
        for link in self.links:
            ports[link.a].append(Port(link.a_port, link.b, link.b_port, link.index))
            ports[link.b].append(Port(link.b_port, link.a, link.a_port, link.index))
        return tuple(tuple(sorted(row, key=lambda port: port.number)) for row in ports)

    @cached_property
    def hosts_of(self) -> tuple[tuple[Host, ...], ...]:
        """Per switch, its hosts, by port number."""
        hosts: list[list[Host]] = [[] for _ in self.switches]
        for host in self.hosts:
            hosts[host.switch].append(host)
        return tuple(tuple(sorted(row, key=lambda host: host.port)) for row in hosts)

    @cached_property
    def by_name(self) -> dict[str, int]:
        """Switch index by label and by name; a label wins over another switch's name."""
        table = {switch.name: switch.index for switch in self.switches}
        table.update((switch.label, switch.index) for switch in self.switches)
        return table
