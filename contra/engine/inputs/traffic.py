"""`--traffic`: one flow as `h1:h2:5Mbit`, or a file of flows.

A file is a JSON list of `{"from": "h1", "to": "h2", "rate": "5Mbit", "size": 1000, "start": "0s", "stop": "2s",
"flows": 1}`, of which the first three have to be there. `from` and `to` are hosts, or switches (their own address).
`rate` is that of each of the flows, `size` that of a frame in bytes.
"""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.engine.inputs.errors import BadAmount, BadForm, BadRate, ToItself
from contra.engine.inputs.files import read_file
from contra.engine.inputs.model import Endpoint, Flow
from contra.engine.inputs.places import Places
from contra.engine.inputs.times import check_order, time_of
from contra.jsontext import Path, kind_of, read_json
from contra.source import SourceFile, Span
from contra.topology.jsonform import Form
from contra.topology.model import Topology
from contra.units import parse_capacity

FRAME_BYTES = (60, 9000)
"""Smallest and largest frame: an Ethernet frame without its checksum, a jumbo frame."""
DEFAULT_BYTES = 1000
MAX_FLOWS = 60_000
"""Of one row: each has a UDP port of its own."""

_KEYS = ("from", "to", "rate", "size", "start", "stop", "flows")
_EXAMPLE = "h1:h2:5Mbit"
_HINT = f"a flow is written {_EXAMPLE}; a file is a JSON list of flows"


def read_traffic(argument: str, topology: Topology, reporter: Reporter, option: str = "--traffic") -> tuple[Flow, ...]:
    """The flows of one `--traffic`.

    All that is wrong goes to `reporter` (CTR02xx for the form of a file, CTR1001, CTR1020 to 1029); raises CompileError
    for an error.
    """
    reader = _Reader(topology, reporter)
    if argument.count(":") >= 2 and not _is_file(argument):
        flow = reader.argument(SourceFile(option, argument))
        flows = [flow] if flow else []
    else:
        flows = reader.file(read_file(FilePath(argument), "the traffic file", reporter, _HINT))
    reporter.check()
    return tuple(flows)


def _is_file(name: str) -> bool:
    try:
        return FilePath(name).is_file()
    except (OSError, ValueError):
        return False


class _Reader:
    def __init__(self, topology: Topology, reporter: Reporter) -> None:
        self.reporter = reporter
        self.places = Places(topology)

    # ------------------------------------------------------------------------------------------ an argument

    def argument(self, file: SourceFile) -> Flow | None:
        """`FROM:TO:RATE`; names may have colons, so the cut between them is where two names meet."""
        names, _, rate = file.text.rpartition(":")
        cuts = [i for i, letter in enumerate(names) if letter == ":"]
        known = [i for i in cuts if self.places.endpoint(names[:i]) and self.places.endpoint(names[i + 1 :])]
        cut = (known or cuts)[0]
        if not rate:
            span = file.span(0, len(file.text))
            report(
                self.reporter,
                BadForm(text=shown(file.text), what="flow", reason="it has no rate", expected=_EXAMPLE, span=span),
            )
            return None
        spans = (file.span(0, cut), file.span(cut + 1, len(names)))
        source, target = (self.endpoint(span.text, span) for span in spans)
        value = self.rate(rate, file.span(len(names) + 1, len(file.text)))
        if source is None or target is None or value is None or not self.check_ends(source, target, spans[1]):
            return None
        return Flow(source=source, target=target, rate=value, frame_bytes=DEFAULT_BYTES)

    def endpoint(self, name: str, span: Span) -> Endpoint | None:
        found = self.places.endpoint(name)
        if found is None:
            report(self.reporter, self.places.no_endpoint(name, span))
        return found

    def check_ends(self, source: Endpoint, target: Endpoint, span: Span) -> bool:
        if source == target:
            report(self.reporter, ToItself(name=shown(span.text.strip('"')), span=span))
        return source != target

    def rate(self, text: str, span: Span) -> int | None:
        try:
            return parse_capacity(text)
        except ValueError as error:
            reason = str(error).replace("a capacity", "a rate").replace("capacities", "rates")
            report(self.reporter, BadRate(reason=reason, span=span))
            return None

    # ------------------------------------------------------------------------------------------ a file

    def file(self, file: SourceFile) -> list[Flow]:
        """A JSON list of flows."""
        self.document = read_json(file, self.reporter, "a traffic file")
        self.form = Form(self.document, self.reporter)
        result = []
        for number, row in enumerate(self.form.list((), self.document.value, "a traffic file")):
            if not isinstance(row, dict):
                example = 'an object such as {"from": "h1", "to": "h2", "rate": "5Mbit"}'
                self.form.wrong((number,), "a flow", example, row)
                continue
            flow = self.row((number,), row)
            result += [flow] if flow else []
        return result

    def row(self, path: Path, row: dict[str, Any]) -> Flow | None:
        self.form.unknown_keys(path, row, "a flow", _KEYS)
        source, target = (self.end(path, row, key) for key in ("from", "to"))
        rate = self.rate_of(path, row)
        size = self.amount(path, row, "size", DEFAULT_BYTES, *FRAME_BYTES, "bytes")
        flows = self.amount(path, row, "flows", 1, 1, MAX_FLOWS, "flows")
        start, stop = self.time(path, row, "start"), self.time(path, row, "stop")
        if source is None or target is None or rate is None:
            return None
        self.check_ends(source, target, self.document.span((*path, "to")))
        check_order(start or 0, stop, "this flow", self.document.span((*path, "stop")), self.reporter)
        return Flow(
            source=source,
            target=target,
            rate=rate,
            frame_bytes=size,
            start_ns=start,
            stop_ns=stop,
            flows=flows,
        )

    def end(self, path: Path, row: dict[str, Any], key: str) -> Endpoint | None:
        if key not in row:
            self.form.missing(path, "the flow", key, f'"{key}": "h1", the name of a host')
            return None
        if not isinstance(row[key], str):
            self.form.wrong((*path, key), f'"{key}"', "the name of a host or switch", row[key])
            return None
        return self.endpoint(row[key], self.document.span((*path, key)))

    def rate_of(self, path: Path, row: dict[str, Any]) -> int | None:
        if "rate" not in row:
            self.form.missing(path, "the flow", "rate", '"rate": "5Mbit"')
            return None
        if not isinstance(row["rate"], str):
            self.form.wrong((*path, "rate"), '"rate"', 'a text such as "5Mbit"', row["rate"])
            return None
        return self.rate(row["rate"], self.document.span((*path, "rate")))

    def time(self, path: Path, row: dict[str, Any], key: str) -> int | None:
        if key not in row:
            return None
        if not isinstance(row[key], str):
            self.form.wrong((*path, key), f'"{key}"', 'a text such as "2.5ms"', row[key])
            return None
        return time_of(row[key], self.document.span((*path, key)), self.reporter)

    def amount(self, path: Path, row: dict[str, Any], key: str, default: int, low: int, high: int, unit: str) -> int:
        value = row.get(key, default)
        if type(value) is int and low <= value <= high:
            return value
        span = self.document.span((*path, key))
        expected = f"a whole number of {unit}, {low} to {high:,}"
        report(self.reporter, BadAmount(what=f'"{key}"', expected=expected, found=kind_of(value), span=span))
        return default
