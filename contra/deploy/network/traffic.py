"""Traffic between two hosts by iperf3: a server for one test at the target, a client at the source."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contra.deploy.errors import ToolError, ToolMissing
from contra.deploy.network import namespaces, ports
from contra.deploy.network.errors import TrafficFailed
from contra.deploy.network.hosts import RunningHost
from contra.deploy.network.tools import failed

FIRST_PORT = 5201
_PORTS = 200
_TRIES = 3
_START_S = 5.0
_BEYOND_S = 20
"""How much longer than the test a client may take to connect and to end."""

DATAGRAM = 1400
"""Bytes of UDP payload; with headers and shim it fits every link."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What became of a flow. `None` where the protocol or iperf3 does not tell."""

    source: str
    """Label."""
    target: str
    kind: str
    """tcp or udp."""
    seconds: float
    sent_rate: float
    """bit/s of payload handed over at the source."""
    received_rate: float
    """bit/s of payload that arrived."""
    packets: int | None
    """Datagrams sent."""
    lost: int | None
    """Datagrams that did not arrive."""
    jitter_ms: float | None
    retransmits: int | None
    """Segments sent once more."""
    out_of_order: int | None
    """Datagrams that came after a later one; segments that came before one that was missing (late or lost)."""
    reorderings: int | None
    """How often the sender's TCP concluded that segments had overtaken each other, by SACK or time stamps."""
    intervals: tuple[tuple[float, float], ...]
    """(start in seconds, bit/s at the receiver's or the sender's end), as iperf3 reports them."""


def send(
    source: RunningHost,
    target: RunningHost,
    kind: str = "tcp",
    rate: int | None = None,
    seconds: float = 5.0,
    interval_s: float = 1.0,
) -> Flow:
    """Send for a while; `rate` in bit/s (tcp: as fast as it goes, udp: 1 Mbit/s without one). Raises ToolError."""
    if shutil.which("iperf3") is None:
        raise ToolError([ToolMissing(tool="iperf3", purpose="traffic", fix="apt install iperf3")])
    before = _tcp_counts(source), _tcp_counts(target)
    server, port = _serve(target)
    try:
        answer = _client(source, target, _flags(kind, rate, seconds, interval_s, port), seconds)
    finally:
        _end(server)
    after = _tcp_counts(source), _tcp_counts(target)
    reorder = _grown(before[0], after[0], "TCPSACKReorder", "TCPTSReorder", "TCPRenoReorder")
    return parse_flow(source.label, target.label, kind, answer, _grown(before[1], after[1], "TCPOFOQueue"), reorder)


def _flags(kind: str, rate: int | None, seconds: float, interval_s: float, port: int) -> list[str]:
    flags = ["-4", "-J", "-p", str(port), "-t", f"{seconds:g}", "-i", f"{interval_s:g}", "--connect-timeout", "5000"]
    if kind == "udp":
        flags += ["-u", "-l", str(DATAGRAM)]
    return flags if rate is None else [*flags, "-b", str(rate)]


def _serve(host: RunningHost) -> tuple[subprocess.Popen[bytes], int]:
    """A server for one test that listens, and its port."""
    for port in _free_ports(host)[:_TRIES]:
        argv = host.command("setpriv", "--pdeathsig", "KILL", "iperf3", "-s", "-4", "-1", "-p", str(port))
        server = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=host.environment(),
            start_new_session=True,
        )
        if _listens(host, server, port):
            return server, port
        _end(server)
    raise ToolError([failed("iperf3", f"no server could be started on '{host.label}'", "")])


def _free_ports(host: RunningHost) -> list[int]:
    with namespaces.inside(host.process.pid):
        used = set(ports.taken(range(FIRST_PORT, FIRST_PORT + _PORTS)))
    return [port for port in range(FIRST_PORT, FIRST_PORT + _PORTS) if port not in used]


def _listens(host: RunningHost, server: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < end:
        with namespaces.inside(host.process.pid):
            if ports.taken([port]):
                return server.poll() is None
        time.sleep(0.02)
    return False


def _client(source: RunningHost, target: RunningHost, flags: list[str], seconds: float) -> dict[str, Any]:
    """What the client reports, as JSON."""
    argv = source.command("iperf3", "-c", target.address, *flags)
    said, answer = "", None
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, env=source.environment(), check=False, timeout=seconds + _BEYOND_S
        )
        said = (done.stderr or done.stdout).strip() or f"iperf3 ended with {done.returncode}"
        answer = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        said = "iperf3 did not come to an end"
    except ValueError:
        pass
    if isinstance(answer, dict) and "error" not in answer and "end" in answer:
        return answer
    reason = str(answer["error"]) if isinstance(answer, dict) and "error" in answer else said
    raise ToolError([TrafficFailed(source=source.label, target=target.label, reason=reason)])


def parse_flow(
    source: str,
    target: str,
    kind: str,
    answer: Mapping[str, Any],
    queued: int | None = None,
    reorderings: int | None = None,
) -> Flow:
    """The report of `iperf3 -J`. `queued` and `reorderings` are counts of the kernels, for TCP."""
    end: Mapping[str, Any] = answer["end"]
    udp = end.get("sum") if kind == "udp" else None
    streams = [row.get("udp", {}) for row in end.get("streams", ())]
    late = sum(int(row.get("out_of_order", 0)) for row in streams) if udp is not None else queued
    sent = end.get("sum_sent", udp or {})
    received = end.get("sum_received", udp or {})
    lost = None if udp is None else int(udp.get("lost_packets", 0))
    return Flow(
        source=source,
        target=target,
        kind=kind,
        seconds=float(sent.get("seconds", 0)),
        sent_rate=float(sent.get("bits_per_second", 0)),
        received_rate=float(received.get("bits_per_second", 0)),
        packets=None if udp is None else int(udp.get("packets", 0)),
        lost=lost,
        jitter_ms=None if udp is None else float(udp.get("jitter_ms", 0)),
        retransmits=int(sent.get("retransmits", 0)) if udp is None else None,
        out_of_order=late,
        reorderings=reorderings if udp is None else None,
        intervals=tuple(
            (float(row["sum"]["start"]), float(row["sum"]["bits_per_second"])) for row in answer.get("intervals", ())
        ),
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    """`-1` ends a server after its test; this ends it in any case."""
    with suppress(subprocess.TimeoutExpired):
        server.wait(1.0)
        return
    server.kill()
    server.wait()


def _tcp_counts(host: RunningHost) -> dict[str, int]:
    """The counters of TCP in the namespace of a host."""
    return read_netstat(Path(f"/proc/{host.process.pid}/net/netstat"))


def read_netstat(file: Path) -> dict[str, int]:
    """Counters by name from /proc/PID/net/netstat: pairs of lines, names and values. Empty where it cannot be read."""
    counts: dict[str, int] = {}
    with suppress(OSError, ValueError):
        lines = file.read_text().splitlines()
        for names, values in zip(lines[::2], lines[1::2], strict=False):
            counts.update(zip(names.split()[1:], map(int, values.split()[1:]), strict=False))
    return counts


def _grown(before: Mapping[str, int], after: Mapping[str, int], *names: str) -> int | None:
    """How much counters have grown together; None where the kernel has none of them."""
    known = [name for name in names if name in after]
    return sum(after[name] - before.get(name, 0) for name in known) if known else None
