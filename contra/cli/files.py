"""Where `-o FILE` goes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

from contra.diagnostics import CompileError


def write_result(target: str, text: str) -> None:
    """Write to a file, as a whole or not at all, or to stdout for `-`. Raises CompileError."""
    if target == "-":
        sys.stdout.write(text)
        return
    path = Path(target)
    if path.is_dir():
        _refuse(target, "it is a folder")
    if path.exists() and not path.is_file():  # a device or a pipe cannot be replaced by rename
        path.write_text(text, encoding="utf-8")
        return
    destination = path.resolve()
    new = destination.with_name(f".{destination.name}.new-{os.getpid()}")
    try:
        new.write_bytes(text.encode())
        if destination.exists():
            new.chmod(destination.stat().st_mode & 0o7777)
        new.replace(destination)
    except OSError as error:
        _remove(new)
        _refuse(target, (error.strerror or str(error)).lower())


def _refuse(target: str, reason: str) -> NoReturn:
    from contra.emit.errors import CannotWrite

    raise CompileError([CannotWrite(path=target, reason=reason)])


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
