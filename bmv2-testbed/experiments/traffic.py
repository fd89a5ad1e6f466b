"""Senders and receivers on the hosts of a running network: `hostside.py`, started by `contra net exec`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Timer
from typing import Any

from experiments.net import CommandFailed, Net

SCRIPT = Path(__file__).resolve().parent.parent / "hostside.py"
PORT = 7000
_TOGETHER = 4
"""TCP senders at a time."""
_END_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Datagrams from one host to another."""

    number: int
    """Unique in a run."""
    source: str
    target: str
    count: int
    interval_s: float
    offset_s: float = 0.0
    size: int = 100
    """Bytes of UDP payload."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A datagram that a host has received."""

    flow: int
    sequence: int
    sent: float
    """s since the epoch."""
    received: float


class Receivers:
    """A receiver on each host. `arrivals` are there once they are stopped."""

    def __init__(self, net: Net, hosts: Iterable[str]) -> None:
        self._running = {host: net.start(host, sys.executable, str(SCRIPT), "receive", str(PORT)) for host in hosts}
        self.arrivals: list[Arrival] = []

    def wait_ready(self) -> None:
        """Until all listen. Raises CommandFailed."""
        for host, process in self._running.items():
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                raise CommandFailed(f"the receiver on {host} did not start")

    def stop(self) -> None:
        """End them, and keep what they have received."""
        for process in self._running.values():
            _end_input(process)
        for host, process in self._running.items():
            answer = _answer(process, host)
            self.arrivals += [Arrival(row[1], row[2], row[3] / 1e9, row[4] / 1e9) for row in answer["datagrams"]]

    def kill(self) -> None:
        """End them at once."""
        _kill(self._running.values())


@contextmanager
def receivers(net: Net, hosts: Iterable[str] = ()) -> Iterator[Receivers]:
    """Receivers while the block runs (on all hosts, if none is named)."""
    found = Receivers(net, hosts or net.addresses)
    try:
        found.wait_ready()
        yield found
        found.stop()
    finally:
        found.kill()


class Senders:
    """Datagram senders, one process per sending host."""

    def __init__(self, net: Net, flows: Sequence[Flow], start: float = 0.0) -> None:
        """They begin at `start` (s since the epoch), at once without it."""
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._limit_s = _END_S + max((flow.offset_s + flow.count * flow.interval_s for flow in flows), default=0.0)
        for host in dict.fromkeys(flow.source for flow in flows):
            rows = [_row(net, flow) for flow in flows if flow.source == host]
            self._running[host] = _started(net, host, "send", {"start": start, "flows": rows})

    def wait(self) -> dict[int, int]:
        """Until all is sent; datagrams sent by flow."""
        return self._ended()

    def stop(self) -> dict[int, int]:
        """End them now; datagrams sent by flow."""
        for process in self._running.values():
            _end_input(process)
        return self._ended()

    def kill(self) -> None:
        """End them at once."""
        _kill(self._running.values())

    def _ended(self) -> dict[int, int]:
        sent: dict[int, int] = {}
        for host, process in self._running.items():
            sent |= {int(flow): count for flow, count in _answer(process, host, self._limit_s)["sent"].items()}
        return sent


@contextmanager
def senders(net: Net, flows: Sequence[Flow], start: float = 0.0) -> Iterator[Senders]:
    """Senders that are gone behind the block."""
    found = Senders(net, flows, start)
    try:
        yield found
    finally:
        found.kill()


def transfer_all(net: Net, size: int, timeout_s: float = 20.0) -> list[dict[str, Any]]:
    """A TCP transfer for each ordered pair of hosts, its content compared; receivers must run."""
    addresses = net.addresses
    names = {address: host for host, address in addresses.items()}

    def from_host(host: str) -> list[dict[str, Any]]:
        rows = [
            {"to": address, "port": PORT, "bytes": size, "seed": 1000 * index + other}
            for other, address in enumerate(addresses.values())
            if address != addresses[host]
            for index in [list(addresses).index(host)]
        ]
        process = _started(net, host, "tcp", {"timeout_s": timeout_s, "transfers": rows})
        try:
            answer = _answer(process, host, len(rows) * (3 * timeout_s))
        finally:
            _kill([process])
        return [{"source": host, "target": names[row["to"]], **row} for row in answer["transfers"]]

    with ThreadPoolExecutor(_TOGETHER) as pool:
        return [row for rows in pool.map(from_host, addresses) for row in rows]


def pairs(net: Net) -> list[tuple[str, str]]:
    """Ordered pairs of hosts."""
    hosts = list(net.addresses)
    return [(a, b) for a in hosts for b in hosts if a != b]


def _row(net: Net, flow: Flow) -> dict[str, Any]:
    row = asdict(flow)
    return {
        "flow": flow.number,
        "to": net.addresses[flow.target],
        "port": PORT,
        "source_port": 0,
        "bytes": flow.size,
        **{name: row[name] for name in ("count", "interval_s", "offset_s")},
    }


def _started(net: Net, host: str, work: str, plan: Mapping[str, Any]) -> subprocess.Popen[str]:
    process = net.start(host, sys.executable, str(SCRIPT), work)
    assert process.stdin is not None
    process.stdin.write(json.dumps(plan) + "\n")
    process.stdin.flush()
    return process


def _answer(process: subprocess.Popen[str], host: str, limit_s: float = _END_S) -> dict[str, Any]:
    """The last line that it printed. Its standard input stays open, or it would end. Raises CommandFailed."""
    late = Timer(limit_s, lambda: _kill([process]))
    late.start()
    try:
        assert process.stdout is not None
        return dict(json.loads(process.stdout.read().splitlines()[-1]))
    except (ValueError, LookupError):
        raise CommandFailed(f"the helper on {host} did not answer (exit code {process.poll()})") from None
    finally:
        late.cancel()


def _end_input(process: subprocess.Popen[str]) -> None:
    """What runs on the host takes this as the end."""
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()


def _kill(processes: Iterable[subprocess.Popen[str]]) -> None:
    for process in processes:
        _end_input(process)
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
