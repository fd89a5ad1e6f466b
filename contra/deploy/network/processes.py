"""Processes as /proc shows them: found by a mark in their environment, known by number and start time."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MARK = "CONTRA_DEPLOYMENT"
"""Environment variable of all that belongs to a deployment; its value is the deployment's token."""

PROC = Path("/proc")

_START = 19
"""Place of the start time in /proc/PID/stat, counted behind the name."""


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken for a later one of the same number."""

    pid: int
    start: int
    """Clock ticks since boot."""

    @property
    def alive(self) -> bool:
        """Whether it still runs (a zombie does not)."""
        return started(self.pid) == self.start


def own() -> Process:
    """This process."""
    pid = os.getpid()
    return Process(pid, started(pid) or 0)


def started(pid: int, proc: Path = PROC) -> int | None:
    """When a process started; None where there is none, or only a zombie."""
    try:
        text = (proc / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold spaces and brackets
    if len(fields) <= _START or fields[0] in "ZX":
        return None
    return int(fields[_START])


def marked(token: str, proc: Path = PROC) -> Iterator[Process]:
    """All processes with the mark of a deployment, this one excepted."""
    needle = f"{MARK}={token}".encode()
    for entry in proc.iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        pid = int(entry.name)
        start = started(pid, proc)
        if start is not None and needle in _environment(entry):
            yield Process(pid, start)


def _environment(entry: Path) -> list[bytes]:
    try:
        return (entry / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def kill_marked(token: str, seconds: float = 10.0) -> int:
    """Kill all processes with a mark, and those that they start meanwhile; how many there were.

    Returns when none is left or the time is over.
    """
    killed: set[Process] = set()
    end = time.monotonic() + seconds
    while found := list(marked(token)):
        for process in found:
            kill(process)
            killed.add(process)
        if time.monotonic() > end:
            break
        time.sleep(0.01)
    return len(killed)


def kill(process: Process, number: int = signal.SIGKILL) -> None:
    """Send a signal to a process, and to no other that has its number by now."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except OSError:
        return
    try:
        if process.alive:
            signal.pidfd_send_signal(descriptor, number)
    except ProcessLookupError:
        pass
    finally:
        os.close(descriptor)
