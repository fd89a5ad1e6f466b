"""The core's tables of TCP connections, from flows between hosts."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from contra.engine.arrays import seeds, zeros
from contra.engine.core import connections as at
from contra.engine.core.layout import NONE
from contra.engine.core.segments import AT_PORTS, HEAD, OPTIONS
from contra.engine.core.wire import ETHERNET
from contra.engine.transport import Transport

FIRST_PORT, PORTS = 32768, 32768
"""Of sources. Targets listen at the port below, 5001 (iperf's), or at the next ones if two hosts have more flows."""
LISTENING_PORT = 5001
HEAD_BYTES = HEAD + OPTIONS
PS_PER_US = 1_000_000
_CONTROLS = {"newreno": at.RENO, "cubic": at.CUBIC, "dctcp": at.DCTCP}
_PAIRS, _NUMBERS = 2 << 32, 3 << 32
"""Streams of chance: source ports by pair of hosts, initial sequence numbers by flow."""


@dataclass(frozen=True, slots=True)
class End:
    """A host: its node in the network, its addresses, its link to the network."""

    node: int
    mac: bytes
    address: bytes
    link: int


@dataclass(frozen=True, slots=True)
class Connection:
    """A flow between hosts: bytes of payload, start in picoseconds."""

    source: End
    target: End
    size: int
    start_ps: int


def tables(connections: Sequence[Connection], transport: Transport, seed: int) -> Mapping[str, Any]:
    """`transport`, `connections`, `templates` and `board`, of connections in the order of their starts."""
    values = _transport(transport)
    rows = np.zeros((len(connections), at.CONNECTION), np.int64)
    templates = np.zeros((len(connections), 2, at.TEMPLATE // 2), np.uint8)
    ports = _Ports(seed)
    for index, each in enumerate(connections):
        pair = ports.next(each.source.node, each.target.node)
        there = _head(each.source, each.target, pair, values)
        back = _head(each.target, each.source, pair[::-1], values)
        templates[index, :, :HEAD_BYTES] = np.frombuffer(there + back, np.uint8).reshape(2, HEAD_BYTES)
        rows[index, [at.C_IP_SUM, at.C_TCP_SUM]] = _sums(there)
        words = seeds(seed, _NUMBERS + index)
        rows[index, [at.C_ISN, at.R_ISN]] = words[0], words[1]
    _senders(rows, connections, values)
    board = _receivers(rows, connections, values)
    return {
        "transport": values,
        "connections": rows.reshape(-1),
        "templates": templates.reshape(-1),
        "board": zeros("board", board),
    }


def burst(transport: Transport) -> int:
    """Packets that a connection may hand to its link at once, some room included."""
    if transport.host_queue == "fair":
        return 8
    return min(transport.send_buffer_bytes, transport.receive_window_bytes) // transport.segment_bytes + 16


def _transport(transport: Transport) -> Any:
    values = np.zeros(at.TRANSPORT, np.int64)
    segment, window = transport.segment_bytes, transport.receive_window_bytes
    scale = max(0, (window >> 16).bit_length())
    values[at.X_CONTROL], values[at.X_SEGMENT] = _CONTROLS[transport.congestion_control], segment
    values[at.X_INITIAL], values[at.X_GROWTH] = (
        transport.initial_window * segment,
        transport.slow_start_segments * segment,
    )
    values[at.X_LIMITED], values[at.X_VALIDATE] = transport.limited_transmit, transport.window_validation
    values[at.X_FIFO] = transport.host_queue == "fifo"
    values[at.X_SEND_BUFFER] = transport.send_buffer_bytes
    values[at.X_RECEIVE_WINDOW], values[at.X_SCALE] = window, scale
    values[at.X_MIN_RTO] = transport.min_rto_us * PS_PER_US
    values[at.X_INITIAL_RTO] = transport.initial_rto_us * PS_PER_US
    values[at.X_MAX_RTO], values[at.X_RETRIES] = transport.max_rto_us * PS_PER_US, transport.retries
    values[at.X_ACK_SEGMENTS] = transport.delayed_ack_segments
    values[at.X_ACK_DELAY] = transport.delayed_ack_us * PS_PER_US
    return values


def _senders(rows: Any, connections: Sequence[Connection], values: Any) -> None:
    rows[:, at.C_SIZE] = [each.size for each in connections]
    rows[:, at.C_START] = [each.start_ps for each in connections]
    rows[:, at.C_SOURCE] = [each.source.node for each in connections]
    rows[:, at.C_TARGET] = [each.target.node for each in connections]
    rows[:, at.C_LINK] = [each.source.link for each in connections]
    rows[:, at.C_WINDOW], rows[:, at.C_THRESHOLD] = values[at.X_INITIAL], at.UNLIMITED
    rows[:, at.C_RTO], rows[:, at.C_ALPHA] = values[at.X_INITIAL_RTO], at.ONE
    nothing = (at.C_RECOVER, at.C_TIMED, at.C_RETRY_AT, at.C_RETRY_EVENT, at.C_READY_NEXT, at.C_FINISH, at.C_EPOCH)
    rows[:, list(nothing)] = NONE


def _receivers(rows: Any, connections: Sequence[Connection], values: Any) -> int:
    """Returns the bytes of all boards."""
    rows[:, at.R_LINK] = [each.target.link for each in connections]
    rows[:, [at.R_ACK_AT, at.R_ACK_EVENT, at.R_FINISH]] = NONE
    segment = int(values[at.X_SEGMENT])
    window = int(values[at.X_RECEIVE_WINDOW]) // segment + 1
    rings = [min(window, -(-each.size // segment)) for each in connections]
    rows[:, at.R_RING] = rings
    rows[:, at.R_BOARD] = np.cumsum([0, *rings])[:-1]
    return sum(rings)


class _Ports:
    """Source ports: each pair of hosts runs through all of them in steps of its own from a place of its own."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._pairs: dict[tuple[int, int], tuple[int, int, int]] = {}

    def next(self, source: int, target: int) -> tuple[int, int]:
        """Ports of the source and of the target of the pair's next flow."""
        pair = source, target
        if pair not in self._pairs:
            start, step, *_ = seeds(self._seed, _PAIRS + (source << 16) + target)
            self._pairs[pair] = start, step | 1, 0
        start, step, count = self._pairs[pair]
        self._pairs[pair] = start, step, count + 1
        return FIRST_PORT + (start + count * step) % PORTS, LISTENING_PORT + count // PORTS


def _head(source: End, target: End, ports: tuple[int, int], values: Any) -> bytes:
    """Headers of a SYN, with zeros where something changes. Nothing may be fragmented (RFC 6864: so no numbers)."""
    ethernet = target.mac + source.mac + b"\x08\x00"
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 0, 0, 0x4000, 64, 6, 0) + source.address + target.address
    tcp = struct.pack(">HH", *ports) + bytes(16)
    options = struct.pack(">BBHBBBB", 2, 4, int(values[at.X_SEGMENT]), 1, 3, 3, int(values[at.X_SCALE]))
    return ethernet + ip + tcp + options


def _sums(head: bytes) -> tuple[int, int]:
    """Sums of the words that do not change, of the IPv4 header, and of TCP with its pseudo header."""
    ip = sum(struct.unpack(">10H", head[ETHERNET : ETHERNET + 20]))
    addresses = sum(struct.unpack(">4H", head[AT_PORTS - 8 : AT_PORTS]))
    return ip, addresses + 6 + sum(struct.unpack(">2H", head[AT_PORTS : AT_PORTS + 4]))
