"""A real network, driven as a user would: by `contrac` and `contra net`, each a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from experiments.cases import Case
from experiments.options import REPO, Options

CONTRA = (sys.executable, "-m", "contra")
CONTRAC = (sys.executable, "-c", "import sys; from contra.cli.contrac import main; sys.exit(main(sys.argv[1:]))")
LIMIT_S = 600.0
_END_S = 60.0


class CommandFailed(Exception):
    """A command of ours ended otherwise than it should; its words are in the message."""


def environment() -> dict[str, str]:
    """That of this process, with this checkout's package first."""
    path = os.pathsep.join(filter(None, [str(REPO), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path}


def run(command: Sequence[str], allowed: tuple[int, ...] = (0,), limit_s: float = LIMIT_S) -> str:
    """What a command writes to standard output. Raises CommandFailed."""
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=limit_s, check=False)
    except subprocess.TimeoutExpired:
        raise CommandFailed(f"{_shown(command)}: no end after {limit_s:g} s") from None
    if done.returncode not in allowed:
        raise CommandFailed(f"{_shown(command)}: exit code {done.returncode}\n{done.stderr or done.stdout}")
    return done.stdout


def compiled(case: Case, options: Options) -> Path:
    """The build of a case, compiled with p4c too."""
    folder = options.out / "builds" / case.name
    folder.parent.mkdir(parents=True, exist_ok=True)
    flags = ["--probe-period", options.probe_period] if options.probe_period else []
    run([*CONTRAC, str(case.policy_file), str(case.topology_file), "-o", str(folder), "--p4c", "-q", *flags])
    return folder


class Net:
    """A network that is up. Made by `network`."""

    def __init__(self, build: Path, name: str) -> None:
        self.build, self.name = build, name
        self.status: dict[str, Any] = {}
        """What `contra net up` said."""

    def do(self, action: str, *words: str, allowed: tuple[int, ...] = (0,)) -> str:
        """Output of `contra net ACTION`. Raises CommandFailed."""
        return run([*CONTRA, "net", action, "--name", self.name, *words], allowed)

    def ask(self, action: str, *words: str, allowed: tuple[int, ...] = (0,)) -> Any:
        """The same as JSON."""
        return json.loads(self.do(action, "--json", *words, allowed=allowed))

    @property
    def addresses(self) -> dict[str, str]:
        """IP address by host, in the order of the topology."""
        return {row["name"]: row["ip"] for row in self.status["hosts"]}

    @property
    def switch_of(self) -> dict[str, str]:
        """Switch by host."""
        return {row["name"]: row["switch"] for row in self.status["hosts"]}

    @property
    def period_s(self) -> float:
        """Probe period."""
        return float(self.status["clock"]["period_us"]) / 1e6

    @property
    def flowlet_s(self) -> float:
        """Gap after which a flow may change its path."""
        manifest = json.loads((self.build / "manifest.json").read_text(encoding="utf-8"))
        return float(manifest["constants"]["flowlet_timeout_us"]) / 1e6

    def start(self, host: str, *words: str) -> subprocess.Popen[str]:
        """Start a command on a host; text goes in and comes out by pipes."""
        command = [*CONTRA, "net", "exec", "--name", self.name, host, "--", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=environment(), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )

    @contextmanager
    def captured(self, file: Path, links: Sequence[str] = ()) -> Iterator[Path]:
        """Capture links (all, if none is named) while the block runs; the file is complete behind it."""
        command = [*CONTRA, "net", "capture", "--name", self.name, "-o", str(file), *links]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, env=environment(), stdout=pipe, stderr=pipe, text=True)
        assert process.stderr is not None
        try:
            if "capturing" not in (line := process.stderr.readline()):
                raise CommandFailed(f"contra net capture: {line}{process.stderr.read()}")
            yield file
        finally:
            process.send_signal(signal.SIGINT)
            try:
                said, errors = process.communicate(timeout=_END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise CommandFailed("contra net capture did not end") from None
        if process.returncode != 0 or "lost by the capture" in said:
            raise CommandFailed(f"contra net capture: {said}{errors}")

    def events(self, action: str, since: float = 0.0) -> list[tuple[float, Mapping[str, Any]]]:
        """When (s since the epoch) something was done, and to what: from the deploy journal."""
        rows = []
        with (self.build / "deploy" / "journal.jsonl").open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                when = datetime.fromisoformat(record["time"]).timestamp()
                if record["action"] == action and record["deployment"] == self.name and when >= since:
                    rows.append((when, record))
        return rows


@contextmanager
def network(build: Path, options: Options) -> Iterator[Net]:
    """A network of a build, up; it is taken down at the end, whatever happens."""
    net = Net(build, options.name)
    begun = time.monotonic()
    try:
        net.status = net.ask("up", str(build), *options.up)
        net.status["wall_s"] = time.monotonic() - begun
        yield net
    finally:
        net.do("down")


def _shown(command: Sequence[str]) -> str:
    return " ".join(["contra", *command[3:]] if tuple(command[:3]) == CONTRA else ["contrac", *command[3:]])
