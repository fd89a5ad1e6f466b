"""Compile time: wall-clock seconds of the whole command, start-up and writing included, always into a fresh folder."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import contra
from contra.experiments.tasks import CompileTask, Outcome
from contra.options import ProtocolOptions

_START = "from contra.cli.{0} import main; raise SystemExit(main())"
_SHOWN = 300


class CompilerFailed(Exception):
    """The compiler refused what it was to compile; its message."""


def measure(task: CompileTask, build: Path) -> Outcome:
    """Median, least and greatest time of `repeats` compilations."""
    seconds, switches = [], 0
    with tempfile.TemporaryDirectory(prefix="contra-") as name:
        folder = Path(name)
        command = _command(task, folder)
        for number in range(task.repeats):
            seconds.append(_seconds([*command, "-o", str(folder / f"build{number}")]))
        switches = sum(1 for _ in (folder / "build0" / "switches").iterdir())
    return Outcome(
        measures={
            "switches": switches,
            "repeats": task.repeats,
            "compile_s": round(statistics.median(seconds), 4),
            "compile_min_s": round(min(seconds), 4),
            "compile_max_s": round(max(seconds), 4),
        }
    )


def _command(task: CompileTask, folder: Path) -> list[str]:
    topology = folder / "topology.json"
    topology.write_text(task.topology, encoding="utf-8")
    if task.baseline:
        words = [sys.executable, "-c", _START.format("contra"), "baseline", task.baseline, str(topology)]
        return [*words, *_options(task.options, ("probe_period_us", "flowlet_timeout_us"))]
    policy = folder / "policy.ctr"
    policy.write_text(task.policy, encoding="utf-8")
    words = [sys.executable, "-c", _START.format("contrac"), str(policy), str(topology), "-q"]
    return [*words, *_options(task.options, ("probe_period_us", "flowlet_timeout_us", "flowlet_slots"))]


def _options(options: ProtocolOptions, names: Sequence[str]) -> list[str]:
    found = []
    for name in names:
        value = getattr(options, name)
        text = f"{value}us" if name.endswith("_us") else str(value)
        found += [f"--{name.removesuffix('_us').replace('_', '-')}", text]
    return found


def _seconds(command: Sequence[str]) -> float:
    path = os.pathsep.join([str(Path(contra.__file__).parent.parent), *filter(None, [os.environ.get("PYTHONPATH")])])
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path})
    seconds = time.perf_counter() - start
    if done.returncode:
        raise CompilerFailed(" ".join(done.stderr.split())[:_SHOWN])
    return seconds
