"""A process that captures: frames of many interfaces, ordered by time, into one pcapng with a block per interface.

    python tap.py < request.json

It runs in the namespace of the interfaces, with the standard library alone. It is our own because dumpcap has no other
way to tell directions than a filter `inbound`, and libpcap (1.10.3) runs a filter once more in user space on what
arrives first, where that one always says no: frames were missing at the start of each interface.

The request says {"file", "bytes", "taps": [{"interface", "description", "inbound"}]}. The answer is a line "ready" when
all frames from then on are taken, and at the end (SIGINT, SIGTERM, or as many bytes) a line of JSON: {"packets": by
interface, "lost"}, or {"error"}.

pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

ALL_PROTOCOLS = 3
_ATTACH_FILTER, _RECEIVE_BUFFER_FORCE, _TIMESTAMP_NS = 26, 33, 35
_PACKET_LEVEL, _PACKET_STATISTICS = 263, 6
_BUFFER_BYTES = 8 << 20
_LARGEST = 1 << 16
_HOLD_NS = 2_000_000
"""How long frames wait for earlier ones of other interfaces."""
_ROUND_S = 0.1
_NS = 1_000_000_000

_NOT_OUTGOING = ((0x28, 0, 0, 0xFFFFF004), (0x15, 0, 1, socket.PACKET_OUTGOING), (6, 0, 0, 0), (6, 0, 0, _LARGEST))
"""Classic BPF: load the type of the packet (SKF_AD_PKTTYPE); drop what the interface sends; take the rest."""

Frame = tuple[int, int, bool, bytes]
"""Time in ns, number of the tap, whether it came in, bytes."""


class Tap:
    """One interface."""

    def __init__(self, interface: str, *, inbound: bool) -> None:
        """From now on frames are taken. Raises OSError."""
        self.interface = interface
        self.taken = 0
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)  # hears nothing until it is bound
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, _RECEIVE_BUFFER_FORCE, _BUFFER_BYTES)
        self.socket.setsockopt(socket.SOL_SOCKET, _TIMESTAMP_NS, 1)
        if inbound:
            _attach(self.socket, _NOT_OUTGOING)
        self.socket.bind((interface, ALL_PROTOCOLS))

    def read(self, number: int, frames: list[Frame]) -> None:
        """Take all frames that wait."""
        receive, space = self.socket.recvmsg, socket.CMSG_SPACE(16)
        while True:
            try:
                data, extra, _, address = receive(_LARGEST, space)
            except BlockingIOError:
                return
            seconds, rest = struct.unpack("qq", extra[0][2])
            frames.append((seconds * _NS + rest, number, address[2] != socket.PACKET_OUTGOING, data))
            self.taken += 1

    def lost(self) -> int:
        """Frames for which there was no room. Asking resets the count."""
        return int(struct.unpack("II", self.socket.getsockopt(_PACKET_LEVEL, _PACKET_STATISTICS, 8))[1])


def capture(taps: Sequence[Tap], file: BinaryIO, limit: int, stopped: Mapping[str, bool]) -> None:
    """Take frames until `stopped["now"]` or until the file has as many bytes."""
    poll = select.epoll()
    numbers = {tap.socket.fileno(): number for number, tap in enumerate(taps)}
    for descriptor in numbers:
        poll.register(descriptor, select.EPOLLIN)
    waiting: list[Frame] = []
    last = False
    while not last:
        last = stopped["now"] or file.tell() >= limit
        before = time.time_ns() - _HOLD_NS
        for descriptor, _ in poll.poll(0 if last else _ROUND_S):
            taps[numbers[descriptor]].read(numbers[descriptor], waiting)
        waiting.sort()
        ready = len(waiting) if last else sum(frame[0] < before for frame in waiting)
        for frame in waiting[:ready]:
            file.write(packet_block(frame))
        del waiting[:ready]
        if not last:
            time.sleep(_HOLD_NS / _NS)  # many frames at a time cost less


# ------------------------------------------------------------------------------------------------------- pcapng


def header_blocks(taps: Sequence[Mapping[str, Any]]) -> bytes:
    """The section header and a description of each interface."""
    section = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + _option(4, b"contrac") + _option(0))
    return section + b"".join(
        _block(
            1,
            struct.pack("<HHI", 1, 0, 0)  # Ethernet, whole frames
            + _option(2, tap["interface"].encode())
            + _option(3, tap["description"].encode())
            + _option(9, b"\x09")  # times are in ns
            + _option(0),
        )
        for tap in taps
    )


def packet_block(frame: Frame) -> bytes:
    """An enhanced packet block with the direction among its flags."""
    when, number, inbound, data = frame
    size = len(data)
    head = struct.pack("<IIIII", number, when >> 32, when & 0xFFFFFFFF, size, size)
    return _block(6, head + data + bytes(-size % 4) + struct.pack("<HHIHH", 2, 4, 1 if inbound else 2, 0, 0))


def statistics_block(number: int, taken: int, lost: int) -> bytes:
    """What an interface has seen."""
    when = time.time_ns()
    head = struct.pack("<III", number, when >> 32, when & 0xFFFFFFFF)
    counts = _option(4, struct.pack("<Q", taken + lost)) + _option(5, struct.pack("<Q", lost))
    return _block(5, head + counts + _option(0))


def _block(kind: int, body: bytes) -> bytes:
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def _option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


# ------------------------------------------------------------------------------------------------------ process


def _attach(sock: socket.socket, program: Sequence[tuple[int, int, int, int]]) -> None:
    code = b"".join(struct.pack("HBBI", *step) for step in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(buffer)))


def _serve(request: Mapping[str, Any]) -> dict[str, Any]:
    stopped = {"now": False}

    def stop(number: int, frame: object) -> None:
        stopped["now"] = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    with Path(request["file"]).open("wb", buffering=1 << 20) as file:
        file.write(header_blocks(request["taps"]))
        taps = [Tap(tap["interface"], inbound=tap["inbound"]) for tap in request["taps"]]
        _say("ready")
        capture(taps, file, int(request["bytes"]), stopped)
        lost = [tap.lost() for tap in taps]
        for number, tap in enumerate(taps):
            file.write(statistics_block(number, tap.taken, lost[number]))
    return {"packets": {tap.interface: tap.taken for tap in taps}, "lost": sum(lost)}


def _say(text: str) -> None:
    os.write(1, text.encode() + b"\n")


def main() -> None:
    """Read a request, serve it, answer."""
    try:
        answer = _serve(json.load(sys.stdin))
    except OSError as error:
        answer = {"error": (error.strerror or str(error)).lower()}
    _say(json.dumps(answer))


if __name__ == "__main__":
    main()
