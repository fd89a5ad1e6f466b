"""Files onto the disk, all or none.

A build is written into a temporary folder beside its destination and takes its place by rename. Whatever
goes wrong on the way (disk full, Ctrl-C, an exception in the iterator) leaves an earlier build as it was and
nothing half-written behind. Only a folder that an earlier run wrote, or an empty one, is ever replaced. What
happened to its networks (the folder `deploy`) stays.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePosixPath

from contra.diagnostics import CompileError, InternalError
from contra.emit.errors import CannotWrite, InputInside, NotAFolder, NotOurFolder, WorkingFolder

GENERATOR = "contrac"
"""The first word of `generator` in a manifest.json of ours."""

HISTORY = "deploy"
"""Folder of a build that outlives compiling it anew: the deploy journal."""

_HEAD = 4096  # a manifest of a large network is many megabytes; ours names its generator at the top
_LONGEST_STEM = 40  # of the name of a temporary folder: up to 4 bytes each, and names have at most 255 bytes
_OURS = re.compile(r'"generator"\s*:\s*"' + GENERATOR + r'[ "]')


def write_tree(out: Path, files: Iterable[tuple[str, str]]) -> int:
    """Make `out` a folder with exactly these files (relative path, content) and return their number.

    Raises CompileError (CTR0701 to CTR0704) where that is not possible; passes on what the iterable raises.
    """
    check_replaceable(out)
    target = out.resolve()
    name = target.name[:_LONGEST_STEM]
    new = target.parent / f".{name}.new-{os.getpid()}"
    old = target.parent / f".{name}.old-{os.getpid()}"
    made = [folder for folder in target.parents if not folder.exists()]
    try:
        new.mkdir(parents=True)
        count = _write_all(new, files)
        _swap(new, target, old)
    except BaseException as error:
        shutil.rmtree(new, ignore_errors=True)
        for folder in made:
            _remove_if_empty(folder)
        if isinstance(error, OSError):
            raise CompileError([CannotWrite(path=str(out), reason=_reason(error))]) from error
        raise
    shutil.rmtree(old, ignore_errors=True)
    return count


def check_replaceable(out: Path, inputs: Iterable[str] = ()) -> None:
    """Raise CompileError unless `out` is free, an empty folder, or a build of ours that holds none of the `inputs`.

    Cheap, so that a long compilation can ask before it starts.
    """
    try:
        target = out.resolve()
        if not out.exists():
            return
        if not out.is_dir():
            raise CompileError([NotAFolder(path=str(out))])
        if Path.cwd().is_relative_to(target):
            raise CompileError([WorkingFolder(path=str(out))])
        if any(out.iterdir()) and not _is_ours(out / "manifest.json"):
            raise CompileError([NotOurFolder(path=str(out))])
        inside = [name for name in inputs if "\0" not in name and Path(name).resolve().is_relative_to(target)]
        if inside:
            raise CompileError([InputInside(path=str(out), name=name) for name in inside])
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links, in Python 3.11 and 3.12
        raise CompileError([CannotWrite(path=str(out), reason=_reason(error))]) from error


def _is_ours(manifest: Path) -> bool:
    try:
        with manifest.open(encoding="utf-8") as file:
            if _OURS.search(file.read(_HEAD)):
                return True
        content = json.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and str(content.get("generator", "")).split(" ")[0] == GENERATOR


def _write_all(root: Path, files: Iterable[tuple[str, str]]) -> int:
    """Write the files below `root`. Many switches share one text, so its encoding is kept for the next."""
    encode = lru_cache(maxsize=64)(str.encode)
    folders = {""}
    written: set[str] = set()
    base = str(root)
    for name, content in files:
        folder = name.rpartition("/")[0]
        if folder not in folders:
            _check_inside(name)
            os.makedirs(f"{base}/{folder}", exist_ok=True)  # noqa: PTH103 - ten thousand of them
            folders.add(folder)
        if name in written:
            raise InternalError(f"two files of the build have the name {name!r}")
        written.add(name)
        with open(f"{base}/{name}", "wb", buffering=0) as file:  # noqa: PTH123
            _write_fully(file.fileno(), encode(content))
    return len(written)


def _write_fully(descriptor: int, data: bytes) -> None:
    while len(data) > (done := os.write(descriptor, data)):
        data = data[done:]


def _check_inside(name: str) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise InternalError(f"the build would write outside its folder: {name!r}")


def _swap(new: Path, target: Path, old: Path) -> None:
    """Put `new` in the place of `target`; what was there becomes `old`."""
    if not target.exists():
        new.rename(target)
        return
    history = (target / HISTORY).is_dir() and not (new / HISTORY).exists()
    target.rename(old)
    try:
        if history:
            (old / HISTORY).rename(new / HISTORY)
        new.rename(target)
    except BaseException:
        if history and (new / HISTORY).exists():
            (new / HISTORY).rename(old / HISTORY)
        old.rename(target)
        raise


def _remove_if_empty(folder: Path) -> None:
    try:
        folder.rmdir()
    except OSError:
        return


def _reason(error: OSError | RuntimeError) -> str:
    if isinstance(error, RuntimeError):
        return "too many levels of symbolic links"
    return (error.strerror or str(error)).lower()
