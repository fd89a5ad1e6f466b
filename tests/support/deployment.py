"""`contra net` in processes of its own, and what of it is left on the machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from contra.deploy.network import preflight

REPO = Path(__file__).parent.parent.parent
RUN = "CONTRA_TEST_RUN"
_CODE = "import sys; from contra.cli.contra import main; sys.exit(main())"
ATTEMPT_S = 120.0


def missing(*more: str) -> str | None:
    """Why real networks cannot be made here, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    absent = [tool for tool in (*preflight.TOOLS, "p4c-bm2-ss", *more) if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    if find_spec("p4runtime_sh") is None:
        return "p4runtime-shell is not installed"
    trouble = preflight.mininet_trouble()
    return f"Mininet cannot be used: {trouble}" if trouble else None


def diamond(folder: Path, prefix: str) -> Path:
    """The diamond with other names of switches, so that nobody else on this machine has its interfaces."""
    topology = json.loads((REPO / "topologies/diamond.json").read_text())
    own = {label: f"{prefix}{label}" for label in topology["switches"]}
    topology["switches"] = {own[label]: row for label, row in topology["switches"].items()}
    for host in topology["hosts"].values():
        host["switch"] = own[host["switch"]]
    for link in topology["links"]:
        link["ends"] = [own[label] for label in link["ends"]]
    file = folder / f"{prefix}.json"
    file.write_text(json.dumps(topology))
    return file


@dataclass(frozen=True, slots=True)
class Deployment:
    """A place for running networks, and a mark in the environment of all that is started there."""

    run: Path
    mark: str

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "CONTRA_RUN": str(self.run), RUN: self.mark, **(more or {})}

    def begin(self, *words: str, **more: str) -> subprocess.Popen[str]:
        """`contra net WORDS` in a session of its own."""
        return subprocess.Popen(
            [sys.executable, "-c", _CODE, "net", *words],
            cwd=REPO,
            env=self.environment(more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def net(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """The same, waited for."""
        process = self.begin(*words, **more)
        try:
            out, err = process.communicate(timeout=ATTEMPT_S)
        finally:
            process.kill()
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    @contextmanager
    def up(self, build: Path, *words: str) -> Iterator[subprocess.CompletedProcess[str]]:
        """A network that runs, in a namespace of its own; taken down at the end."""
        started = self.net("up", str(build), "--isolate", *words)
        try:
            assert started.returncode == 0, started.stderr
            yield started
        finally:
            assert self.net("down").returncode == 0

    def daemon(self, name: str = "contra") -> int | None:
        """The process that holds a network, once its ledger tells."""
        try:
            return int(json.loads((self.run / name / "ledger.json").read_text())["owner"]["pid"])
        except (OSError, ValueError):
            return None

    def processes(self) -> list[str]:
        """Command lines of all that was started here and still runs."""
        needle = f"{RUN}={self.mark}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if needle in (entry / "environ").read_bytes().split(b"\0"):
                        found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
                except OSError:
                    continue
        return [each for each in found if each]  # a zombie has no command line

    def left(self) -> dict[str, Any]:
        """What may not differ before and after a network."""
        links = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout
        names = sorted(line.split(": ")[1] for line in links.splitlines())
        kinds = (("net", Path("/run/netns")), ("run", self.run))
        files = {kind: sorted(_files(folder)) for kind, folder in kinds}
        return {"processes": self.processes(), "interfaces": names, **files}

    def settled(self, before: dict[str, Any], seconds: float = 20.0) -> dict[str, Any]:
        """What is left once it is as before, or the time is over."""
        wait_for(lambda: self.left() == before, seconds, quiet=True)
        return self.left()


def wait_for(holds: Callable[[], bool], seconds: float = 20.0, *, quiet: bool = False) -> None:
    """Until it is so."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            assert quiet, "it does not happen"
            return
        time.sleep(0.02)


def _files(folder: Path) -> Iterator[str]:
    """All that is in a folder, which may be just being removed."""
    for place, folders, files in os.walk(folder):
        yield from (f"{place}/{name}" for name in (*folders, *files))
