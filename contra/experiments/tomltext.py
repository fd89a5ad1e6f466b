"""TOML text -> values, and where they stand in the text.

Python's own reader does the work; it knows no positions. When a message needs one, the text, known to be valid by then,
is gone through once more, for the spans of all keys and values.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from contra.diagnostics import CompileError
from contra.experiments.errors import NoToml
from contra.source import SourceFile, Span

Path = tuple[str | int, ...]

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|\n|[\[\]{},=]'
    r"|[^\s\[\]{},=#\"']+",
    re.DOTALL,
)
_PLACE = re.compile(r" ?\((?:at line (\d+), column (\d+)|at end of document)\)")
_MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class TomlDocument:
    """A file and its value."""

    file: SourceFile
    value: dict[str, Any]

    @cached_property
    def _spans(self) -> dict[Path, tuple[Span, Span]]:
        return {path: (key, value) for path, key, value in _Scanner(self.file).entries()}

    def span(self, path: Path, *, key: bool = False) -> Span:
        """The span of the value at a path, or of its key; what holds it where it is not found itself."""
        while path and path not in self._spans:
            path = path[:-1]
        if not path:
            return self.file.span(0, min(1, len(self.file.text)))
        return self._spans[path][0 if key else 1]


def read_toml(file: SourceFile) -> TomlDocument:
    """The value of a TOML file. Raises CompileError (CTR1521) where it is none."""
    try:
        if len(file.text) > _MAX_CHARACTERS:
            raise CompileError([NoToml(reason=f"it has more than {_MAX_CHARACTERS:,} characters")])
        return TomlDocument(file, tomllib.loads(file.text))
    except tomllib.TOMLDecodeError as error:
        found = _PLACE.search(str(error))
        reason = _PLACE.sub("", str(error)).replace("Cannot overwrite a value", "this key was there before")
        place = _offset(file, int(found[1]), int(found[2])) if found and found[1] else len(file.text.rstrip())
        span = file.span(place, min(place + 1, len(file.text)))
        raise CompileError([NoToml(reason=reason[:1].lower() + reason[1:], span=span)]) from None
    except RecursionError:
        raise CompileError([NoToml(reason="it is nested too deeply", span=file.span(0, 1))]) from None
    except ValueError:  # a number of thousands of digits
        raise CompileError([NoToml(reason="it has a number that is too long", span=file.span(0, 1))]) from None


def _offset(file: SourceFile, line: int, column: int) -> int:
    text = file.text.split("\n")
    return sum(len(each) + 1 for each in text[: line - 1]) + column - 1


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


class _Scanner:
    """Goes through valid TOML; an entry is a path, the span of its key and that of its value."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.tokens = [_Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(file.text)]
        self.at = 0
        self.counts: dict[Path, int] = {}

    def entries(self) -> Iterator[tuple[Path, Span, Span]]:
        table: Path = ()
        while self._skip_blanks():
            if self._text() == "[":
                table, span = self._header()
                yield table, span, span
            else:
                yield from self._entry(table)

    def _entry(self, table: Path) -> Iterator[tuple[Path, Span, Span]]:
        names, key = self._key("=")
        yield from self._value((*table, *names), key)

    def _header(self) -> tuple[Path, Span]:
        """`[a.b]` or `[[a.b]]`; names of lists of tables stand for their last table."""
        start = self.tokens[self.at].start
        self.at += 1
        many = self._text() == "["
        self.at += many
        names, _ = self._key("]")
        self.at += many
        path: Path = ()
        for number, name in enumerate(names):
            path = (*path, name)
            if many and number == len(names) - 1:
                self.counts[path] = self.counts.get(path, -1) + 1
            if path in self.counts:
                path = (*path, self.counts[path])
        return path, self._span(start)

    def _key(self, end: str) -> tuple[tuple[str, ...], Span]:
        """A key up to a sign, dotted or quoted as it may be."""
        parts = []
        while self._text() != end:
            parts.append(self.tokens[self.at])
            self.at += 1
        self.at += 1
        text = " ".join(part.text for part in parts)
        names = [found[0] for found in re.finditer(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|[^\s."\']+', text)]
        plain = tuple(tomllib.loads(f"x = {name}")["x"] if name[0] in "\"'" else name for name in names)
        return plain, self.file.span(parts[0].start, parts[-1].end)

    def _value(self, path: Path, key: Span) -> Iterator[tuple[Path, Span, Span]]:
        start, opening = self.tokens[self.at].start, self._text()
        if opening == "[":
            self.at += 1
            number = 0
            while self._skip_blanks() and self._text() != "]":
                yield from self._value((*path, number), key)
                number += 1
                self._skip_comma()
            self.at += 1
        elif opening == "{":
            self.at += 1
            while self._skip_blanks() and self._text() != "}":
                yield from self._entry(path)
                self._skip_comma()
            self.at += 1
        else:
            while self.at < len(self.tokens) and self._text() not in ("\n", ",", "]", "}") and self._text()[0] != "#":
                self.at += 1
        yield path, key, self._span(start)

    def _skip_comma(self) -> None:
        if self._skip_blanks() and self._text() == ",":
            self.at += 1

    def _skip_blanks(self) -> bool:
        """Past line ends and comments; whether there is more."""
        while self.at < len(self.tokens) and (self._text() == "\n" or self._text()[0] == "#"):
            self.at += 1
        return self.at < len(self.tokens)

    def _text(self) -> str:
        return self.tokens[self.at].text

    def _span(self, start: int) -> Span:
        return self.file.span(start, self.tokens[self.at - 1].end)
