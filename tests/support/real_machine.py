"""The machine that real networks are built on: what tests need of it, and what it looks like before and after."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contra.deploy.network import namespaces, preflight
from contra.deploy.plan import Plan, Settings, make_plan
from contra.diagnostics import Reporter
from contra.engine.build import load

REPO = Path(__file__).parent.parent.parent
DRIVE = REPO / "tests" / "support" / "drive.py"
FRAME = bytes.fromhex("ffffffffffff020000000001" + "9999") + b"a frame of nobody" + bytes(40)
EVERYTHING = 3
RUN = "CONTRA_TEST_RUN"


def missing() -> str | None:
    """Why these tests cannot run here, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    tools = (*preflight.TOOLS, "p4c-bm2-ss", "iperf3", "tshark", "capinfos")
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if absent:
        return f"{', '.join(absent)} not installed"
    trouble = preflight.mininet_trouble()
    return f"Mininet cannot be used: {trouble}" if trouble else None


REASON = missing()
REAL = [
    pytest.mark.testbed,
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
]


def plan_of(build: Path, **settings: Any) -> Plan:
    reporter = Reporter()
    return make_plan(load(build, reporter), Settings(**{"name": "net", "isolated": True, **settings}), reporter)


def in_new_namespace(work: Callable[[], None]) -> None:
    """Run a test in a namespace (and a /sys) of its own; this thread stays where it is."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            namespaces.isolate()
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            work()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def ask(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


SYSCTLS = ("fs/file-max", "kernel/pty/max", "net/core/netdev_max_backlog", "net/ipv4/neigh/default/gc_thresh1")
SYSCTLS += ("net/core/wmem_max", "net/core/rmem_max", "net/ipv4/tcp_rmem", "net/ipv4/tcp_wmem", "net/ipv4/ip_forward")


def machine(folder: Path) -> dict[str, Any]:
    """What of the machine a network could change."""
    needle = f"{RUN}={os.environ[RUN]}".encode()
    marked = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if needle in (entry / "environ").read_bytes():
                    marked.append((entry / "cmdline").read_bytes())
            except OSError:
                continue
    return {
        "links": sorted(line.split(":", 1)[1] for line in ask("ip", "-o", "link").splitlines()),
        "addresses": ask("ip", "-o", "address"),
        "routes": ask("ip", "route"),
        "qdiscs": ask("tc", "qdisc"),
        "processes": sorted(marked),
        "files": sorted(str(path) for path in folder.rglob("*")),
        "sysctls": {name: file.read_text() for name in SYSCTLS if (file := Path("/proc/sys") / name).exists()},
        "threads": sorted(thread.name for thread in threading.enumerate() if thread.name.startswith("contra")),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
    }


def same(before: dict[str, Any], after: dict[str, Any]) -> None:
    for key, value in before.items():
        assert after[key] == value, key


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)
