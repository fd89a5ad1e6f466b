"""Bytes of a topology file -> its text, or a message about why it is none."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from contra.diagnostics import Reporter, shown
from contra.source import SourceFile
from contra.topology.format_errors import EmptyFile, NotText, TooLarge, Unreadable

MAX_BYTES = 256 * 1024 * 1024
_PEEK = 64 * 1024
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_source(spec: str, reporter: Reporter) -> SourceFile:
    """The text of the file `spec`; reports and raises CompileError where there is none."""
    data = _read_bytes(spec, reporter)
    text = decode(data, shown(spec), reporter)
    if not text.strip():
        reporter.report(EmptyFile(name=shown(spec)))
    reporter.check()
    return SourceFile(spec if spec.isprintable() else shown(spec), text)


def _read_bytes(spec: str, reporter: Reporter) -> bytes:
    data = b""
    try:
        path = Path(spec)
        if path.is_dir():
            reporter.report(Unreadable(name=shown(spec), reason="it is a folder"))
        else:
            with path.open("rb") as file:
                data = file.read(_PEEK)
                wide = data.startswith(_WIDE_MARKS)
                if wide or b"\0" not in data:  # else no more is needed to refuse it
                    data += file.read(MAX_BYTES + 1 - len(data))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
        reporter.report(Unreadable(name=shown(spec), reason=reason))
    if len(data) > MAX_BYTES:
        reporter.report(TooLarge(name=shown(spec), limit=MAX_BYTES // 2**20))
    reporter.check()
    return data


def decode(data: bytes, name: str, reporter: Reporter) -> str:
    """UTF-8 (with or without a mark), UTF-16 with a mark, or what an XML declaration says."""
    encoding = "utf-8-sig"
    if data.startswith(_WIDE_MARKS):
        encoding = "utf-16"
    elif declared := _XML_ENCODING.match(data):
        encoding = _known(declared.group(1).decode("ascii"))
    text = ""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = f"byte {error.start + 1:,} (0x{data[error.start]:02x}, in line {line:,})"
        what = f"{byte} is not {encoding.removesuffix('-sig').upper()}"
        reporter.report(NotText(name=name, reason=what if b"\0" not in data else _nul(data)))
    if "\0" in text:
        reporter.report(NotText(name=name, reason=_nul(text.encode("utf-8", "replace"))))
    reporter.check()
    return text


def _nul(data: bytes) -> str:
    position = data.index(b"\0")
    return f"it has a NUL byte at position {position + 1:,}, line {data.count(bytes([10]), 0, position) + 1:,}"


def _known(encoding: str) -> str:
    """A text encoding that Python has and that cannot run code or blow up; else UTF-8."""
    try:
        info = codecs.lookup(encoding)
    except LookupError:
        return "utf-8-sig"
    harmless = info.name.startswith(("iso8859", "cp125", "ascii"))
    return info.name if harmless else "utf-8-sig"
