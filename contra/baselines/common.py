"""The parts that all programs and all entries have: identity, ports, addresses, constants, reasons for drops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contra.baselines.model import Row, Table
from contra.emit.constants import PORT_TYPE, constant, drop_constants
from contra.ir.drops import DROP_REASONS
from contra.ir.entries import destination_entries, host_entries
from contra.ir.headers import ARP, ETHERNET, ETHERTYPE_ARP, ETHERTYPE_IPV4, IPV4, PACKET_IN, PACKET_OUT, PORTS
from contra.ir.lower import room
from contra.ir.model import Header, Provenance, RuntimeEntry
from contra.topology.model import Topology

HEADERS = (PACKET_IN, PACKET_OUT, ETHERNET, ARP, IPV4)
"""Of every program, in wire order."""
FLOW_HEADERS = (*HEADERS, PORTS)
"""Of programs that hash flows."""
DEFAULT_TABLE = "identity"
"""The table that has a default action only, no entries."""
INGRESS = "SwitchIngress"
"""The control that holds the tables, itself or in the controls that it applies."""

METADATA = (
    ("bit<16>", "self", "this switch as a destination"),
    ("bit<8>", "kind", "where the packet comes from: FROM_"),
    ("bit<32>", "address", "IPv4 address that the packet goes to"),
    ("bit<16>", "destination", "switch that the packet goes to"),
    ("bit<8>", "deliver", "to a host of ours: YES or NO"),
    ("bit<8>", "forward", "to another switch: YES or NO"),
)
FLOW_METADATA = (
    ("bit<32>", "source", "IPv4 address that the packet comes from"),
    ("bit<8>", "protocol", ""),
    ("bit<32>", "ports", "of TCP and UDP, source and destination"),
)
TYPES = (PORT_TYPE,)
DROPS = ("NO_ROUTE", "TTL", "UNKNOWN_PORT", "UNKNOWN_DESTINATION", "UNKNOWN_HOST")
"""Reasons of every program."""

_DROP_TEXT = {
    **dict(DROP_REASONS),
    "NO_ROUTE": "no way to the destination",
    "PROBE": "a probe of our own, or from an impossible origin",
}


def drop_reasons(*more: str) -> tuple[tuple[str, str], ...]:
    """Names and meanings of the reasons that a program has, in the order that Contra's have."""
    order = [name for name, _ in DROP_REASONS]
    names = sorted({*DROPS, *more}, key=order.index)
    return tuple((name, _DROP_TEXT[name]) for name in names)


def constants(
    topology: Topology,
    reasons: Sequence[tuple[str, str]],
    *,
    wire: Sequence[Row] = (),
    decisions: Sequence[Row] = (),
    times: Sequence[Row] = (),
    flows: bool,
    queries: bool = False,
    kinds: Sequence[str] = (),
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """The groups of constants: those of every program, and what a scheme has beside them."""
    origins = ("NOWHERE", "HOST", "SWITCH", *kinds)
    groups = (
        ("Wire format", (*wire, *_wire(topology, flows, queries))),
        ("Time: the low bits of a clock in ticks; ages are differences, so its wrap does no harm", tuple(times)),
        (
            "Decisions",
            (
                constant("bit<8>", "NO", 0),
                constant("bit<8>", "YES", 1),
                *decisions,
                *(constant("bit<8>", f"FROM_{name}", value) for value, name in enumerate(origins)),
            ),
        ),
        ("Reasons for dropping a packet: indices of the counter `drops`", tuple(drop_constants(reasons))),
    )
    return tuple((title, rows) for title, rows in groups if rows)


def _wire(topology: Topology, flows: bool, queries: bool) -> Iterator[Row]:
    yield constant("bit<16>", "ETHERTYPE_IPV4", f"0x{ETHERTYPE_IPV4:04x}")
    yield constant("bit<16>", "ETHERTYPE_ARP", f"0x{ETHERTYPE_ARP:04x}")
    if flows:
        yield constant("bit<8>", "PROTOCOL_TCP", 6)
        yield constant("bit<8>", "PROTOCOL_UDP", 17)
    yield constant("bit<9>", "CPU_PORT", topology.cpu_port)
    yield constant("bit<8>", "PACKET_OUT_SEND", 2, "the rest of the packet, as if a host had sent it")
    if queries:
        yield constant("bit<8>", "PACKET_OUT_QUERY", 3, "a look into a cell")
    yield constant("bit<8>", "PACKET_IN_DELIVERED", 1, "sent to the switch's own address")
    if queries:
        yield constant("bit<8>", "PACKET_IN_ANSWER", 2, "what is in a cell")


def tables(topology: Topology) -> tuple[Table, ...]:
    """The tables of every program."""
    ports = max(len(row) + len(hosts) for row, hosts in zip(topology.ports, topology.hosts_of, strict=True))
    return (
        Table(DEFAULT_TABLE, INGRESS, 1),
        Table("ingress_port", INGRESS, room(ports)),
        Table("destination", f"{INGRESS}.locate", room(1 + sum(host.explicit for host in topology.hosts))),
        Table("hosts", f"{INGRESS}.deliver", room(1 + max(len(row) for row in topology.hosts_of))),
    )


def identity_entry(switch: int, *params: tuple[str, int]) -> RuntimeEntry:
    """Who a switch is."""
    given = (("self", switch), *params)
    return RuntimeEntry(DEFAULT_TABLE, (), "set_identity", given, Provenance(destination=switch), is_default=True)


def plain_port_entries(topology: Topology, switch: int) -> Iterator[RuntimeEntry]:
    """Which ports lead to switches and which to hosts."""
    for port in topology.ports[switch]:
        yield RuntimeEntry("ingress_port", (("port", port.number),), "from_switch", (), Provenance(link=port.link))
    yield from host_port_entries(topology, switch)


def host_port_entries(topology: Topology, switch: int) -> Iterator[RuntimeEntry]:
    """The ports of hosts."""
    for host in topology.hosts_of[switch]:
        yield RuntimeEntry("ingress_port", (("port", host.port),), "from_host", (), Provenance(host=host.index))


def address_entries(topology: Topology, switch: int) -> Iterator[RuntimeEntry]:
    """Where addresses are."""
    yield from destination_entries(topology)
    yield from host_entries(topology, switch)


def with_query(headers: Sequence[Header], query: Header) -> tuple[Header, ...]:
    """The headers, with that of queries behind the controller's."""
    return (*headers[:2], query, *headers[2:])
