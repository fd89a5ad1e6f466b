"""One switch process: `simple_switch_grpc` without a program, its life and its log."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from contra.deploy.errors import ToolError
from contra.deploy.network import ports
from contra.deploy.network.errors import PortTaken, SwitchDied, SwitchSilent
from contra.deploy.network.processes import Process, started
from contra.deploy.network.tools import failed
from contra.deploy.plan import Settings, SwitchPlan

PROGRAM = "simple_switch_grpc"
LOG_BYTES = 1_000_000
"""A log file is cut back when it is longer. BMv2's own logs (--log-file) are bounded by BMv2: 4 files of 5 MB."""

LAST_WORDS = 20
"""Lines of a log that a message shows."""

START_S = 30.0


def command(row: SwitchPlan, settings: Settings, cpu_port: int, logs: Path) -> list[str]:
    """The command line of a switch. It is killed with the thread that starts it.

    Without --log-level, BMv2 writes every step of every packet in full, and throws it away where there is no log file.
    """
    argv = ["setpriv", "--pdeathsig", "KILL", PROGRAM, "--no-p4", "--device-id", str(row.device_id)]
    for port, interface in row.interfaces:
        argv += ["-i", f"{port}@{interface}"]
    argv += ["--thrift-port", str(row.thrift_port), "--log-level", settings.log_level]
    if settings.log_level != "off":
        argv += ["--log-file", str(logs / f"{row.switch.name}.bmv2")]
    argv += ["--", "--grpc-server-addr", f"127.0.0.1:{row.grpc_port}", "--cpu-port", str(cpu_port)]
    return argv + tls_flags(settings.tls)


def tls_flags(folder: Path | None) -> list[str]:
    """Flags for TLS with the files of a folder; clients must show a certificate where there is one for them."""
    if folder is None:
        return []
    files = {"cert": "server.crt", "key": "server.key", "cacert": "ca.crt"}
    flags = ["--grpc-server-ssl"]
    for flag, name in files.items():
        flags += [f"--grpc-server-{flag}", str(folder / name)]
    return [*flags, "--grpc-server-with-client-auth"] if (folder / "client.crt").exists() else flags


@dataclass(frozen=True, slots=True)
class Exit:
    """A switch that ended without being told to."""

    switch: int
    code: int
    """As subprocess has it: negative for a signal."""
    log: str
    """The last lines of its log."""


class SwitchProcess:
    """A switch that can be started, killed and started again. Use it from one thread that stays."""

    def __init__(self, row: SwitchPlan, argv: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.row = row
        self.argv = argv
        self.environment = dict(environment)
        self.log = log
        self.wanted = False
        """Whether it should run; tells a kill of ours from an exit."""
        self._popen: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; it listens a little later (`wait`). Raises ToolError."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as file:
            try:
                self._popen = subprocess.Popen(
                    self.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=subprocess.STDOUT,
                    env=self.environment,
                    cwd="/",
                    start_new_session=True,
                )
            except OSError as error:
                raise ToolError([failed(self.argv[0], "it cannot be started", str(error))]) from None
        self.wanted = True

    @property
    def process(self) -> Process | None:
        """The running process."""
        if self._popen is None or self.code is not None:
            return None
        start = started(self._popen.pid)
        return None if start is None else Process(self._popen.pid, start)

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs or was never started."""
        return None if self._popen is None else self._popen.poll()

    def wait(self, seconds: float = START_S) -> None:
        """Until its P4Runtime server listens. Raises ToolError when it ends or takes too long."""
        end = time.monotonic() + seconds
        while not self._listens():
            if self.code is not None:
                raise ToolError([self.died()])
            if time.monotonic() > end:
                row = self.row
                raise ToolError(
                    [SwitchSilent(switch=row.switch.label, port=row.grpc_port, seconds=int(seconds), log=self.tail())]
                )
            time.sleep(0.02)

    def kill(self) -> None:
        """Kill it at once, and wait for its end."""
        self.kill_soon()
        if self._popen is not None:
            self._popen.wait()
            self._popen = None

    def kill_soon(self) -> None:
        """Kill it and do not wait: closing its interfaces takes the kernel a while, which several can share."""
        self.wanted = False
        if self._popen is not None:
            self._popen.kill()

    def died(self) -> SwitchDied:
        """The message for its end."""
        code = self.code or 0
        how = f"was ended by signal {-code}" if code < 0 else f"ended by itself with {code}"
        hint = "see whether its ports are free: contra doctor" if code > 0 else "start it again: contra net restart"
        return SwitchDied(switch=self.row.switch.label, how=how, log=self.tail(), hint=hint)

    def tail(self) -> str:
        """The last lines of its log, for a message."""
        return tail(self.log)

    def bound_log(self) -> None:
        """Cut the log back when it is too long: its last quarter stays."""
        with suppress(OSError):
            if self.log.stat().st_size > LOG_BYTES:
                with self.log.open("r+b") as file:
                    file.seek(-LOG_BYTES // 4, os.SEEK_END)
                    rest = file.read()
                    file.seek(0)
                    file.write(rest)
                    file.truncate()

    def _listens(self) -> bool:
        """Whether its server is there. Raises ToolError where somebody else has the port."""
        port, process = self.row.grpc_port, self.process
        found = ports.listener(port, process.pid) if process is not None else None
        if found is False:
            by = ports.holder(port)
            raise ToolError([PortTaken(server="P4Runtime", ports=str(port), count=1, by=by)])
        return found is True


def tail(log: Path, lines: int = LAST_WORDS) -> str:
    """The last lines of a file, indented; says so where there are none."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        text = ""
    rows = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(f"  {row}" for row in rows) or "  (nothing)"
