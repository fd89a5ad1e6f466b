"""Reading TOML values of expected kinds, with a message for each that is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, TypeVar

from contra.diagnostics import Diagnostic, Reporter, report, shown
from contra.experiments.errors import BadValue, MissingKey, UnknownKey, UnknownName
from contra.experiments.tomltext import Path, TomlDocument
from contra.jsontext import kind_of
from contra.source import Span
from contra.suggest import did_you_mean
from contra.units import parse_capacity, parse_duration

_T = TypeVar("_T")
MAX_LIST = 100_000


class Section:
    """A table of the file. What is asked for is noted; `finish` reports the keys that nobody asked for."""

    def __init__(
        self, document: TomlDocument, value: dict[str, Any], path: Path, where: str, reporter: Reporter
    ) -> None:
        self.document, self.value, self.path, self.where, self.reporter = document, value, path, where, reporter
        self._asked: dict[str, None] = {}

    def span(self, key: str, number: int | None = None) -> Span:
        """Where a value stands, or an element of a list."""
        return self.document.span((*self.path, key) if number is None else (*self.path, key, number))

    @property
    def place(self) -> Span:
        """Where the table begins."""
        return self.document.span(self.path)

    def report(self, diagnostic: Diagnostic) -> None:
        """Report; gives up after the hundredth."""
        report(self.reporter, diagnostic)

    def wrong(self, key: str, expected: str, value: Any, hint: str = "", number: int | None = None) -> None:
        """Report a value of the wrong kind."""
        span = self.span(key, number)
        self.report(BadValue(what=f"'{key}'", expected=expected, found=kind_of(value), hint=hint, span=span))

    def missing(self, key: str, example: str) -> None:
        """Report a key that has to be there."""
        self.report(MissingKey(where=self.where, key=key, example=example, span=self.place))

    def has(self, key: str) -> bool:
        """Whether a key is there; it counts as known from now on."""
        self._asked[key] = None
        return key in self.value

    def raw(self, key: str) -> Any:
        """The value of a key, None where it is not there."""
        return self.value[key] if self.has(key) else None

    # ------------------------------------------------------------------------------------------ values

    def text(self, key: str, default: str = "") -> str:
        """A text."""
        value = self.raw(key)
        if value is None or isinstance(value, str):
            return default if value is None else value
        self.wrong(key, "a text in double quotes", value)
        return default

    def choice(self, key: str, known: Collection[str], default: str, what: str) -> str:
        """One of some names."""
        value = self.text(key, default)
        if value not in known:
            self.unknown(key, what, value, known)
            return default
        return value

    def unknown(self, key: str, what: str, name: str, known: Collection[str], number: int | None = None) -> None:
        """Report a name that is not known."""
        near = did_you_mean(name, known)
        span = self.span(key, number)
        self.report(UnknownName(what=what, name=shown(name), near=near, known=", ".join(known), span=span))

    def whole(self, key: str, low: int, high: int, default: int) -> int:
        """A whole number from `low` to `high`."""
        value = self.raw(key)
        if value is None:
            return default
        if type(value) is not int or not low <= value <= high:
            self.wrong(key, f"a whole number from {low:,} to {high:,}", value)
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.raw(key)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self.wrong(key, "true or false", value)
        return default

    def time_ns(self, key: str, default: int, example: str = "10ms") -> int:
        """A time with its unit, in ns."""
        return self._parsed(key, parse_duration, default, f'a time such as "{example}"')

    def rate(self, key: str, default: int, example: str = "40Gbit") -> int:
        """bit/s."""
        return self._parsed(key, parse_capacity, default, f'a rate such as "{example}"')

    def _parsed(self, key: str, parse: Callable[[str], int], default: int, expected: str) -> int:
        value = self.raw(key)
        if value is None:
            return default
        if not isinstance(value, str):
            self.wrong(key, expected, value)
            return default
        try:
            return parse(value)
        except ValueError as error:
            self.wrong(key, expected, value, hint=str(error))
            return default

    # ------------------------------------------------------------------------------------------ lists

    def members(self, key: str, fits: Callable[[Any], bool], expected: str) -> list[Any]:
        """A list of values that fit; others are reported. Empty where the key is not there."""
        value = self.raw(key)
        if value is None:
            return []
        if not isinstance(value, list) or not 0 < len(value) <= MAX_LIST:
            self.wrong(key, f"a list of {expected}", value)
            return []
        for number, each in enumerate(value):
            if not fits(each):
                self.wrong(key, f"a list of {expected}", each, number=number)
        return [each for each in value if fits(each)]

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        return self.members(key, lambda each: isinstance(each, str), "texts")

    def unique(self, key: str, values: list[_T]) -> list[_T]:
        """The values; one that stands twice is reported."""
        for number, each in enumerate(values):
            if each in values[:number]:
                expected = "a list without repetitions"
                span = self.span(key, number)
                self.report(BadValue(what=f"'{key}'", expected=expected, found=f"{kind_of(each)} twice", span=span))
        return values

    # ------------------------------------------------------------------------------------------ tables

    def table(self, key: str) -> Section:
        """A table, empty where it is not there."""
        value = self.raw(key)
        if value is not None and not isinstance(value, dict):
            self.wrong(key, f"a table, [{key}]", value)
        inner = value if isinstance(value, dict) else {}
        return Section(self.document, inner, (*self.path, key), f"[{key}]", self.reporter)

    def tables(self, key: str) -> Iterator[Section]:
        """A list of tables."""
        value = self.raw(key)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self.wrong(key, f"a list of tables, [[{key}]]", value)
            return
        for number, each in enumerate(value):
            where = f"[[{key}]] {number + 1}"
            yield Section(self.document, each, (*self.path, key, number), where, self.reporter)

    def finish(self) -> None:
        """Report the keys that mean nothing."""
        for key in self.value:
            if key not in self._asked:
                near = did_you_mean(key, self._asked)
                span = self.document.span((*self.path, key), key=True)
                known = ", ".join(self._asked)
                self.report(UnknownKey(key=shown(key), where=self.where, near=near, known=known, span=span))
