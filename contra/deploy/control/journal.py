"""The deploy journal: what was done to which switch, why, and what came of it. One JSON object per line.

Lines are only ever appended, a batch of them by one write, so a crash cuts at most the last one short; it is left as
it is and the next writer begins a new line. Keys of authentication are never written.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from contra.deploy.control.errors import BadRecord, JournalFailed
from contra.deploy.errors import ToolError
from contra.diagnostics import Diagnostic, Reporter, report

OK = "ok"
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_MAX_LINE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that was done. `action` is an open list: pipeline, insert, modify, delete, failure, connect, ..."""

    switch: str
    action: str
    object: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    """What it was done to: an entry, a group, a program, a link."""
    provenance: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    outcome: str = OK
    """`ok`, or the code of an error."""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Event):
    """An event as the journal keeps it."""

    time: str
    """UTC, ISO 8601, milliseconds."""
    monotonic_ns: int
    """For intervals: comparable until the machine restarts."""
    deployment: str
    revision: str
    """Which build: see `revision_of`."""
    line: int = field(default=0, compare=False)
    """Where it stands in its journal, from 1; 0 where it stands in none."""


def revision_of(manifest: str) -> str:
    """What a build is known by: the hash of its manifest, cut to 12 digits."""
    return sha256(manifest.encode()).hexdigest()[:12]


def journal_path(build: Path) -> Path:
    """Where the journal of a build is."""
    return build / "deploy" / "journal.jsonl"


class Journal:
    """Writes a journal. May be used by several threads, and the file by several processes.

    A write that fails does not stop a deployment: `failure` then says what became of the journal.
    """

    def __init__(self, path: Path, deployment: str, revision: str) -> None:
        self.path, self.deployment, self.revision = path, deployment, revision
        self.failure: Diagnostic | None = None
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
            self._begin_line()
        except OSError as error:
            reason = error.strerror or str(error)
            raise ToolError([JournalFailed(path=str(path), done="opened", reason=reason)]) from None

    def _begin_line(self) -> None:
        """After a line that was cut short, begin a new one."""
        assert self._file is not None
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def write(self, events: Iterable[Event]) -> None:
        """Append events, with the present time."""
        stamp = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "monotonic_ns": time.monotonic_ns(),
            "deployment": self.deployment,
            "revision": self.revision,
        }
        lines = [json.dumps({**stamp, **_fields(event)}, ensure_ascii=False) for event in events]
        if not lines:
            return
        data = ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace")
        with self._lock:
            if self._file is None:
                return
            try:
                while data:
                    data = data[os.write(self._file, data) :]
            except OSError as error:
                reason = error.strerror or str(error)
                self.failure = JournalFailed(path=str(self.path), done="written", reason=reason)

    def close(self) -> None:
        """End writing; events that come later are lost."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _fields(event: Event) -> dict[str, Any]:
    row = {"switch": event.switch, "action": event.action, "object": dict(event.object)}
    row |= {"provenance": dict(event.provenance), "outcome": event.outcome}
    return row | {"message": event.message} if event.message else row


_KINDS: Mapping[str, type] = {
    "time": str,
    "monotonic_ns": int,
    "deployment": str,
    "revision": str,
    "switch": str,
    "action": str,
    "object": dict,
    "provenance": dict,
    "outcome": str,
}


def read_journal(path: Path, reporter: Reporter) -> list[Record]:
    """All records of a journal, in order; lines that are none are reported (CTR1115) and left out.

    Raises ToolError (CTR1116) if the file cannot be read. No file is an empty journal.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError([JournalFailed(path=str(path), done="read", reason=reason)]) from None
    records = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        found = _record(line, number)
        if isinstance(found, Record):
            records.append(found)
            continue
        torn = number == len(lines)
        reason = "was cut short: its writer was stopped" if torn else found
        report(reporter, BadRecord(where="the last line" if torn else f"line {number}", reason=reason))
    return records


def _record(line: bytes, number: int) -> Record | str:
    """A record, or what is wrong with the line."""
    if len(line) > _MAX_LINE:
        return "is too long"
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "is no JSON"
    if not isinstance(row, dict):
        return "is no JSON object"
    for name, kind in _KINDS.items():
        if type(row.get(name)) is not kind:
            return f"has no proper '{name}'"
    message = row.get("message", "")
    message = message if isinstance(message, str) else ""
    return Record(**{name: row[name] for name in _KINDS}, message=message, line=number)
