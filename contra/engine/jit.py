"""Compiling the core: the same functions run as plain Python, or all together as machine code.

`@core` leaves a function as it is and remembers it. `compiled()` hands all remembered functions to numba and returns
the compiled event loop. numba is imported only then. Machine code is kept in a folder of the user's cache whose name
is a digest of the core's source, of Python and of numba: an upgrade never finds code of another version. numba writes
its files under temporary names and renames them, and the entry has a single signature: processes that compile at the
same time write the same thing.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

_CORE: list[Callable[..., Any]] = []
_COMPILED: list[Callable[[int], int]] = []


def core(function: Function) -> Function:
    """Mark a function as part of the core, callable from compiled code."""
    _CORE.append(function)
    return function


def cache_folder() -> Path:
    """$CONTRA_CACHE, or `contra` in the user's cache folder ($XDG_CACHE_HOME, ~/.cache)."""
    chosen = os.environ.get("CONTRA_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "contra"


def digest(here: Path) -> str:
    """Of all that decides the machine code, but the processor, which numba looks after; `here` is this folder."""
    state = hashlib.sha256(f"{sys.version} {version('numba')} {version('llvmlite')}".encode())
    for path in (here / "jit.py", here.parent / "p4" / "abi.py", *sorted((here / "core").glob("*.py"))):
        state.update(path.name.encode() + path.read_bytes())
    return state.hexdigest()[:16]


def usable(folder: Path) -> bool:
    """Whether files can be written there; makes the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def compiled() -> Callable[[int], int]:
    """`run` as machine code, a function of the address of the addresses of the state's arrays."""
    if not _COMPILED:
        _COMPILED.append(_compile())
    return _COMPILED[0]


def _compile() -> Callable[[int], int]:
    import numba
    from numba.extending import register_jitable

    from contra.engine.core import native

    native.register()
    for function in _CORE:
        register_jitable(no_cpython_wrapper=True, no_cfunc_wrapper=True, error_model="numpy")(function)
    folder = cache_folder() / f"engine-{digest(Path(__file__).parent)}"
    signature = numba.int64(numba.int64)
    if not usable(folder):
        return numba.njit(signature)(native.launch)
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
    try:
        return numba.njit(signature, cache=True)(native.launch)
    finally:
        config.CACHE_DIR = before
