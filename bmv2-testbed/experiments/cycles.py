"""Does anything stay behind: up, fail, heal, down, many times; processes, namespaces, interfaces and files compared."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from experiments.cases import cases
from experiments.net import compiled, network
from experiments.options import Options
from experiments.report import Result, say, spread

CYCLES = 20
MARK = "CONTRA_MEASURE"
"""An environment variable by which processes that came of ours are known; whatever they start inherits it."""
FOLDERS = ("/run", os.environ.get("CONTRA_RUN") or "/run/contra", "/run/netns", "/tmp", "/dev/shm")
LOOKS, BETWEEN_S = 10, 2.0
"""At what is left: of what comes and goes meanwhile, somebody else is the owner."""

Snapshot = Mapping[str, frozenset[str]]


def run(options: Options) -> Result:
    """One policy on one network (congestion-aware on Abilene unless others are named)."""
    case = cases(options.networks, options.policies, (("abilene",), ("ca",)))[0]
    build, token = compiled(case, options), uuid4().hex
    os.environ[MARK] = token
    try:
        before = snapshot(token)
        times = []
        for number in range(options.repeats or CYCLES):
            say(f"cycles: {case.name}, {number + 1}")
            times.append(_cycle(build, options, number))
        after = staying(token)
    finally:
        del os.environ[MARK]
    left = {kind: sorted(after[kind] - before[kind]) for kind in after}
    gone = {kind: sorted(before[kind] - after[kind]) for kind in after}
    rows = [{"what": k, "before": len(before[k]), "after": len(after[k]), "left behind": len(left[k])} for k in after]
    return Result(
        f"cycles: {len(times)} times up, fail, heal, down of {case.name}; what is left",
        rows,
        not any(left.values()),
        {"left": left, "gone": gone, "up_s": spread(row["up_s"] for row in times), "cycles": times},
        [f"{kind}: {name}" for kind, names in left.items() for name in names],
    )


def _cycle(build: Path, options: Options, number: int) -> dict[str, Any]:
    begun = time.monotonic()
    with network(build, options) as net:
        up = time.monotonic() - begun
        links = [row["name"] for row in net.status["links"]]
        link = links[number % len(links)]
        net.do("fail", link)
        time.sleep(net.period_s)
        net.do("heal", link)
    return {"link": link, "up_s": up, "s": time.monotonic() - begun}


def staying(token: str) -> Snapshot:
    """What is there at every look."""
    found = snapshot(token)
    for _ in range(LOOKS):
        time.sleep(BETWEEN_S)
        again = snapshot(token)
        found = {kind: names & again[kind] for kind, names in found.items()}
    return found


def snapshot(token: str) -> Snapshot:
    """What there is now. Processes and unnamed namespaces: only those that came of ours, by their environment."""
    ours = [pid for pid in _pids() if _marked(pid, token)]
    return {
        "processes": frozenset(f"{pid} {_command(pid)}" for pid in ours),
        "namespaces of processes": frozenset(filter(None, map(_namespace, ours))) - {_namespace(os.getpid())},
        "named namespaces": frozenset(_names("/run/netns")),
        "interfaces": frozenset(_interfaces()),
        **{f"files in {folder}": frozenset(_names(folder)) for folder in FOLDERS},
    }


def _pids() -> list[int]:
    """All but our own."""
    return [
        int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and entry.name != str(os.getpid())
    ]


def _marked(pid: int, token: str) -> bool:
    with suppress(OSError):
        return f"{MARK}={token}".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    return False


def _command(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def _namespace(pid: int) -> str:
    with suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/net")  # noqa: PTH115  # not a path
    return ""


def _names(folder: str) -> list[str]:
    with suppress(OSError):
        return [entry.name for entry in Path(folder).iterdir()]
    return []


def _interfaces() -> list[str]:
    done = subprocess.run(["ip", "-json", "link", "show"], capture_output=True, text=True, check=True)
    return [str(row["ifname"]) for row in json.loads(done.stdout)]
