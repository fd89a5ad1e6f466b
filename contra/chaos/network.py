"""The running network that faults are put into: what a fault needs of it, and the one that `contra net up` holds."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from contra.chaos.errors import OtherBuildRuns, SwitchesSpeakTls
from contra.deploy.daemon.client import RemoteFailure, call
from contra.deploy.daemon.places import Places
from contra.deploy.network import namespaces, processes
from contra.deploy.network.processes import Process
from contra.deploy.plan import Settings
from contra.diagnostics import CompileError


class Failed(Exception):
    """What was asked for did not come about; in words."""


class RunningNetwork(Protocol):
    """Switches by number. All methods but `whole` raise Failed."""

    folder: Path
    """For files that end with the network."""
    settings: Settings

    def address(self, switch: int) -> str:
        """HOST:PORT of its P4Runtime server."""

    def thrift_port(self, switch: int) -> int | None:
        """Of the switch's own interface; None where it has none."""

    def reach(self, switch: int, target: str | None) -> None:
        """Have the controller go to a switch by another address; None: straight again. The switch keeps all it has."""

    def refill(self, switch: int) -> None:
        """Kill a switch, start it again, and have the controller load program and entries."""

    def apply(self, build: Path) -> None:
        """Have the controller change to another build of the same programs."""

    def kill(self, switch: int) -> None:
        """Kill the process of a switch, at once."""


class LiveNetwork:
    """The network that `contra net up` holds. It takes this thread, for good, to where the switches can be reached.

    Make it before gRPC is loaded: its threads are where its first one is. Raises CompileError where no such network
    runs, or one over TLS (CTR1906).
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        status = call(places, {"do": "status"})
        if status["tls"]:
            raise CompileError([SwitchesSpeakTls()])
        self.build, self.folder = Path(status["build"]), places.folder
        self._rows: Sequence[dict[str, Any]] = status["switches"]
        self.settings = Settings(name=places.name, scale=Fraction(status["scale"]))
        enter(next((row["pid"] for row in self._rows if row["pid"]), None))

    def require(self, build: Path) -> None:
        """Raise CompileError (CTR1907) unless it runs this build."""
        if self.build != build.resolve():
            diagnostic = OtherBuildRuns(name=self._places.name, running=str(self.build), build=str(build))
            raise CompileError([diagnostic])

    def address(self, switch: int) -> str:
        """HOST:PORT of its P4Runtime server."""
        return str(self._rows[switch]["p4runtime"])

    def thrift_port(self, switch: int) -> int | None:
        """Of the switch's own interface; None where it has none."""
        port = self._rows[switch]["thrift"]
        return None if port is None else int(port)

    def reach(self, switch: int, target: str | None) -> None:
        """Have the controller go to a switch by another address, as long as this process lives."""
        own = processes.own()
        self._ask("reach", switch=self._name(switch), target=target, owner={"pid": own.pid, "start": own.start})

    def refill(self, switch: int) -> None:
        """`contra net restart`."""
        self._ask("restart", switch=self._name(switch))

    def apply(self, build: Path) -> None:
        """`contra net apply`."""
        self._ask("apply", build=str(build.resolve()))

    def kill(self, switch: int) -> None:
        """Kill the process of a switch, at once."""
        pid = call(self._places, {"do": "status"})["switches"][switch]["pid"]
        start = processes.started(int(pid or 0))
        if start is not None:
            processes.kill(Process(int(pid), start))

    def _name(self, switch: int) -> str:
        return str(self._rows[switch]["name"])

    def _ask(self, do: str, **values: Any) -> dict[str, Any]:
        try:
            return call(self._places, {"do": do, **values})
        except RemoteFailure as failure:
            raise Failed(failure.text.strip()) from None
        except CompileError as error:
            raise Failed(str(error)) from None


def enter(pid: int | None) -> None:
    """Take this thread into the network namespace of a process. Raises ToolError where it may not go there."""
    if pid is None:
        return
    with suppress(OSError):
        if namespaces.inode(pid) != namespaces.inode():
            descriptor = namespaces.opened(pid)
            try:
                namespaces.enter(descriptor)
            finally:
                os.close(descriptor)
