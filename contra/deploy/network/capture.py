"""Captures: one pcapng with a block per interface, by a process of its own (`tap`).

A frame between two switches is in it once, as it came in at the port that received it: behind the queue of the sender,
so that what a cut or a full queue has swallowed is not in it. On links of hosts both directions are captured at the
switch's end. Frames carry their direction (`frame.packet_flags_direction` in Wireshark).
"""

from __future__ import annotations

import json
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contra.deploy.errors import ToolError
from contra.deploy.network import tap
from contra.deploy.network.errors import CaptureFailed
from contra.deploy.network.switches import tail
from contra.deploy.plan import Plan

START_S = 20.0
END_S = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to capture."""

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
    """Frames that could not be taken."""


def places(plan: Plan, links: Sequence[int], hosts: Sequence[int] = ()) -> list[Place]:
    """The places for links (by number), and for the links of hosts (by number)."""
    switches = plan.build.topology.switches
    rows = []
    for number in links:
        link, (a, b) = plan.links[number].link, plan.links[number].interfaces
        names = f"{switches[link.a].label}:{link.a_port}", f"{switches[link.b].label}:{link.b_port}"
        rows.append(Place(a, f"{names[0]} from {names[1]}", inbound=True))
        rows.append(Place(b, f"{names[1]} from {names[0]}", inbound=True))
    for number in hosts:
        row = plan.hosts[number]
        switch = f"{switches[row.host.switch].label}:{row.host.port}"
        rows.append(Place(row.switch_interface, f"{switch} and {row.host.label}", inbound=False))
    return rows


class Capture:
    """A capture that runs. Made by `Network.capture`, in the namespace of the switches and by a thread that stays."""

    def __init__(
        self, where: Sequence[Place], file: Path, megabytes: int, log: Path, environment: Mapping[str, str]
    ) -> None:
        """Start it. Raises ToolError (CTR1243); all frames are taken from its return on."""
        self.file = file
        self._log = log
        self._answer = ""
        request = {"file": str(file), "bytes": megabytes * 1_000_000, "taps": [asdict(place) for place in where]}
        command = ["setpriv", "--pdeathsig", "INT", sys.executable, "-I", "-S", tap.__file__]
        try:
            with log.open("wb") as said:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=said,
                    env=dict(environment),
                    start_new_session=True,
                    text=True,
                )
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(request))
            self._process.stdin.close()
        except OSError as error:
            raise ToolError([CaptureFailed(file=str(file), reason=str(error))]) from None
        if self._line(START_S) != "ready":
            raise self._failure()

    @property
    def running(self) -> bool:
        """Whether it still takes frames; it ends by itself when the file is full."""
        return self._process.poll() is None

    def stop(self) -> Captured:
        """End it; the file is complete then. Raises ToolError (CTR1243) where it has failed."""
        if self.running:
            self._process.send_signal(signal.SIGINT)
        try:
            answer: dict[str, Any] = json.loads(self._line(END_S))
            result = Captured(self.file, dict(answer["packets"]), int(answer["lost"]))
        except (ValueError, LookupError, TypeError):
            raise self._failure() from None
        self.kill()
        return result

    def kill(self) -> None:
        """End it at once, whatever becomes of the file."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _line(self, seconds: float) -> str:
        """The next line of the process; empty if there is none in time. It has only one more to say."""
        assert self._process.stdout is not None
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        if poll.poll(seconds * 1000):
            self._answer = self._process.stdout.readline().strip()
            return self._answer
        return ""

    def _failure(self) -> ToolError:
        """What it said of its failure; it is ended."""
        self.kill()
        try:
            reason = str(json.loads(self._answer)["error"])
        except (ValueError, LookupError, TypeError):
            reason = f"the capturing process ended; its last words:\n{tail(self._log)}"
        return ToolError([CaptureFailed(file=str(self.file), reason=reason)])
