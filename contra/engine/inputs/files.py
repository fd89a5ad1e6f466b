"""Files that the engine reads: bytes -> text, or a message."""

from __future__ import annotations

from pathlib import Path

from contra.diagnostics import Reporter, shown
from contra.engine.inputs.errors import UnreadableFile
from contra.source import SourceFile

MAX_BYTES = 256 * 1024 * 1024


def printable(path: Path) -> str:
    """A path for messages: whole, so that it can be opened from there, unless it has characters that do harm."""
    name = str(path)
    return name if name.isprintable() else shown(name)


def read_file(path: Path, what: str, reporter: Reporter, hint: str = "") -> SourceFile:
    """The text of a file. `what` it should be ("the manifest") and a hint are for messages.

    Raises CompileError (CTR1001) where there is no such file, or no text in it.
    """
    name = printable(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) <= MAX_BYTES:
            return SourceFile(name, data.decode("utf-8-sig"))
        reason = f"it is larger than {MAX_BYTES // 2**20} MiB"
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = f"it is not UTF-8 text: byte {error.start + 1:,}, in line {line:,}, is 0x{data[error.start]:02x}"
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
    reporter.report(UnreadableFile(what=what, path=name, reason=reason, hint=hint))
    reporter.check()
    raise AssertionError("unreachable: check() raised")
