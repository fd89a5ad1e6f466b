"""Captures: one pcapng with a block per interface, by dumpcap.

A frame between two switches is in it once, as it came in at the port that received it: behind the queue of the sender,
so that what a cut or a full queue has swallowed is not in it. On links of hosts both directions are captured at the
switch's end.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from contra.deploy.errors import ToolError
from contra.deploy.network.errors import CaptureFailed
from contra.deploy.network.switches import tail
from contra.deploy.plan import Plan

START_S = 20.0
END_S = 20.0
BUFFER_MIB = 8
"""Of the kernel, per interface."""

_COUNTS = re.compile(r"^Packets received/dropped on interface '(?P<name>.+)': (?P<got>\d+)/(?P<lost>\d+) ", re.M)


@dataclass(frozen=True, slots=True)
class Tap:
    """A place to capture at."""

    interface: str
    description: str
    inbound: bool
    """Only what comes in."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What became of a capture."""

    file: Path
    packets: Mapping[str, int]
    """Frames by interface."""
    lost: int
    """Frames that dumpcap could not take."""


def taps(plan: Plan, links: Sequence[int], hosts: Sequence[int] = ()) -> list[Tap]:
    """The places for links (by number), and for the links of hosts (by number)."""
    switches = plan.build.topology.switches
    rows = []
    for number in links:
        link, (a, b) = plan.links[number].link, plan.links[number].interfaces
        names = f"{switches[link.a].label}:{link.a_port}", f"{switches[link.b].label}:{link.b_port}"
        rows.append(Tap(a, f"{names[0]} from {names[1]}", inbound=True))
        rows.append(Tap(b, f"{names[1]} from {names[0]}", inbound=True))
    for number in hosts:
        row = plan.hosts[number]
        switch = f"{switches[row.host.switch].label}:{row.host.port}"
        rows.append(Tap(row.switch_interface, f"{switch} and {row.host.label}", inbound=False))
    return rows


def command(places: Sequence[Tap], file: Path, megabytes: int) -> list[str]:
    """The command line of dumpcap."""
    argv = ["setpriv", "--pdeathsig", "INT", "dumpcap", "-q", "-B", str(BUFFER_MIB)]
    for place in places:
        argv += ["-i", place.interface, "--ifdescr", place.description, "-f", "inbound" if place.inbound else ""]
    return [*argv, "-w", str(file), "-a", f"filesize:{megabytes * 1000}"]


class Capture:
    """A capture that runs. Made by `Network.capture`, in the namespace of the switches and by a thread that stays."""

    def __init__(
        self, places: Sequence[Tap], file: Path, megabytes: int, log: Path, environment: Mapping[str, str]
    ) -> None:
        """Start it. Raises ToolError; frames are taken from its return on."""
        self.file = file
        self._log = log
        try:
            with log.open("wb") as said:
                self._process = subprocess.Popen(
                    command(places, file, megabytes),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    env=dict(environment) | {"LC_ALL": "C"},
                    start_new_session=True,
                )
        except OSError as error:
            raise ToolError([CaptureFailed(file=str(file), said=f"  {error}")]) from None
        self._wait_for_start()

    @property
    def running(self) -> bool:
        """Whether it still takes frames; it ends by itself when the file is full."""
        return self._process.poll() is None

    def stop(self) -> Captured:
        """End it; the file is complete then. Raises ToolError where dumpcap has failed."""
        if self.running:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code != 0:
            raise ToolError([self._failure()])
        return read_counts(self.file, self._log.read_text(encoding="utf-8", errors="replace"))

    def kill(self) -> None:
        """End it at once, whatever becomes of the file."""
        self._process.kill()
        self._process.wait()

    def _wait_for_start(self) -> None:
        """dumpcap names its file when all interfaces are open."""
        end = time.monotonic() + START_S
        while b"File: " not in self._log.read_bytes():
            if not self.running or time.monotonic() > end:
                self.kill()
                raise ToolError([self._failure()])
            time.sleep(0.02)

    def _failure(self) -> CaptureFailed:
        return CaptureFailed(file=str(self.file), said=tail(self._log))


def read_counts(file: Path, said: str) -> Captured:
    """What dumpcap tells at its end."""
    rows = list(_COUNTS.finditer(said))
    return Captured(file, {row["name"]: int(row["got"]) for row in rows}, sum(int(row["lost"]) for row in rows))
