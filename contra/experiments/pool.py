"""Where runs are executed: processes of this machine, or a Dask cluster. Both are `concurrent.futures` executors."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from multiprocessing.context import BaseContext
from typing import Any

from contra.diagnostics import CompileError, shown
from contra.experiments.errors import NoCluster

Maker = Callable[[], Executor]
_PRELOAD = ["contra.experiments.execute", "contra.experiments.kinds.fct"]
_TIMEOUT = "10s"


@contextmanager
def processes(jobs: int) -> Iterator[Executor]:
    """So many worker processes. Left early, by an exception, it ends them at once with the runs they are at."""
    before = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(jobs, mp_context=_context(), initializer=_begin)
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    executor.shutdown()


def _context() -> BaseContext:
    """Fresh processes, never forks of this one, which has threads; where they can be had, off a server that has the
    modules loaded."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context


def _begin() -> None:
    """In a worker: Ctrl-C is for the parent, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_follow, args=(parent,), daemon=True).start()


def _follow(parent: Any) -> None:
    parent.join()
    os._exit(1)


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """The workers of a Dask cluster, by the address of its scheduler. Raises CompileError (CTR1539)."""
    try:
        distributed = import_module("distributed")
    except ModuleNotFoundError:
        reason = "the Python package 'distributed' is not installed"
        hint = "install contrac with it: pip install 'contrac[cluster]'"
        raise CompileError([NoCluster(address=shown(address), reason=reason, hint=hint)]) from None
    try:
        client = distributed.Client(address, timeout=_TIMEOUT, set_as_default=False)
    except (OSError, ValueError, ImportError) as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise CompileError([NoCluster(address=shown(address), reason=reason)]) from error
    try:
        yield client.get_executor(pure=False)
    finally:
        client.close()
