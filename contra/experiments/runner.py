"""All runs of an experiment, in the folder of its results: what is finished stays, what is missing is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter
from contra.experiments.builds import FOLDER, NOTHING, Built, Key, build_all, earlier_builds
from contra.experiments.errors import RunFailed, Unfinished
from contra.experiments.execute import Build, Failed, execute, pack, warm
from contra.experiments.plan import Case, cases, make_run, plan_of
from contra.experiments.spec import SIMULATED, Spec
from contra.experiments.store import Store
from contra.experiments.table import write_table
from contra.experiments.tasks import Outcome, Run

Workers = Callable[[], AbstractContextManager[Executor]]
AHEAD = 4
"""Runs that wait in the executor for each that is being executed: enough to keep it busy, few to take back."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an experiment is. `earlier` runs were finished before it began; `seconds` went by since the first one."""

    done: int
    total: int
    earlier: int
    seconds: float
    last: str = ""

    @property
    def remaining_s(self) -> float | None:
        """Seconds until the end, at the pace so far."""
        own = self.done - self.earlier
        return self.seconds / own * (self.total - self.done) if own else None


@dataclass(slots=True)
class Watcher:
    """Whoever wants to know how far the work is."""

    say: Callable[[str], None] = field(default=lambda text: None)
    progress: Callable[[Progress], None] = field(default=lambda progress: None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What came of it. `rows` are those of the table, in the order of the plan; failed runs have no measures there."""

    folder: Path
    rows: tuple[Mapping[str, Any], ...]
    files: tuple[str, ...]
    earlier: int
    failed: int
    unfinished: int
    seconds: float

    @property
    def fine(self) -> bool:
        """Whether every run is there and all its flows are finished."""
        return not self.failed and not self.unfinished


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How runs are executed. `jobs` at a time; `apart`: the workers do not see this disk."""

    workers: Workers
    jobs: int
    apart: bool = False


def run_experiment(
    spec: Spec, chosen: Sequence[Case], folder: Path, means: Means, reporter: Reporter, watcher: Watcher
) -> Summary:
    """Do the chosen runs of an experiment and write the table.

    Raises CompileError where the folder, a scheme or the disk does not allow it; whatever ends it, finished runs are
    kept. Runs that fail are reported as warnings and counted.
    """
    with Store(folder, spec.name) as store:
        return _Work(spec, store, means, reporter, watcher).run(chosen)


class _Work:
    def __init__(self, spec: Spec, store: Store, means: Means, reporter: Reporter, watcher: Watcher) -> None:
        self.spec, self.store, self.means, self.reporter, self.watcher = spec, store, means, reporter, watcher
        self.rows: dict[str, Mapping[str, Any]] = {}
        self.failed = 0
        self.earlier = 0
        self.begin = self.pace = time.perf_counter()

    def run(self, chosen: Sequence[Case]) -> Summary:
        """Build, look what is there, do the rest, write the table."""
        runs = self._plan(chosen)
        self.earlier = self.store.finished = len(self.rows)
        missing = [run for run in runs if run.id not in self.rows]
        self.begin = time.perf_counter()
        if missing:
            self._execute(missing)
        rows = tuple(self.rows.get(run.id, {"run": run.id, **run.labels}) for run in runs)
        files = write_table(self.store, rows)
        return Summary(
            folder=self.store.folder,
            rows=rows,
            files=files,
            earlier=self.earlier,
            failed=self.failed,
            unfinished=self._unfinished(rows),
            seconds=time.perf_counter() - self.begin,
        )

    def _plan(self, chosen: Sequence[Case]) -> list[Run]:
        """The chosen runs, and of the others those that are finished: they stay in the table."""
        builds = dict(self._builds(chosen))
        runs = []
        for case in cases(self.spec):
            built = builds.get((case.network.name, case.scheme.name))
            if built is None:
                continue
            run = make_run(self.spec, case, built)
            row = self.store.row_of(run, self.reporter)
            if row is not None:
                self.rows[run.id] = row
            if row is not None or case in chosen:
                runs.append(run)
        self.store.open_plan(self.spec.file.text, plan_of(self.spec, runs, builds))
        return runs

    def _builds(self, chosen: Sequence[Case]) -> Mapping[Key, Built]:
        """What the chosen runs need, compiled, and what was compiled earlier for others."""
        wanted = frozenset((case.network.name, case.scheme.name) for case in chosen)
        if self.spec.kind == "compile-time":
            return {(case.network.name, case.scheme.name): NOTHING for case in cases(self.spec)}
        made = build_all(self.spec, wanted, self.store.folder, self.reporter, self.watcher.say)
        return {**earlier_builds(self.spec, self.store.earlier_digests()), **made}

    # ------------------------------------------------------------------------------------------ executing

    def _execute(self, runs: Sequence[Run]) -> None:
        """Do runs; where a worker dies, the runs that were under way are tried once more, each in a pool of its own."""
        self._note("")
        waiting = list(runs)
        while waiting:
            suspects, waiting = self._with_workers(waiting, self.means.jobs)
            for run in suspects:
                if any(self._with_workers([run], 1)):
                    self._fail(run, Failed("its process was killed, perhaps for want of memory"))

    def _with_workers(self, runs: Sequence[Run], jobs: int) -> tuple[list[Run], list[Run]]:
        """Do runs; those that were under way when a worker died, and those that nobody had begun by then."""
        waiting = list(reversed(runs))
        under_way: dict[Future[Outcome | Failed], Run] = {}
        try:
            with self.means.workers() as executor:
                self._warm(executor, runs)
                self.pace = time.perf_counter()
                while waiting or under_way:
                    while waiting and len(under_way) < max(jobs * AHEAD, jobs + 1):
                        run = waiting.pop()
                        under_way[executor.submit(execute, run, self._build(run))] = run
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        self._take(under_way.pop(future), future.result())
        except BrokenProcessPool:
            return [run for run in runs if run.id not in self.rows and run not in waiting], waiting[::-1]
        return [], []

    def _take(self, run: Run, found: Outcome | Failed) -> None:
        """Keep what a run found, or why it failed."""
        if isinstance(found, Failed):
            self._fail(run, found)
        else:
            self.rows[run.id] = self.store.keep(run, found)
        self._note(run.words)

    def _fail(self, run: Run, failed: Failed) -> None:
        self.failed += 1
        file = self.store.keep_failure(run, failed.reason, failed.trace)
        self.rows[run.id] = {"run": run.id, **run.labels, "error": failed.reason}
        self.reporter.report(RunFailed(run=run.id, what=run.words, reason=failed.reason, file=file))

    def _warm(self, executor: Executor, runs: Sequence[Run]) -> None:
        """Have one worker compile what all need, where they share a cache."""
        if self.spec.kind in SIMULATED and not self.means.apart:
            names = dict.fromkeys(run.build for run in runs)
            self.watcher.say("compiling the engine, where that was not done before")
            executor.submit(warm, [self._folder(name) for name in names]).result()

    def _build(self, run: Run) -> Build:
        folder = self._folder(run.build)
        return pack(folder) if self.means.apart and run.build else folder

    def _folder(self, build: str) -> Path:
        return (self.store.folder / FOLDER / build).absolute()

    # ------------------------------------------------------------------------------------------ telling

    def _note(self, last: str) -> None:
        seconds = time.perf_counter() - self.pace
        self.watcher.progress(Progress(len(self.rows), self.store.total, self.earlier, seconds, last))

    def _unfinished(self, rows: Sequence[Mapping[str, Any]]) -> int:
        """Runs with flows that did not finish; they are reported."""
        found = [row for row in rows if "finished" in row and row["finished"] < row["flows"]]
        if found:
            worst = max(found, key=lambda row: row["flows"] - row["finished"])
            missing = worst["flows"] - worst["finished"]
            what = " ".join(str(worst[key]) for key in ("scheme", "workload", "load") if worst.get(key) is not None)
            runs = f"{len(found)} run{'s' * (len(found) != 1)}"
            most = f"at most {missing:,} of {worst['flows']:,} ({what}, seed {worst['seed']})"
            self.reporter.report(Unfinished(runs=runs, worst=most))
        return len(found)
