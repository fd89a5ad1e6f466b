"""One run, in a process of its own: a function of the run and its build alone."""

from __future__ import annotations

import io
import tarfile
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from contra.diagnostics import CompileError, Reporter
from contra.experiments.tasks import CompileTask, FctTask, Outcome, RecoveryTask, Run, StateTask

Build = Path | bytes
"""A folder that the worker can read, or all of a build packed by `pack`."""

_SHOWN = 300
_MODULES = {FctTask: "fct", RecoveryTask: "recovery", StateTask: "state", CompileTask: "compiletime"}


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a run has no result. Exceptions stay in the worker: not all of them can be sent to another process."""

    reason: str
    trace: str = ""


def execute(run: Run, build: Build) -> Outcome | Failed:
    """Do what a run says."""
    try:
        return _measured(run, build)
    except CompileError as error:
        return Failed("; ".join(each.title_text() for each in error.diagnostics)[:_SHOWN], traceback.format_exc())
    except Exception as error:
        text = " ".join(str(error).split())[:_SHOWN]
        return Failed(f"{type(error).__name__}: {text}" if text else type(error).__name__, traceback.format_exc())


def _measured(run: Run, build: Build) -> Outcome:
    measure: Callable[[Any, Path], Outcome] = import_module(
        f"contra.experiments.kinds.{_MODULES[type(run.task)]}"
    ).measure
    if isinstance(build, Path):
        return measure(run.task, build)
    with tempfile.TemporaryDirectory(prefix="contra-") as folder:
        with tarfile.open(fileobj=io.BytesIO(build)) as archive:
            archive.extractall(folder, filter="data")
        return measure(run.task, Path(folder))


def warm(builds: list[Path]) -> None:
    """Compile the engine and the programs of builds into the cache, before several workers want them at once."""
    from contra.engine.simulation import Settings, open_simulation

    for build in builds:
        with suppress(CompileError):  # the run will say so
            open_simulation(build, Reporter(), Settings())


def pack(build: Path) -> bytes:
    """A build as one archive, for workers that do not share the disk."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz", compresslevel=6) as archive:
        for path in sorted(build.rglob("*")):
            archive.add(path, path.relative_to(build).as_posix(), recursive=False)
    return data.getvalue()
