"""All switches of a network side by side: what is done to each, and every failure, not the first alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

from contra.deploy.errors import ToolError
from contra.diagnostics import CompileError, Diagnostic

_T = TypeVar("_T")
WORKERS = 16
LOOKERS = 128
"""Where next to nothing is done but waiting: so many switches that are stuck cost no more time than one."""
Progress = Callable[[int, int], None]
"""Told after each switch: how many are done, and how many there are."""
Abort = Callable[[int], None]
"""Cuts short what is being done to a switch."""


def on_all(
    count: int,
    work: Callable[[int], _T],
    progress: Progress = lambda done, total: None,
    abort: Abort = lambda index: None,
) -> list[_T]:
    """`work` for the switches 0 to count - 1; raises ToolError with the diagnostics of all that failed."""
    results, failures = try_all(range(count), work, progress, abort)
    if failures:
        raise ToolError([each for index in sorted(failures) for each in failures[index]])
    return [results[index] for index in range(count)]


def try_all(
    switches: Sequence[int],
    work: Callable[[int], _T],
    progress: Progress = lambda done, total: None,
    abort: Abort = lambda index: None,
    workers: int = WORKERS,
) -> tuple[dict[int, _T], dict[int, tuple[Diagnostic, ...]]]:
    """`work` for some switches, `workers` at a time: results and failures, by switch.

    If it is interrupted, `abort` is called for all of them, so that nobody waits for what is under way.
    """
    results: dict[int, _T] = {}
    failures: dict[int, tuple[Diagnostic, ...]] = {}
    with ThreadPoolExecutor(max_workers=min(workers, max(1, len(switches)))) as pool:
        jobs = {pool.submit(work, index): index for index in switches}
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                try:
                    results[jobs[job]] = job.result()
                except CompileError as error:
                    failures[jobs[job]] = error.diagnostics
                progress(done, len(switches))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for index in switches:
                abort(index)
            raise
    return results, failures
