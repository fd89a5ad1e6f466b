"""Reading JSON values of expected shape, with a message for each that is not."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import JsonDocument, Path, kind_of
from contra.source import Span
from contra.suggest import did_you_mean
from contra.topology.addressing import MAX_PORT
from contra.topology.errors import BadPort, BadQuantity
from contra.topology.format_errors import BadName, MissingKey, UnknownKey, WrongType
from contra.topology.raw import Key, Places
from contra.units import parse_capacity, parse_latency

MAX_LABEL = 200
"""Longest label of a switch or host, in characters."""

CAPACITY_EXPECTED = 'a text such as "10Gbit"'
LATENCY_EXPECTED = 'a text such as "10us"'


class JsonPlaces(Places):
    """Places in a JSON file; `path_of` tells the path of a part, and whether its key is meant."""

    def __init__(self, document: JsonDocument, path_of: Callable[[str, Key, str], tuple[Path, bool]]) -> None:
        self.file = document.file
        self._document = document
        self._path_of = path_of

    def find(self, kind: str, key: Key, part: str) -> tuple[int, int] | None:
        """Through the path."""
        path, is_key = self._path_of(kind, key, part)
        span = self._document.span(path, key=is_key)
        return span.start, span.end

    def nothing(self) -> Span | None:
        """Where the switches should be."""
        return self.span("switch", "")


@dataclass
class Form:
    """Checks for the values of one document."""

    document: JsonDocument
    reporter: Reporter

    def wrong(self, path: Path, what: str, expected: str, value: Any, hint: str = "") -> None:
        """Report a value of the wrong kind."""
        span = self.document.span(path)
        found = kind_of(value)
        report(self.reporter, WrongType(what=what, expected=expected, found=found, hint=hint, span=span))

    def missing(self, path: Path, where: str, key: str, example: str) -> None:
        """Report a missing key."""
        span = self.document.span(path)
        report(self.reporter, MissingKey(where=where, key=key, example=example, span=span))

    def unknown_keys(
        self, path: Path, value: dict[str, Any], where: str, known: Collection[str], hint: str = ""
    ) -> None:
        """Report each key that is not known."""
        for key in value:
            if key not in known:
                near = did_you_mean(key, known)
                span = self.document.span((*path, key), key=True)
                names = ", ".join(known)
                report(
                    self.reporter,
                    UnknownKey(key=shown(key), where=where, near=near, known=names, hint=hint, span=span),
                )

    def object(self, path: Path, value: Any, what: str, hint: str = "") -> dict[str, Any]:
        """An object, else {} and a message."""
        if isinstance(value, dict):
            return value
        self.wrong(path, what, "an object", value, hint)
        return {}

    def list(self, path: Path, value: Any, what: str) -> list[Any]:
        """A list, else [] and a message."""
        if isinstance(value, list):
            return value
        self.wrong(path, what, "a list", value)
        return []

    def text(self, path: Path, value: Any, what: str) -> str:
        """A printable text, else "" and a message."""
        if not isinstance(value, str):
            self.wrong(path, what, "a text", value)
            return ""
        if not value.isprintable():
            reason = "it has characters that cannot be printed"
            span = self.document.span(path)
            report(self.reporter, BadName(name=shown(value), what=what, reason=reason, span=span))
        return value

    def label(self, path: Path, label: str, what: str, *, key: bool = True) -> bool:
        """Whether the label of a switch or host is usable; says so where it is not."""
        reason = label_fault(label)
        if reason:
            span = self.document.span(path, key=key)
            report(self.reporter, BadName(name=shown(label), what=what, reason=reason, span=span))
        return not reason

    def capacity(self, path: Path, value: Any) -> int | None:
        """bit/s of a text with a unit."""
        return self._quantity(path, value, parse_capacity, "capacity", CAPACITY_EXPECTED)

    def latency(self, path: Path, value: Any) -> int | None:
        """ns of a text with a unit."""
        return self._quantity(path, value, parse_latency, "latency", LATENCY_EXPECTED)

    def _quantity(self, path: Path, value: Any, parse: Callable[[str], int], what: str, expected: str) -> int | None:
        if not isinstance(value, str):
            self.wrong(path, f"a {what}", expected, value)
            return None
        try:
            return parse(value)
        except ValueError as error:
            self.bad_quantity(path, str(error), expected)
            return None

    def bad_quantity(self, path: Path, reason: str, expected: str) -> None:
        """Report a capacity or latency that cannot be."""
        report(self.reporter, BadQuantity(reason=reason, expected=expected, span=self.document.span(path)))

    def port(self, path: Path, value: Any) -> int | None:
        """A port number in range."""
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_PORT:
            return value
        span = self.document.span(path)
        number = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**9
        port = str(value) if number else kind_of(value)
        report(self.reporter, BadPort(port=port, limit=MAX_PORT, span=span))
        return None


def label_fault(label: str) -> str:
    """What is wrong with the label of a switch or host, or an empty text."""
    if not label:
        return "it is empty"
    if len(label) > MAX_LABEL:
        return f"it has {len(label):,} characters, at most {MAX_LABEL} are allowed"
    if not label.isprintable():
        return "it has characters that cannot be printed"
    if label != label.strip():
        return "it begins or ends with a blank"
    return ""
