"""What runs inside hosts: senders and receivers of numbered datagrams, and of TCP streams whose content is checked.

    hostside.py receive PORT     until its standard input ends; then prints what came
    hostside.py send             one line of JSON says what; stops when standard input ends
    hostside.py tcp              one line of JSON says what; one transfer after another

The standard library alone, so that any Python runs it. Times are those of the machine's clock, in ns.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import random
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

PAYLOAD = struct.Struct(">4sIIQ")
"""Mark, number of the flow, number of the datagram within it, when it was sent."""
MARK = b"ctra"
_BUFFER = 4 << 20
_STREAM_S = 10.0


def payload(flow: int, sequence: int, sent_ns: int, size: int) -> bytes:
    """The content of a datagram; at least the numbers."""
    return PAYLOAD.pack(MARK, flow, sequence, sent_ns).ljust(size, b"\0")


def content(seed: int, size: int) -> bytes:
    """What a TCP transfer carries."""
    return random.Random(seed).randbytes(size)


# ------------------------------------------------------------------------------------------------------- receiving


def receive(port: int) -> dict[str, Any]:
    """Take datagrams and streams at a port until standard input ends."""
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    datagrams.bind(("", port))
    streams = socket.create_server(("", port), backlog=64)
    _say("ready")
    found: list[tuple[str, int, int, int, int]] = []
    watched = [datagrams, streams, sys.stdin]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if datagrams in ready:
            _take(datagrams, found)
        if streams in ready:
            threading.Thread(target=_answer, args=(streams.accept()[0],), daemon=True).start()
        if sys.stdin in ready and not sys.stdin.read(1):
            return {"datagrams": found}


def _take(sock: socket.socket, found: list[tuple[str, int, int, int, int]]) -> None:
    data, (source, _) = sock.recvfrom(65536)
    now = time.time_ns()
    if len(data) >= PAYLOAD.size and data.startswith(MARK):
        _, flow, sequence, sent_ns = PAYLOAD.unpack_from(data)
        found.append((source, flow, sequence, sent_ns, now))


def _answer(stream: socket.socket) -> None:
    """Take a stream to its end; answer with the number of bytes and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    with stream:
        stream.settimeout(_STREAM_S)
        try:
            while data := stream.recv(65536):
                digest.update(data)
                size += len(data)
            stream.sendall(f"{size} {digest.hexdigest()}".encode())
        except OSError:
            return  # the sender notices


# --------------------------------------------------------------------------------------------------------- sending


def send(plan: dict[str, Any]) -> dict[str, Any]:
    """Send datagrams of several flows, each at its pace; how many of each, and by how much the worst was late.

    The plan: "start" (s since the epoch, 0: now) and "flows": [{"flow", "to", "port", "source_port", "count",
    "interval_s", "offset_s", "bytes"}].
    """
    flows = plan["flows"]
    sockets = [_sender(flow) for flow in flows]
    start = plan.get("start") or time.time()
    due = [(start + flow["offset_s"], number, 0) for number, flow in enumerate(flows) if flow["count"] > 0]
    heapq.heapify(due)
    sent = [0] * len(flows)
    late = 0.0
    while due and not _ended():
        when, number, sequence = due[0]
        wait = when - time.time()
        if wait > 0:
            time.sleep(min(wait, 0.1))
            continue
        flow, late = flows[number], max(late, -wait)
        try:
            sockets[number].send(payload(flow["flow"], sequence, time.time_ns(), flow["bytes"]))
            sent[number] += 1
        except OSError:
            pass  # no answer to ARP, or no room: it is missing where it should arrive
        following = sequence + 1
        if following < flow["count"]:
            heapq.heapreplace(due, (start + flow["offset_s"] + following * flow["interval_s"], number, following))
        else:
            heapq.heappop(due)
    return {"sent": {str(flow["flow"]): count for flow, count in zip(flows, sent, strict=True)}, "late_s": late}


def _sender(flow: dict[str, Any]) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("", flow.get("source_port", 0)))
    sock.connect((flow["to"], flow["port"]))
    return sock


def _ended() -> bool:
    """Whether standard input has ended."""
    return bool(select.select([sys.stdin], [], [], 0)[0]) and not os.read(0, 1)


# ------------------------------------------------------------------------------------------------------------- TCP


def tcp(plan: dict[str, Any]) -> dict[str, Any]:
    """TCP transfers, one after the other: {"timeout_s", "transfers": [{"to", "port", "bytes", "seed"}]}."""
    return {"transfers": list(_transfers(plan))}


def _transfers(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for each in plan["transfers"]:
        data = content(each["seed"], each["bytes"])
        wanted = f"{len(data)} {hashlib.sha256(data).hexdigest()}"
        begun, answer, error = time.monotonic(), b"", ""
        try:
            with socket.create_connection((each["to"], each["port"]), timeout=plan["timeout_s"]) as stream:
                stream.sendall(data)
                stream.shutdown(socket.SHUT_WR)
                while part := stream.recv(4096):
                    answer += part
        except OSError as problem:
            error = str(problem)
        right = answer.decode(errors="replace") == wanted
        yield {"to": each["to"], "ok": right, "seconds": time.monotonic() - begun, "error": error}


def _line() -> bytes:
    """The first line of standard input; what follows is left there, for `_ended`."""
    found = b""
    while not found.endswith(b"\n") and (part := os.read(0, 1)):
        found += part
    return found


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """See the module."""
    if sys.argv[1] == "receive":
        _say(json.dumps(receive(int(sys.argv[2]))))
    else:
        work = {"send": send, "tcp": tcp}[sys.argv[1]]
        _say(json.dumps(work(json.loads(_line()))))


if __name__ == "__main__":
    main()
