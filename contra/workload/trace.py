"""Flows from a file: CSV with a first line of names, `start,source,target,bytes`.

`start` has a unit (`1.5ms`); `start_ns` instead has plain numbers. `size` may stand for `bytes`, and other columns are
skipped, so that the list of flows of an earlier run can be given as it is. A file that ends in .gz is unpacked.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path

from contra.diagnostics import CompileError, Reporter, report, shown
from contra.source import SourceFile, Span
from contra.suggest import did_you_mean
from contra.units import parse_duration
from contra.workload.distribution import MAX_BYTES
from contra.workload.errors import BadTrace, EmptyTrace, UnknownHost
from contra.workload.model import Flow, Traffic, offered_bps

_NAMES = {"start": ("start", "start_ns"), "source": ("source",), "target": ("target",), "size": ("bytes", "size")}
_MAX_NS = 10**13
_SOME = 6


def read_trace_file(path: Path) -> SourceFile:
    """The text of a trace, unpacked. Raises OSError, EOFError, ValueError (it is no text)."""
    data = path.read_bytes()
    return SourceFile(str(path), (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8"))


def read_trace(file: SourceFile, hosts: tuple[str, ...], topology: str, reporter: Reporter) -> Traffic:
    """The flows of a trace, by start. Raises CompileError (CTR1502 to 1504)."""
    flows = tuple(sorted(_Reader(file, hosts, topology, reporter).flows(), key=lambda flow: flow.start_ns))
    reporter.check()
    if not flows:
        raise CompileError([EmptyTrace(name=shown(file.name))])
    return Traffic(flows, offered_bps(flows))


class _Reader:
    def __init__(self, file: SourceFile, hosts: tuple[str, ...], topology: str, reporter: Reporter) -> None:
        self.file, self.hosts, self.topology, self.reporter = file, hosts, topology, reporter
        self.known = frozenset(hosts)
        self.start = 0

    def flows(self) -> list[Flow]:
        """All rows; what is wrong is reported."""
        lines = io.StringIO(self.file.text.removeprefix("\ufeff"), newline="")
        columns: dict[str, int] | None = None
        found = []
        for text in lines:
            span = self.file.span(self.start, self.start + len(text.rstrip("\r\n")))
            self.start += len(text)
            if not text.strip() or text.startswith("#"):
                continue
            row = [cell.strip() for cell in next(csv.reader([text]), [])]
            if columns is None:
                columns = self._columns(row, span)
                continue
            flow = self._flow(columns, row, span)
            if flow is not None:
                found.append(flow)
        return found

    def _columns(self, row: list[str], span: Span) -> dict[str, int]:
        """Where the columns stand. Raises CompileError where one is missing: nothing else can be read."""
        found = {}
        for column, names in _NAMES.items():
            place = next((index for index, name in enumerate(row) if name in names), None)
            if place is None:
                reason = f"the trace has no column '{names[0]}' in its first line"
                self.reporter.report(BadTrace(reason=reason, expected="start,source,target,bytes", span=span))
                self.reporter.check()
                raise AssertionError("there was a message")
            found[column] = place
        self.in_ns = row[found["start"]] == "start_ns"
        return found

    def _flow(self, columns: Mapping[str, int], row: list[str], span: Span) -> Flow | None:
        if len(row) <= max(columns.values()):
            self._bad(f"a row of {len(row)} values", f"{max(columns.values()) + 1} at least", span)
            return None
        text = {name: row[place] for name, place in columns.items()}
        start, size = self._start(text["start"], span), self._size(text["size"], span)
        ends = [self._host(text[name], span) for name in ("source", "target")]
        if start is None or size is None or not all(ends):
            return None
        if text["source"] == text["target"]:
            self._bad(f"a flow from '{shown(text['source'])}' to itself", "two different hosts", span)
            return None
        return Flow(text["source"], text["target"], size, start)

    def _start(self, text: str, span: Span) -> int | None:
        if not self.in_ns:
            try:
                return parse_duration(text)
            except ValueError as error:
                self._bad(str(error), "a start such as 1.5ms", span)
                return None
        if text.isascii() and text.isdigit() and len(text) < 15 and int(text) <= _MAX_NS:
            return int(text)
        self._bad(f"a start of '{shown(text)}'", f"whole ns from 0 to {_MAX_NS:,}", span)
        return None

    def _size(self, text: str, span: Span) -> int | None:
        if text.isascii() and text.isdigit() and len(text) < 15 and 0 < int(text) <= MAX_BYTES:
            return int(text)
        self._bad(f"a flow of '{shown(text)}' bytes", f"a whole number from 1 to {MAX_BYTES:,}", span)
        return None

    def _host(self, name: str, span: Span) -> bool:
        if name in self.known:
            return True
        near, known = did_you_mean(name, self.hosts), ", ".join(self.hosts[:_SOME])
        missing = UnknownHost(name=shown(name), topology=shown(self.topology), near=near, known=known, span=span)
        report(self.reporter, missing)
        return False

    def _bad(self, reason: str, expected: str, span: Span) -> None:
        report(self.reporter, BadTrace(reason=reason, expected=expected, span=span))
