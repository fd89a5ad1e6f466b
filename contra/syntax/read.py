"""File -> `SourceFile`."""

from __future__ import annotations

import codecs
from pathlib import Path

from contra.diagnostics import Reporter
from contra.source import SourceFile
from contra.syntax.errors import FileTooLarge, NotText, UnreadableFile

MAX_BYTES = 4 * 1024 * 1024


def read(path: Path | str, reporter: Reporter) -> SourceFile:
    """The text of a policy file, UTF-8 with or without a byte order mark.

    Reports a file that is missing, no file, no text or larger than `MAX_BYTES`, then raises CompileError.
    """
    data = _bytes(Path(path), reporter)
    reporter.check()
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        reporter.report(NotText(path=str(path), found="the mark of UTF-16", offset=1, encoding="UTF-16"))
        reporter.check()
    if b"\0" in data:
        reporter.report(NotText(path=str(path), found="a NUL byte", offset=data.index(b"\0") + 1))
        reporter.check()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{data[error.start]:02x}, which is no UTF-8,"
        reporter.report(NotText(path=str(path), found=found, offset=error.start + 1))
        text = ""
    reporter.check()
    return SourceFile(str(path), text)


def _bytes(path: Path, reporter: Reporter) -> bytes:
    try:
        if path.is_dir():
            reporter.report(UnreadableFile(path=str(path), reason="it is a folder"))
            return b""
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            size = max(path.stat().st_size, len(data))
            reporter.report(FileTooLarge(path=str(path), size=size, limit=MAX_BYTES))
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        reporter.report(UnreadableFile(path=str(path), reason=reason))
        return b""
    return data
