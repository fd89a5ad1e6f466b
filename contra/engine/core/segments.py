"""TCP segments: headers written into a packet's head, and read from it. The payload is zeros that nobody keeps."""

from __future__ import annotations

from contra.engine.core.connections import (
    C_IP_SUM,
    C_SENT,
    C_TCP_SUM,
    CONNECTION,
    TEMPLATE,
    X_RECEIVE_WINDOW,
    X_SCALE,
    X_SEGMENT,
)
from contra.engine.core.layout import (
    N_INJECTED,
    N_NOW,
    N_ROW,
    P_BORN,
    P_FLOW,
    P_HEAD,
    P_SEQUENCE,
    P_SIZE,
    PACKET,
    TCP_FLOW,
    State,
)
from contra.engine.core.pool import take
from contra.engine.core.wire import ETHERNET, IPV4, two_bytes
from contra.engine.jit import core

FIN, SYN, PSH, ACK, ECE, CWR = 1, 2, 8, 16, 64, 128
HEAD = 54  # Ethernet, IPv4, TCP
OPTIONS = 8  # of a SYN: largest segment, no operation, window scale (RFC 9293, 7323)
LEAST_FRAME = 60  # IEEE 802.3, without the checksum
AT_SERVICE, AT_LENGTH, AT_IP_SUM = ETHERNET + 1, ETHERNET + 2, ETHERNET + 10
AT_PORTS, AT_SEQUENCE, AT_ACK, AT_FLAGS, AT_WINDOW, AT_SUM = 34, 38, 42, 46, 48, 50
ECT, CONGESTED = 2, 3  # RFC 3168; in the two low bits of the type of service
MASK = 0xFFFFFFFF


@core
def put_two(s: State, at: int, value: int) -> None:
    """Write a big-endian number into the heads."""
    s.head[at] = (value >> 8) & 255
    s.head[at + 1] = value & 255


@core
def complement(total: int) -> int:
    """The Internet checksum (RFC 1071) from the sum of all words."""
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@core
def compose(
    s: State, connection: int, back: int, sequence: int, acknowledged: int, size: int, flags: int, service: int
) -> int:
    """A packet with a segment of `size` bytes of payload; `back`: from the receiver to the sender."""
    packet, c = take(s), connection * CONNECTION
    p, row, template = packet * PACKET, packet * s.net[N_ROW], connection * TEMPLATE + back * (TEMPLATE // 2)
    held = HEAD + OPTIONS if flags & SYN else HEAD
    for index in range(held):
        s.head[row + index] = s.templates[template + index]
    length = held - ETHERNET + size
    s.packets[p + P_HEAD], s.packets[p + P_SIZE] = held, max(ETHERNET + length, LEAST_FRAME)
    s.packets[p + P_FLOW], s.packets[p + P_BORN] = TCP_FLOW - 2 * connection - back, s.net[N_NOW]
    s.packets[p + P_SEQUENCE] = s.connections[c + C_SENT]
    s.net[N_INJECTED] += 1
    s.head[row + AT_SERVICE] = service
    put_two(s, row + AT_LENGTH, length)
    put_two(s, row + AT_IP_SUM, complement(s.connections[c + C_IP_SUM] + service + length))
    sequence, acknowledged = sequence & MASK, acknowledged & MASK
    put_two(s, row + AT_SEQUENCE, sequence >> 16)
    put_two(s, row + AT_SEQUENCE + 2, sequence & 0xFFFF)
    put_two(s, row + AT_ACK, acknowledged >> 16)
    put_two(s, row + AT_ACK + 2, acknowledged & 0xFFFF)
    offset = ((held - 34) << 10) | flags
    window = s.transport[X_RECEIVE_WINDOW] >> s.transport[X_SCALE]
    total = s.connections[c + C_TCP_SUM] + length - 20 + offset
    if flags & SYN:
        window = min(s.transport[X_RECEIVE_WINDOW], 0xFFFF)  # not scaled
        total += 0x0204 + s.transport[X_SEGMENT] + 0x0103 + 0x0300 + s.transport[X_SCALE]
    total += (sequence >> 16) + (sequence & 0xFFFF) + (acknowledged >> 16) + (acknowledged & 0xFFFF) + window
    put_two(s, row + AT_FLAGS, offset)
    put_two(s, row + AT_WINDOW, window)
    put_two(s, row + AT_SUM, complement(total))
    return packet


@core
def four_bytes(s: State, at: int) -> int:
    """A big-endian number in the heads."""
    return (two_bytes(s, at) << 16) | two_bytes(s, at + 2)


@core
def distance(number: int, base: int) -> int:
    """How far a sequence number is after another one, modulo 2**32, negative if before."""
    far = (number - base) & MASK
    return far - (1 << 32) if far >> 31 else far


@core
def intact(s: State, packet: int) -> bool:
    """Whether a packet is TCP in IPv4 in Ethernet, as a host expects it, and whole."""
    p, row = packet * PACKET, packet * s.net[N_ROW]
    if s.packets[p + P_HEAD] < HEAD or two_bytes(s, row + 12) != IPV4 or s.head[row + ETHERNET] != 0x45:
        return False
    return s.head[row + 23] == 6 and s.packets[p + P_SIZE] >= ETHERNET + two_bytes(s, row + AT_LENGTH)


@core
def payload(s: State, row: int) -> int:
    """Bytes of data in an intact segment."""
    return two_bytes(s, row + AT_LENGTH) - 20 - ((s.head[row + AT_FLAGS] >> 4) << 2)
