"""Where `-o FILE` goes."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import NoReturn

from contra.diagnostics import CompileError


def write_result(target: str, text: str | bytes) -> None:
    """Write to a file, as a whole or not at all, or a text to stdout for `-`. Raises CompileError."""
    if target == "-" and isinstance(text, str):
        sys.stdout.write(text)
        return
    if not target:
        _refuse(target, "expected the name of a file")
    try:
        _write(Path(target), text if isinstance(text, bytes) else text.encode())
    except BrokenPipeError:
        raise
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the name; a loop of symbolic links
        _refuse(target, (getattr(error, "strerror", None) or str(error)).lower())


def _write(path: Path, data: bytes) -> None:
    if path.exists() and not path.is_file() and not path.is_dir():  # a device or a pipe cannot be replaced by rename
        path.write_bytes(data)
        return
    destination = path.resolve()
    if destination.is_dir():
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    new = destination.with_name(f".{destination.name[:40]}.new-{os.getpid()}")
    try:
        new.write_bytes(data)
        if destination.exists():
            new.chmod(destination.stat().st_mode & 0o7777)
        new.replace(destination)
    except BaseException:
        _remove(new)
        raise


def _refuse(target: str, reason: str) -> NoReturn:
    from contra.emit.errors import CannotWrite

    raise CompileError([CannotWrite(path=target, reason=reason)])


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
