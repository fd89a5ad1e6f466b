"""What a running network of a build consists of, as data: made without root, looked at before anything is started.

Names of interfaces are NAME-ethN, as Mininet has them, with the switch's name cut where Linux allows no more than 15
characters. Everything else about a switch (device id, ports of its servers) follows from its number.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from contra.engine.build import Build
from contra.topology.model import Host, Link, Switch


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a build is deployed."""

    name: str = "contra"
    """Of the deployment: names of its files, and the prefix of what cannot be told apart otherwise."""
    isolated: bool = False
    """Switches in a network namespace of their own instead of the one of the caller."""
    scale: Fraction | None = None
    """Factor of all capacities; None: such that the fastest link has FASTEST_BITS."""
    grpc_base: int = 50051
    """Port of the P4Runtime server of switch 0; the others follow."""
    thrift_base: int = 9090
    thrift: bool = True
    """Whether state may be read over Thrift; else by query packets only."""
    tls: Path | None = None
    """Folder with ca.crt, server.crt, server.key (and client.crt, client.key where clients must show one)."""
    log_level: str = "off"
    """Of the switches: off, error, warn, info, debug or trace. Logs cost most of the throughput."""


FASTEST_BITS = 20_000_000
"""bit/s of the fastest link unless a scale is given: what a few software switches on a small machine carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchPlan:
    """One switch process."""

    switch: Switch
    program: str
    """Name of the program in the manifest."""
    json: Path
    p4info: Path
    device_id: int
    grpc_port: int
    thrift_port: int
    interfaces: tuple[tuple[int, str], ...]
    """(port, interface), by port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPlan:
    """A link between two switches: its two interfaces, both in the namespace of the switches."""

    link: Link
    interfaces: tuple[str, str]
    """At a and at b."""
    capacity: int
    """bit/s, scaled."""
    mtu: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """A host in a network namespace of its own."""

    host: Host
    interface: str
    """In the host's namespace."""
    switch_interface: str
    capacity: int
    mtu: int


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """All of it. `switches` are in the order of the topology, `links` and `hosts` too."""

    build: Build
    settings: Settings
    scale: Fraction
    switches: tuple[SwitchPlan, ...]
    links: tuple[LinkPlan, ...]
    hosts: tuple[HostPlan, ...]
