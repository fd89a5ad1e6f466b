"""A change log from a file: a JSON list of objects with `kind`, `name`, `at` and, if one likes, `text`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.jsontext import JsonDocument, Path, kind_of, read_json
from contra.localize.errors import BadChanges, ChangesOfTheFuture, UnknownKind, UnknownObject
from contra.localize.model import Change, Object
from contra.localize.objects import KINDS
from contra.source import SourceFile
from contra.suggest import did_you_mean

_LATEST_S = 253402300799.0
_SLACK_S = 2.0


def read_changes(file: SourceFile, known: Collection[Object], reporter: Reporter) -> tuple[Change, ...]:
    """The changes of a file, in its order. `known`: the objects of the build.

    What is wrong with a change is reported (CTR1741; objects that the build does not have: CTR1742, CTR1743), and it is
    left out. Raises CompileError where the file is no list, or has a hundred mistakes.
    """
    document = read_json(file, reporter, "a change log")
    if not isinstance(document.value, list):
        _bad(document, (), "a change log", "a list", reporter)
    reporter.check()
    names: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for thing in known:
        names.setdefault(thing.kind, []).append(thing.name)
    reader = _Reader(document, names, reporter)
    found = [reader.change(number, row) for number, row in enumerate(document.value)]
    return tuple(change for change in found if change is not None)


class _Reader:
    def __init__(self, document: JsonDocument, names: Mapping[str, Sequence[str]], reporter: Reporter) -> None:
        self.document, self.names, self.reporter = document, names, reporter

    def change(self, number: int, row: Any) -> Change | None:
        """One change, or None for what was reported."""
        what = f"change {number + 1}"
        if not isinstance(row, dict):
            _bad(self.document, (number,), what, "an object", self.reporter)
            return None
        kind, name = self.text(number, row, "kind"), self.text(number, row, "name")
        at = self.time(number, row)
        text = self.text(number, row, "text") if "text" in row else ""
        if kind is None or name is None or at is None or text is None or not self.is_known(number, kind, name):
            return None
        return Change(Object(kind, name), at, shown(text))

    def text(self, number: int, row: Mapping[str, Any], key: str) -> str | None:
        """A text, which is reported if it is none."""
        if isinstance(row.get(key), str):
            return str(row[key])
        _bad(self.document, (number, key), f"'{key}' of change {number + 1}", "a text", self.reporter, key in row)
        return None

    def time(self, number: int, row: Mapping[str, Any]) -> float | None:
        """Seconds since 1970: a number of them, or ISO 8601 (UTC where it names no zone)."""
        found = _time(row.get("at"))
        if found is not None:
            return found
        what, expected = f"'at' of change {number + 1}", "a time (ISO 8601, or seconds since 1970)"
        _bad(self.document, (number, "at"), what, expected, self.reporter, "at" in row)
        return None

    def is_known(self, number: int, kind: str, name: str) -> bool:
        """Whether the build has such an object; reported if not."""
        if kind not in self.names:
            near, known = did_you_mean(kind, self.names), ", ".join(KINDS)
            span = self.document.span((number, "kind"))
            report(self.reporter, UnknownKind(kind=shown(kind), near=near, known=known, span=span))
            return False
        if name not in self.names[kind]:
            near = did_you_mean(name, self.names[kind])
            span = self.document.span((number, "name"))
            report(self.reporter, UnknownObject(kind=kind, name=shown(name), near=near, span=span))
            return False
        return True


def _time(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if 0 <= value <= _LATEST_S else None
    try:
        return seconds(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _bad(document: JsonDocument, path: Path, what: str, expected: str, reporter: Reporter, there: bool = True) -> None:
    value = document.value
    for step in path[: len(path) if there else -1]:
        value = value[step]
    found = kind_of(value) if there else "nothing"
    report(reporter, BadChanges(what=what, expected=expected, found=found, span=document.span(path)))


def seconds(text: str) -> float:
    """A time in ISO 8601 as seconds since 1970, UTC where it names no zone. Raises ValueError."""
    found = datetime.fromisoformat(text)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def check_clock(changes: Sequence[Change], now: float, reporter: Reporter) -> None:
    """Warn of changes that are dated after the look (CTR1744)."""
    late = [change for change in changes if change.at > now + _SLACK_S]
    if late:
        count = f"{len(late)} change{'s are' if len(late) > 1 else ' is'}"
        first = min(late, key=lambda change: change.at)
        ahead = str(timedelta(seconds=round(first.at - now)))
        reporter.report(ChangesOfTheFuture(changes=count, object=str(first.object), ahead=ahead))
