"""The folder of results: each run's file written as a whole or not at all, finished ones found again.

`experiment.toml` is the experiment as given, `plan.json` all its runs, `runs/ID.json` a finished run with its row and
its curves, `runs/ID.flows.csv.gz` its flows, `runs/ID.failed.json` a run that ended with an exception, `table.csv` (and
`table.parquet` where pyarrow is there) a row for each run. `builds` has what the switches ran.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from contra import __version__
from contra.diagnostics import CompileError, Reporter, shown
from contra.engine.inputs.files import printable
from contra.experiments.errors import (
    CannotKeep,
    DamagedRun,
    InUse,
    NotOurResults,
    OtherExperiment,
    OtherVersion,
)
from contra.experiments.tasks import Outcome, Run

FORMAT = 1
PLAN, EXPERIMENT, RUNS, LOCK = "plan.json", "experiment.toml", "runs", ".lock"
_OURS = (PLAN, EXPERIMENT, RUNS, LOCK, "builds", "inputs", "table.csv", "table.parquet")


class Store:
    """A folder of results that this process may write. Use it as a context; it is locked for others until the end."""

    def __init__(self, folder: Path, experiment: str) -> None:
        self.folder = folder
        self.finished = 0
        self.total = 0
        self._lock: IO[bytes] | None = None
        self._check(experiment)

    def __enter__(self) -> Store:
        try:
            (self.folder / RUNS).mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / LOCK).open("ab")
        except OSError as error:
            raise self._refused(error, self.folder) from error
        if not _locked(self._lock):
            self._lock.close()
            raise CompileError([InUse(path=printable(self.folder))])
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            self._lock.close()

    def _check(self, experiment: str) -> None:
        """Raise CompileError where the folder is not ours, of another version or of another experiment."""
        path = printable(self.folder)
        if not self.folder.exists():
            return
        if not self.folder.is_dir():
            raise CompileError([NotOurResults(path=path, reason="it is a file")])
        plan = read_plan(self.folder)
        if plan is None:
            return
        if plan.get("contrac_version") != __version__ or plan.get("format") != FORMAT:
            found = shown(str(plan.get("contrac_version")))
            raise CompileError([OtherVersion(path=path, found=found, own=__version__)])
        if plan.get("experiment") != experiment:
            found = shown(str(plan.get("experiment")))
            raise CompileError([OtherExperiment(path=path, found=found, own=experiment)])

    # ------------------------------------------------------------------------------------------ runs

    def open_plan(self, text: str, plan: Mapping[str, Any]) -> None:
        """Note the experiment and its runs, before the first of them."""
        self.total = len(plan["runs"])
        self.write(EXPERIMENT, text.encode())
        self.write(PLAN, _json(plan))

    def earlier_digests(self) -> Mapping[str, Any]:
        """The builds that the folder's plan names."""
        found = (read_plan(self.folder) or {}).get("builds")
        return found if isinstance(found, dict) else {}

    def row_of(self, run: Run, reporter: Reporter) -> Mapping[str, Any] | None:
        """The row of a run that was finished earlier."""
        path = self.folder / RUNS / f"{run.id}.json"
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            found = None
        row = found.get("row") if isinstance(found, dict) else None
        if not isinstance(row, dict) or row.get("run") != run.id:
            reporter.report(DamagedRun(path=printable(path)))
            return None
        return row

    def keep(self, run: Run, outcome: Outcome) -> Mapping[str, Any]:
        """Write a finished run, its list of flows first; the row of the table."""
        row = {"run": run.id, **run.labels, **outcome.measures, "contrac_version": __version__}
        if outcome.flows:
            self.write(f"{RUNS}/{run.id}.flows.csv.gz", outcome.flows)
        self.write(f"{RUNS}/{run.id}.json", _json({"row": row, "series": dict(outcome.series)}))
        with suppress(OSError):
            (self.folder / RUNS / f"{run.id}.failed.json").unlink(missing_ok=True)
        self.finished += 1
        return row

    def keep_failure(self, run: Run, reason: str, trace: str) -> str:
        """Write down why a run has no result; the name of the file."""
        name = f"{RUNS}/{run.id}.failed.json"
        self.write(name, _json({"run": run.id, **run.labels, "error": reason, "traceback": trace.splitlines()}))
        return str(self.folder / name)

    def write(self, name: str, data: bytes) -> None:
        """A file, as a whole or not at all. Raises CompileError (CTR1536)."""
        path = self.folder / name
        new = path.with_name(f".{path.name}.new")
        try:
            new.write_bytes(data)
            new.replace(path)
        except OSError as error:
            with suppress(OSError):
                new.unlink(missing_ok=True)
            raise self._refused(error, path) from error

    def _refused(self, error: OSError, path: Path) -> CompileError:
        reason = (error.strerror or str(error)).lower()
        name = printable(path)
        return CompileError([CannotKeep(path=name, reason=reason, finished=self.finished, total=self.total)])


def read_plan(folder: Path) -> Mapping[str, Any] | None:
    """`plan.json` of a folder of results; None where nothing was kept there yet. Raises CompileError (CTR1532)."""
    path = printable(folder)
    try:
        plan = json.loads((folder / PLAN).read_bytes())
    except FileNotFoundError:
        others = sorted(each.name for each in folder.iterdir() if each.name not in _OURS)
        if others:
            reason = f"it has no {PLAN}, but '{shown(others[0])}'"
            raise CompileError([NotOurResults(path=path, reason=reason)]) from None
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise CompileError([NotOurResults(path=path, reason=f"its {PLAN} cannot be read")]) from error
    if not isinstance(plan, dict) or "contrac_version" not in plan or not isinstance(plan.get("runs"), list):
        raise CompileError([NotOurResults(path=path, reason=f"its {PLAN} is not by contra exp")])
    return plan


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _locked(file: IO[bytes]) -> bool:
    """Whether this process has the file for itself now. Where there are no such locks nobody is kept out."""
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
