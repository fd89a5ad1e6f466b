"""The frames that hosts send: UDP in IPv4 in Ethernet; and those that a controller sends through a switch."""

from __future__ import annotations

import struct

from contra.engine.inputs import Endpoint
from contra.topology.model import Topology

PACKET_OUT_SEND = 2
"""Opcode of a packet-out that a switch is to treat as sent by a host."""
FIRST_PORT = 1024
SINK_PORT = 9
"""UDP's discard service (RFC 863); flows of other rows of the traffic take the next numbers."""
ECT = 2
"""ECN-capable transport, ECT(0) of RFC 3168."""
_UDP = 17
_TTL = 64


def udp_head(
    topology: Topology, source: Endpoint, target: Endpoint, ports: tuple[int, int], size: int, ecn: bool
) -> bytes:
    """The headers of a frame of `size` bytes, without what the controller puts before it.

    Hosts know all addresses: nobody asks for them by ARP. The UDP checksum is 0, none (RFC 768).
    """
    ethernet = _mac(topology, target) + _mac(topology, source) + b"\x08\x00"
    length = size - len(ethernet)
    address = _address(topology, source) + _address(topology, target)
    before = struct.pack(">BBHHHBB", 0x45, ECT if ecn else 0, length, 0, 0, _TTL, _UDP)
    ip = before + struct.pack(">H", checksum(before + b"\0\0" + address)) + address
    return ethernet + ip + struct.pack(">HHHH", *ports, length - len(ip), 0)


def packet_out(head: bytes) -> bytes:
    """A frame as the controller hands it to its switch."""
    return bytes([PACKET_OUT_SEND]) + head


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _mac(topology: Topology, end: Endpoint) -> bytes:
    if end.host is None:
        return b"\x02\0\0\0" + end.switch.to_bytes(2, "big")
    return bytes.fromhex(topology.hosts[end.host].mac.replace(":", ""))


def _address(topology: Topology, end: Endpoint) -> bytes:
    return (topology.switches[end.switch].address if end.host is None else topology.hosts[end.host].ip).packed
