"""A real simple_switch_grpc without interfaces, for tests of the control plane."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from support.bmv2 import CommandLine, cli_command, missing_cli
from support.control import QUICK, small

from contra.deploy.control.client import Address
from contra.deploy.control.p4runtime import connect

TOOLS = ("simple_switch_grpc", "p4c-bm2-ss")
ABSENT = [tool for tool in TOOLS if shutil.which(tool) is None]
REAL = [
    pytest.mark.bmv2,
    pytest.mark.slow,
    pytest.mark.usefixtures("nothing_is_left_running"),
    pytest.mark.skipif(bool(ABSENT), reason=f"{' and '.join(ABSENT)} not installed"),
]
DEVICE = 3
PATIENT = replace(QUICK, connect_s=20, request_s=20, pipeline_s=30, retry_s=0.02)


def free_port() -> int:
    """A port of this machine that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealSwitch:
    """One simple_switch_grpc without interfaces."""

    def __init__(self, *arguments: str) -> None:
        self.port, self.thrift = free_port(), free_port()
        self.arguments = arguments
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        command = ["simple_switch_grpc", "--no-p4", "--device-id", str(DEVICE), "--thrift-port", str(self.thrift)]
        command += ["-L", "off", "--", "--grpc-server-addr", self.address, "--cpu-port", "510", *self.arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def thrift_cli(self, *lines: str) -> str:
        """What the switch's own command line answers."""
        reason = missing_cli()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.thrift)) != 0:
                reason = "this simple_switch_grpc was built without Thrift"
        if reason is not None:
            pytest.skip(reason)
        line = CommandLine([*(cli_command() or []), "--thrift-port", str(self.thrift)])
        try:
            return line.run(lines)
        finally:
            line.close()


def switches() -> set[str]:
    """Those among the children of this process."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            text = path.read_text(encoding="utf-8")
            parent = text[text.rindex(")") + 2 :].split()[1]
            if "(simple_switch" in text and int(parent) == os.getpid():
                found.add(path.parent.name)
    return found


def connected(address: str) -> Any:
    where = Address(target=address, device_id=DEVICE)
    return connect(where, small().names, lambda packet: None, PATIENT, Event())


def wait_until(condition: Callable[[], bool]) -> None:
    """Something that the switch does soon."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
