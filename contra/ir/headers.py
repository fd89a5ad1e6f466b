"""The packet headers, described once: the P4, the scapy classes and the Wireshark dissector come from here."""

from __future__ import annotations

from collections.abc import Sequence

from contra.ir.model import Cell, Field, Header, ProbeMetric, Widths

FORMAT = 1
"""Version of the two header formats below."""
ETHERTYPE_PROBE = 0x88B5
"""IEEE 802 Local Experimental EtherType 1."""
ETHERTYPE_SHIM = 0x88B6
"""IEEE 802 Local Experimental EtherType 2."""
ETHERTYPE_IPV4 = 0x0800
ETHERTYPE_ARP = 0x0806
PASS_MEASURE = 0
"""What a probe on the wire has to go through next (hardware rule 11)."""
PASS_DECIDE = 1
PASS_HELLO = 2
"""What split horizon makes of the copy for the sender: it tells that the link is alive, and nothing else."""
MAC = Field("mac", 32, "keyed hash of all before it")
"""Last field of authenticated probes."""


def _key_fields(widths: Widths) -> tuple[Field, ...]:
    """Tag and pid, each only where there is more than one, filled up to whole bytes."""
    fields = []
    if widths.tag:
        fields.append(Field("tag", widths.tag, "product node at the sender of a probe, at the receiver of data"))
    if widths.pid:
        fields.append(Field("pid", widths.pid, "probe class"))
    if widths.key % 8:
        fields.append(Field("reserved", 8 - widths.key % 8, "0"))
    return tuple(fields)


def probe_header(widths: Widths, metrics: Sequence[ProbeMetric], authenticate: bool = False) -> Header:
    """The probe, behind Ethernet."""
    return Header(
        "probe",
        "Contra probe",
        (
            Field("format", 8, "version of this header"),
            Field("pass", 8, "what to do next: 0 measure, 1 decide, 2 nothing: a hello"),
            Field("origin", 16, "destination switch that the probe comes from"),
            Field("version", 16, "round, serial number arithmetic"),
            *_key_fields(widths),
            *(Field(metric.field, metric.bits, f"in {metric.unit}") for metric in metrics),
            *[MAC] * authenticate,
        ),
    )


def shim_header(widths: Widths) -> Header:
    """What data packets carry between Ethernet and their payload, from first switch to last."""
    return Header(
        "shim",
        "Contra data shim",
        (
            Field("format", 8, "version of this header"),
            Field("ttl", 8, "switches that the packet may still pass"),
            Field("destination", 16, "switch where the packet leaves the network"),
            *_key_fields(widths),
            Field("flow", widths.flow, "hash of the packet's flow, from the first switch"),
            Field("next_type", 16, "EtherType of the payload"),
        ),
    )


ETHERNET = Header(
    "ethernet",
    "Ethernet",
    (Field("dst", 48, ""), Field("src", 48, ""), Field("ether_type", 16, "")),
)
IPV4 = Header(
    "ipv4",
    "IPv4 (RFC 791)",
    (
        Field("version", 4, ""),
        Field("ihl", 4, "header length in 32-bit words"),
        Field("tos", 8, ""),
        Field("length", 16, ""),
        Field("id", 16, ""),
        Field("flags", 3, ""),
        Field("fragment", 13, "offset"),
        Field("ttl", 8, ""),
        Field("protocol", 8, ""),
        Field("checksum", 16, ""),
        Field("src", 32, ""),
        Field("dst", 32, ""),
    ),
)
ARP = Header(
    "arp",
    "ARP for IPv4 over Ethernet (RFC 826)",
    (
        Field("hardware", 16, ""),
        Field("protocol", 16, ""),
        Field("hardware_length", 8, ""),
        Field("protocol_length", 8, ""),
        Field("operation", 16, ""),
        Field("sender_mac", 48, ""),
        Field("sender_ip", 32, ""),
        Field("target_mac", 48, ""),
        Field("target_ip", 32, ""),
    ),
)
PORTS = Header("ports", "first 4 bytes of TCP, UDP", (Field("src", 16, ""), Field("dst", 16, "")))
PACKET_OUT = Header(
    "packet_out",
    "from the control plane",
    (Field("opcode", 8, "1 probe clock, 2 treat the rest as sent by a host, 3 query"),),
)
PACKET_IN = Header(
    "packet_in", "to the control plane", (Field("reason", 8, "1 for the switch's own address, 2 answer"),)
)


def query_header(cells: Sequence[Cell]) -> Header:
    """What the control plane wants to know of the state, behind `packet_out`; and the answer, behind `packet_in`."""
    bits = max(cell.width for cell in cells)
    return Header(
        "query",
        "a look into a cell, and what is there",
        (
            Field("cell", 8, "position of the cell among those of the program"),
            Field("index", 32, "slot of the cell"),
            Field("value", -(-bits // 8) * 8, "0, or what is in the slot"),
        ),
    )
