"""Running things on hosts, from any process: by the ledger, in the namespace of the host's shell."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from contra.deploy.errors import ToolError
from contra.deploy.network.errors import HostGone, NoSuchHost
from contra.deploy.network.ledger import Ledger
from contra.deploy.network.processes import MARK, Process
from contra.deploy.network.tools import failed
from contra.diagnostics import CompileError, shown
from contra.suggest import did_you_mean

_RECEIVED = re.compile(r"(\d+) packets transmitted, (\d+) received")
_RTT = re.compile(r"= ([\d.]+)/([\d.]+)/([\d.]+)/[\d.]+ ms")
_PARALLEL = 8
NOT_FOUND = 127
"""Exit code for a command that is not there, as shells have it."""


@dataclass(frozen=True, slots=True)
class RunningHost:
    """A host of a running network."""

    index: int
    name: str
    label: str
    process: Process
    """Its shell, which is in its namespace."""
    address: str
    interface: str
    token: str
    """Of the deployment."""

    def command(self, *words: str) -> list[str]:
        """A command line that runs `words` on this host. Raises ToolError (CTR1240) where the host has gone."""
        if not self.process.alive:
            raise ToolError([HostGone(name=self.label)])
        return ["mnexec", "-a", str(self.process.pid), *words]

    def environment(self) -> dict[str, str]:
        """For what belongs to the deployment and ends with it."""
        return {**os.environ, MARK: self.token}


def running_hosts(ledger: Ledger) -> tuple[RunningHost, ...]:
    """The hosts of a deployment, in the order of the topology."""
    hosts = (
        RunningHost(row.index, name, row.label, row.process, row.address, row.interface, ledger.token)
        for name, row in ledger.hosts.items()
    )
    return tuple(sorted(hosts, key=lambda host: host.index))


def find_host(ledger: Ledger, name: str) -> RunningHost:
    """The host of this label or name. Raises CompileError (CTR1241) with near names."""
    hosts = running_hosts(ledger)
    by_name = {host.name: host for host in hosts} | {host.label: host for host in hosts}
    if name not in by_name:
        labels = [host.label for host in hosts]
        known = ", ".join(map(shown, labels[:8])) + (f" and {len(labels) - 8} more" if len(labels) > 8 else "")
        near = did_you_mean(name, labels)
        raise CompileError([NoSuchHost(name=shown(name), near=near, known=known or "none")])
    return by_name[name]


def execute(host: RunningHost, command: Sequence[str]) -> int:
    """Run a command on a host, with this process's terminal; its exit code (128 + N for signal N).

    Ctrl-C is the command's business, not ours. Raises ToolError where the host or `mnexec` has gone.
    """
    argv = host.command("env", "--", *command)
    with _deaf_to_interrupts():
        try:
            running = subprocess.Popen(argv, env=host.environment())
        except OSError as error:
            raise ToolError([failed(argv[0], "it cannot be started", str(error))]) from None
        try:
            code = running.wait()
        except BaseException:  # we are told to end, and the command with us
            running.terminate()
            raise
    return 128 - code if code < 0 else code


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """What one host heard of another."""

    source: str
    """Label."""
    target: str
    sent: int
    received: int
    rtt_ms: tuple[float, float, float] | None
    """Least, mean and largest; None where nothing came back."""


def ping_all(
    hosts: Sequence[RunningHost],
    count: int = 3,
    interval_s: float = 0.2,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> list[Ping]:
    """Every host pings every other one, a few at a time; in the order of pairs. Raises ToolError."""
    pairs = [(a, b) for a in hosts for b in hosts if a is not b]
    done = 0
    results = []
    with ThreadPoolExecutor(_PARALLEL) as pool:
        jobs = [pool.submit(ping, a, b, count, interval_s) for a, b in pairs]
        try:
            for job in jobs:
                results.append(job.result())
                done += 1
                progress(done, len(pairs))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


def ping(source: RunningHost, target: RunningHost, count: int = 3, interval_s: float = 0.2) -> Ping:
    """One host pings another. Raises ToolError where `ping` fails otherwise than by silence."""
    argv = source.command("ping", "-n", "-q", "-W", "1", "-c", str(count), "-i", f"{interval_s:g}", target.address)
    environment = source.environment() | {"LC_ALL": "C"}
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, env=environment, check=False, timeout=30 + count * (interval_s + 1)
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError([failed("ping", "it did not run to its end", str(error))]) from None
    return parse_ping(source.label, target.label, done.stdout, done.stderr)


def parse_ping(source: str, target: str, text: str, errors: str = "") -> Ping:
    """What `ping -q` has printed. Raises ToolError where it is something else."""
    counts = _RECEIVED.search(text)
    if counts is None:
        raise ToolError([failed("ping", f"from '{source}' to '{target}' it failed", errors or text)])
    times = _RTT.search(text)
    rtt = (float(times[1]), float(times[2]), float(times[3])) if times else None
    return Ping(source=source, target=target, sent=int(counts[1]), received=int(counts[2]), rtt_ms=rtt)


def by_pair(pings: Sequence[Ping]) -> Mapping[tuple[str, str], Ping]:
    """The matrix: by labels of source and target."""
    return {(each.source, each.target): each for each in pings}


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Ctrl-C reaches the command alone, where this is the main thread.

    A handler, not SIG_IGN, which the command would inherit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
