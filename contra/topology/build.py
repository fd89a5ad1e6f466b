"""RawTopology -> Topology: names resolved, ports and addresses given out, everything checked.

Assumes nothing about the raw values but their types. All that is wrong is reported; what depends on a sound
network (connectedness, numbering) is looked at only when the rest is right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv4Address

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import Duplicate
from contra.source import Span
from contra.suggest import nearest
from contra.topology import addressing
from contra.topology.connect import components
from contra.topology.errors import (
    AddressSpace,
    Assumed,
    Disconnected,
    DuplicateAddress,
    DuplicatePort,
    HostWiring,
    NoSwitches,
    SelfLoop,
    SelfLoopDropped,
    SwitchAndHost,
    TooManyParts,
    TooManyPorts,
    UnknownSwitch,
    abbreviated,
    counted,
)
from contra.topology.model import Host, Link, Switch, Topology
from contra.topology.names import MAX_NAME, assign_names, longest_name
from contra.topology.raw import Defaults, RawHost, RawLink, RawTopology
from contra.units import format_capacity, format_latency

DEFAULT_CAPACITY = 10 * 10**9
"""bit/s of a link where neither file nor option says one."""

DEFAULT_LATENCY_NS = 10_000
"""ns of a link where neither file nor option says one."""

_MAX_PARTS = 5
_MAX_SUGGESTIONS = 20  # as many as are shown; looking for near names takes time in large networks


def build(raw: RawTopology, reporter: Reporter, *, defaults: Defaults) -> Topology:
    """The network a file describes; CompileError where it describes none."""
    return _Build(raw, reporter, defaults).run()


class _Build:
    def __init__(self, raw: RawTopology, reporter: Reporter, defaults: Defaults) -> None:
        self.raw = raw
        self.reporter = reporter
        self.defaults = defaults
        self.index: dict[str, int] = {}
        self.host_index: dict[str, int] = {}
        self.links: list[tuple[RawLink, int, int]] = []
        self.hosts: list[tuple[RawHost, int]] = []
        self.suggestions = 0

    def run(self) -> Topology:
        self.check_size()
        self.declare()
        self.resolve_hosts()
        self.resolve_links()
        self.check_ports()
        self.check_addresses()
        self.reporter.check()
        self.check_connected()
        host_bits = self.host_bits()
        self.reporter.check()
        return self.assemble(host_bits)

    def span(self, kind: str, key: str | int, part: str = "") -> Span | None:
        return self.raw.places.span(kind, key, part)

    def check_size(self) -> None:
        """Give up at once on what is far too large."""
        switches, links = len(self.raw.switches), len(self.raw.links)
        limits = ("switches", switches, addressing.MAX_SWITCHES), ("links", links, addressing.MAX_LINKS)
        for what, number, limit in limits:
            if number > limit:
                report(self.reporter, TooManyParts(what=what, number=number, limit=limit))
                self.reporter.check()

    # ------------------------------------------------------------ names

    def declare(self) -> None:
        """Fill the index of names; each name once."""
        raw = self.raw
        if not raw.switches and not self.reporter.has_errors:
            report(self.reporter, NoSwitches(note=raw.note, span=raw.places.nothing()))
        first: dict[str, str | int] = {}
        for i, switch in enumerate(raw.switches):
            if self.index.setdefault(switch.label, i) != i:
                spans = self.span("switch", switch.key), self.span("switch", first[switch.label])
                name = shown(switch.label)
                report(self.reporter, Duplicate(what="switch", name=name, span=spans[0], first=spans[1]))
            first.setdefault(switch.label, switch.key)
        hosts: dict[str, str | int] = {}
        for host in raw.hosts:
            name = shown(host.label)
            span = self.span("host", host.key) if host.label in hosts or host.label in self.index else None
            if host.label in hosts:
                before = self.span("host", hosts[host.label])
                report(self.reporter, Duplicate(what="host", name=name, span=span, first=before))
            elif host.label in self.index:
                before = self.span("switch", first[host.label])
                report(self.reporter, SwitchAndHost(name=name, span=span, first=before))
            hosts.setdefault(host.label, host.key)
        self.host_index = {host.label: i for i, host in enumerate(raw.hosts)}

    def resolve_hosts(self) -> None:
        for host in self.raw.hosts:
            switch = self.index.get(host.switch)
            if switch is None:
                what = f"host '{shown(host.label)}'"
                self.unknown_switch(what, host.switch, self.span("host", host.key, "switch"))
            else:
                self.hosts.append((host, switch))

    def resolve_links(self) -> None:
        loops = []
        for link in self.raw.links:
            a, b = self.index.get(link.a), self.index.get(link.b)
            if a is None:
                self.unknown_switch("a link", link.a, self.span("link", link.key, "a"))
            if b is None:
                self.unknown_switch("a link", link.b, self.span("link", link.key, "b"))
            if a is None or b is None:
                continue
            if a != b:
                self.links.append((link, a, b))
            elif self.raw.drop_self_loops:
                loops.append(link)
            else:
                span = self.span("link", link.key, "b")
                report(self.reporter, SelfLoop(name=shown(link.a), span=span))
        if loops:
            names = abbreviated(list(dict.fromkeys(link.a for link in loops)))
            number = counted(len(loops), "link")
            span = self.span("link", loops[0].key)
            report(self.reporter, SelfLoopDropped(name=shown(loops[0].a), number=number, names=names, span=span))

    def unknown_switch(self, what: str, name: str, span: Span | None) -> None:
        if name in self.host_index:
            reason = f"{what} names the host '{shown(name)}' where a switch is expected"
            first = self.span("host", self.raw.hosts[self.host_index[name]].key)
            report(self.reporter, HostWiring(reason=reason, first=first, span=span))
            return
        self.suggestions += 1
        near = nearest(name, self.index) if self.suggestions <= _MAX_SUGGESTIONS else None
        near_span = self.span("switch", self.raw.switches[self.index[near]].key) if near else None
        text = f"did you mean '{near}'?" if near else ""
        report(
            self.reporter,
            UnknownSwitch(what=what, name=shown(name), near=text, near_span=near_span, span=span),
        )

    # ------------------------------------------------------------ network

    def check_connected(self) -> None:
        parts = components(len(self.raw.switches), ((a, b) for _, a, b in self.links))
        if len(parts) < 2:
            return
        labels = [[self.raw.switches[i].label for i in part] for part in parts]
        described = [f"{abbreviated(part)} ({counted(len(part), 'switch')})" for part in labels[:_MAX_PARTS]]
        if len(parts) > _MAX_PARTS:
            described[-1] += f"; and {len(parts) - _MAX_PARTS:,} more parts"
        anchor, other = self.raw.switches[parts[0][0]], self.raw.switches[parts[1][0]]
        report(
            self.reporter,
            Disconnected(
                number=len(parts),
                anchor=shown(anchor.label),
                parts=tuple(described),
                anchor_span=self.span("switch", anchor.key),
                span=self.span("switch", other.key),
            ),
        )

    # ------------------------------------------------------------ ports

    def check_ports(self) -> None:
        degree = Counter(switch for _, a, b in self.links for switch in (a, b))
        degree.update(switch for _, switch in self.hosts)
        for switch, needed in degree.items():
            if needed > addressing.MAX_PORT:
                raw = self.raw.switches[switch]
                span = self.span("switch", raw.key)
                limit = addressing.MAX_PORT
                report(
                    self.reporter,
                    TooManyPorts(switch=shown(raw.label), needed=needed, limit=limit, span=span),
                )
        self.explicit_ports: list[set[int]] = [set() for _ in self.raw.switches]
        first: dict[tuple[int, int], tuple[str, str | int, str]] = {}
        for switch, port, place in self.explicit_ends():
            if (switch, port) in first:
                label = shown(self.raw.switches[switch].label)
                spans = self.span(*place), self.span(*first[switch, port])
                report(self.reporter, DuplicatePort(port=port, switch=label, span=spans[0], first=spans[1]))
            first.setdefault((switch, port), place)
            self.explicit_ports[switch].add(port)

    def explicit_ends(self) -> Iterable[tuple[int, int, tuple[str, str | int, str]]]:
        for link, a, b in self.links:
            if link.a_port is not None:
                yield a, link.a_port, ("link", link.key, "a_port")
            if link.b_port is not None:
                yield b, link.b_port, ("link", link.key, "b_port")
        for host, switch in self.hosts:
            if host.port is not None:
                yield switch, host.port, ("host", host.key, "port")

    def ports(self) -> list[int]:
        """Port numbers: both ends of each link, then of each host."""

        def ends() -> Iterable[tuple[int, int | None]]:
            for link, a, b in self.links:
                yield a, link.a_port
                yield b, link.b_port
            for host, switch in self.hosts:
                yield switch, host.port

        return addressing.assign_ports(self.explicit_ports, ends())

    # ------------------------------------------------------------ addresses

    def check_addresses(self) -> None:
        for what in ("ip", "mac"):
            first: dict[object, RawHost] = {}
            for host, _ in self.hosts:
                value = host.ip if what == "ip" else host.mac
                if value is None:
                    continue
                before = first.setdefault(value, host)
                if before is not host:
                    report(
                        self.reporter,
                        DuplicateAddress(
                            one=shown(before.label),
                            other=shown(host.label),
                            what="IP address" if what == "ip" else "MAC address",
                            text=str(value),
                            span=self.span("host", host.key, what),
                            first=self.span("host", before.key, what),
                        ),
                    )

    def host_bits(self) -> int:
        """Size of the blocks, so that automatic hosts fit beside explicit addresses in the same block."""
        automatic = Counter(switch for host, switch in self.hosts if host.ip is None)
        most = max(automatic.values(), default=0)
        switches = len(self.raw.switches)
        bits = addressing.choose_host_bits(switches, most)
        explicit = [int(host.ip) - addressing.BASE for host, _ in self.hosts if host.ip is not None]
        while bits is not None and explicit:
            used = Counter(offset >> bits for offset in explicit if offset >= 0)
            crowded = [used[switch] + number for switch, number in automatic.items()]
            if max(crowded, default=0) + 3 <= 1 << bits:
                break
            bits = addressing.choose_host_bits(switches, (1 << bits) - 2)
        if bits is None:
            fullest = self.raw.switches[automatic.most_common(1)[0][0]] if automatic else self.raw.switches[0]
            span = self.span("switch", fullest.key)
            report(self.reporter, AddressSpace(switches=switches, hosts=most, span=span))
            return addressing.MIN_HOST_BITS
        return bits

    # ------------------------------------------------------------ results

    def assemble(self, host_bits: int) -> Topology:
        raw = self.raw
        ports = self.ports()
        highest = [1] * len(raw.switches)
        for (_, a, b), a_port, b_port in zip(self.links, ports[::2], ports[1::2], strict=False):
            highest[a] = max(highest[a], a_port)
            highest[b] = max(highest[b], b_port)
        host_ports = ports[2 * len(self.links) :]
        for (_, switch), port in zip(self.hosts, host_ports, strict=True):
            highest[switch] = max(highest[switch], port)
        labels = [switch.label for switch in raw.switches] + [host.label for host in raw.hosts]
        limits = [longest_name(port) for port in highest] + [MAX_NAME] * len(raw.hosts)
        names = assign_names(labels, limits)
        links = self.make_links(ports)
        numbers = addressing.Numbers(host_bits, (int(host.ip) for host in raw.hosts if host.ip is not None))
        switches = self.make_switches(names, numbers, host_bits)
        return Topology(
            name=raw.name,
            switches=switches,
            hosts=self.make_hosts(names[len(switches) :], host_ports, numbers, links),
            links=links,
            declarations=raw.declarations,
            host_bits=host_bits,
        )

    def make_switches(self, names: list[str], numbers: addressing.Numbers, host_bits: int) -> tuple[Switch, ...]:
        places = self.raw.places
        return tuple(
            Switch(
                index=i,
                name=names[i],
                label=switch.label,
                role=switch.role,
                address=numbers.own(i),
                prefix_length=32 - host_bits,
                span=places.lazy_span("switch", switch.key),
            )
            for i, switch in enumerate(self.raw.switches)
        )

    def make_links(self, ports: list[int]) -> tuple[Link, ...]:
        capacity = self.defaults.capacity or DEFAULT_CAPACITY
        latency = DEFAULT_LATENCY_NS if self.defaults.latency_ns is None else self.defaults.latency_ns
        self.say_assumed(capacity, latency)
        places = self.raw.places
        return tuple(
            Link(
                index=i,
                a=a,
                a_port=ports[2 * i],
                b=b,
                b_port=ports[2 * i + 1],
                capacity=capacity if link.capacity is None else link.capacity,
                latency_ns=latency if link.latency_ns is None else link.latency_ns,
                attributes=link.attributes,
                span=places.lazy_span("link", link.key),
            )
            for i, (link, a, b) in enumerate(self.links)
        )

    def say_assumed(self, capacity: int, latency: int) -> None:
        """One warning about the values that neither the file nor an option gave."""
        parts, options = [], []
        lacking = sum(link.capacity is None for link, _, _ in self.links)
        if lacking and self.defaults.capacity is None:
            parts.append(f"a capacity of {format_capacity(capacity)} for {counted(lacking, 'link')}")
            options.append(f"--capacity {format_capacity(capacity)}")
        lacking = sum(link.latency_ns is None for link, _, _ in self.links)
        if lacking and self.defaults.latency_ns is None:
            parts.append(f"a latency of {format_latency(latency)} for {counted(lacking, 'link')}")
            options.append(f"--latency {format_latency(latency)}")
        if parts:
            what = " and ".join(parts) + f" of '{shown(self.raw.name)}'"
            report(self.reporter, Assumed(what=what, options=" ".join(options)))

    def make_hosts(
        self, names: list[str], ports: list[int], numbers: addressing.Numbers, links: tuple[Link, ...]
    ) -> tuple[Host, ...]:
        fastest = self.fastest_links(links)
        latency = DEFAULT_LATENCY_NS if self.defaults.latency_ns is None else self.defaults.latency_ns
        macs = {host.mac for host in self.raw.hosts if host.mac is not None}
        hosts = []
        for i, (host, switch) in enumerate(self.hosts):
            ip = numbers.host(switch) if host.ip is None else host.ip
            hosts.append(
                Host(
                    index=i,
                    name=names[i],
                    label=host.label,
                    switch=switch,
                    port=ports[i],
                    ip=ip,
                    prefix_length=host.prefix_length or addressing.FLAT_PREFIX,
                    mac=host.mac or _free_mac(ip, macs),
                    explicit=host.ip is not None,
                    capacity=fastest[switch] if host.capacity is None else host.capacity,
                    latency_ns=latency if host.latency_ns is None else host.latency_ns,
                    commands=host.commands,
                    span=self.raw.places.lazy_span("host", host.key),
                )
            )
        return tuple(hosts)

    def fastest_links(self, links: tuple[Link, ...]) -> list[int]:
        """Per switch, the capacity of an access link that states none: --capacity, else that of its fastest
        link.
        """
        if self.defaults.capacity is not None:
            return [self.defaults.capacity] * len(self.raw.switches)
        fastest = [0] * len(self.raw.switches)
        for link in links:
            fastest[link.a] = max(fastest[link.a], link.capacity)
            fastest[link.b] = max(fastest[link.b], link.capacity)
        return [capacity or DEFAULT_CAPACITY for capacity in fastest]


def _free_mac(ip: IPv4Address, taken: set[str]) -> str:
    """The MAC address of an IP address, with the first serial that no host was given."""
    return next(mac for serial in range(256) if (mac := addressing.mac_of(int(ip), serial)) not in taken)
