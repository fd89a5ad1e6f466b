"""What a running network of a build consists of, as data: made without root, looked at before anything is started.

Names of interfaces are NAME-ethN, as Mininet has them, with the switch's name cut where Linux allows no more than 15
characters. Everything else about a switch (device id, ports of its servers) follows from its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from pathlib import Path

from contra.deploy.network.errors import (
    BadDeploymentName,
    BadLogLevel,
    BadScale,
    PortRange,
    PortsOverlap,
    TooFast,
    TooSlow,
)
from contra.diagnostics import Reporter, shown
from contra.engine.build import Build
from contra.suggest import did_you_mean
from contra.topology.model import Host, Link, Switch, Topology


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
    probe_key: Path | None = None
    """File with the key of programs that authenticate probes: 16 hex digits; None: one at random."""
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


HOST_MTU = 1500
LINK_MTU = 1536
"""Of links between switches: the largest frame of a host and the shim, which has less than 36 bytes."""

SLOWEST_BITS = 8_000
"""bit/s of the slowest link, scaled: below, the probes of a few destinations fill it."""

MOST_BITS = 1_000_000_000
"""bit/s that a software switch does not reach."""

LOG_LEVELS = ("off", "error", "warn", "info", "debug", "trace")

_INTERFACE_LENGTH = 15
_LARGEST_PORT = 65535
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.]")
_DEPLOYMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}", re.ASCII)


def make_plan(build: Build, settings: Settings, reporter: Reporter) -> Plan:
    """The network of a build. Raises CompileError (CTR1201 to CTR1207) with all that is wrong with the settings."""
    topology = build.topology
    scale = chosen_scale(topology, settings.scale)
    _check(topology, settings, scale, reporter)
    reporter.check()
    names = interface_names(topology)
    switches = tuple(_switch_plan(build, settings, index, names) for index in range(len(topology.switches)))
    links = tuple(
        LinkPlan(
            link=link,
            interfaces=(names[link.a, link.a_port], names[link.b, link.b_port]),
            capacity=scaled(link.capacity, scale),
            mtu=LINK_MTU,
        )
        for link in topology.links
    )
    own = _host_interfaces(topology.hosts)
    hosts = tuple(
        HostPlan(
            host=host,
            interface=own[host.index],
            switch_interface=names[host.switch, host.port],
            capacity=scaled(host.capacity, scale),
            mtu=HOST_MTU,
        )
        for host in topology.hosts
    )
    return Plan(build=build, settings=settings, scale=scale, switches=switches, links=links, hosts=hosts)


def scaled(capacity: int, scale: Fraction) -> int:
    """A capacity in bit/s, scaled; whole bits, rounded down."""
    return int(capacity * scale)


def chosen_scale(topology: Topology, wanted: Fraction | None) -> Fraction:
    """The factor of all capacities: as wanted, else such that the fastest link has no more than FASTEST_BITS."""
    if wanted is not None:
        return wanted
    fastest = max((each.capacity for each in topology.links or topology.hosts), default=FASTEST_BITS)
    return min(Fraction(1), Fraction(FASTEST_BITS, fastest))


def interface_names(topology: Topology) -> dict[tuple[int, int], str]:
    """The interface of each port in use, by (switch, port): legal, unique, the same for the same network."""
    wanted = {(index, port): topology.switches[index].name for index, port in _ports(topology)}
    return _named(wanted)


def _ports(topology: Topology) -> Iterator[tuple[int, int]]:
    for switch in topology.switches:
        links = [port.number for port in topology.ports[switch.index]]
        hosts = [host.port for host in topology.hosts_of[switch.index]]
        yield from ((switch.index, port) for port in sorted(links + hosts))


def _host_interfaces(hosts: Iterable[Host]) -> dict[int, str]:
    """The interface of each host, in a namespace where it is the only one."""
    return {host.index: _cut(host.name, "-eth0") for host in hosts}


def _named(wanted: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """A name for each port. Those that need no cut come first, so that a cut never takes one's name away."""
    whole = {place: f"{name}-eth{place[1]}" for place, name in wanted.items()}
    result: dict[tuple[int, int], str] = {}
    taken: set[str] = set()
    for place, text in whole.items():
        if len(text) <= _INTERFACE_LENGTH and not _ILLEGAL.search(wanted[place]) and text not in taken:
            result[place] = text
            taken.add(text)
    for place, name in wanted.items():
        if place not in result:
            result[place] = _free(name, f"-eth{place[1]}", taken)
            taken.add(result[place])
    return {place: result[place] for place in wanted}


def _free(name: str, ending: str, taken: set[str]) -> str:
    tries = (_cut(name, f"{number or ''}{ending}") for number in count())
    return next(text for text in tries if text not in taken)


def _cut(name: str, ending: str) -> str:
    return _ILLEGAL.sub("_", name)[: _INTERFACE_LENGTH - len(ending)] + ending


def _switch_plan(build: Build, settings: Settings, index: int, names: dict[tuple[int, int], str]) -> SwitchPlan:
    row = build.switches[index].program.row
    program = build.folder / row.file
    return SwitchPlan(
        switch=build.topology.switches[index],
        program=row.name,
        json=program.with_suffix(".json"),
        p4info=program.with_suffix(".p4info.txtpb"),
        device_id=1 + index,
        grpc_port=settings.grpc_base + index,
        thrift_port=settings.thrift_base + index,
        interfaces=tuple((port, name) for (switch, port), name in names.items() if switch == index),
    )


# ------------------------------------------------------------------------------------------------- what is refused


def _check(topology: Topology, settings: Settings, scale: Fraction, reporter: Reporter) -> None:
    if not _DEPLOYMENT.fullmatch(settings.name):
        reporter.report(BadDeploymentName(name=shown(settings.name)))
    if settings.log_level not in LOG_LEVELS:
        near = did_you_mean(settings.log_level, LOG_LEVELS)
        reporter.report(BadLogLevel(level=shown(settings.log_level), near=near, known=", ".join(LOG_LEVELS)))
    _check_ports(len(topology.switches), settings, reporter)
    if scale <= 0:
        reporter.report(BadScale(scale=str(scale)))
    else:
        _check_capacities(topology, scale, reporter)


def _check_ports(switches: int, settings: Settings, reporter: Reporter) -> None:
    ranges = {"P4Runtime": settings.grpc_base, "Thrift": settings.thrift_base}
    for server, first in ranges.items():
        last = first + switches - 1
        if first < 1 or last > _LARGEST_PORT:
            reporter.report(PortRange(server=server, switches=switches, first=first, last=last))
    if abs(settings.grpc_base - settings.thrift_base) < switches:
        reporter.report(
            PortsOverlap(grpc=settings.grpc_base, thrift=settings.thrift_base, switches=switches),
        )


def _check_capacities(topology: Topology, scale: Fraction, reporter: Reporter) -> None:
    rows = [(_link_name(topology, link), link.capacity) for link in topology.links]
    rows += [(f"the link of host '{shown(host.label)}'", host.capacity) for host in topology.hosts]
    if not rows:
        return
    name, capacity = min(rows, key=lambda row: row[1])
    if scaled(capacity, scale) < SLOWEST_BITS:
        found = scaled(capacity, scale)
        needed = Fraction(SLOWEST_BITS, capacity)
        reporter.report(TooSlow(name=name, found=found, least=SLOWEST_BITS, needed=_ratio(needed)))
    name, capacity = max(rows, key=lambda row: row[1])
    if scaled(capacity, scale) > MOST_BITS:
        reporter.report(TooFast(name=name, found=scaled(capacity, scale)))


def _ratio(factor: Fraction) -> str:
    """A factor that is easy to type and not below the given one."""
    return str(-(-factor // 1)) if factor >= 1 else f"1/{factor.denominator // factor.numerator}"


def _link_name(topology: Topology, link: Link) -> str:
    a, b = (shown(topology.switches[index].label) for index in (link.a, link.b))
    return f"'{a}:{link.a_port}-{b}:{link.b_port}'"
