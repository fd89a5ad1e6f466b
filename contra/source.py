"""Source text and places in it.

A `Span` is a pair of half-open character offsets into a `SourceFile`; line and column are computed only
when something is printed. Lines and columns are 1-based, as editors show them.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class SourceFile:
    """The name (as the user wrote it) and the whole text of one input file."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        while found := self.text.find("\n", starts[-1]) + 1:
            starts.append(found)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """1-based (line, column) of a character offset; offsets past the end mean the end."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a 1-based line, without its line end."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] - 1 if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def span(self, start: int, end: int) -> Span:
        """The span of the characters `start` up to, not including, `end`."""
        return Span(self, start, end)


@dataclass(frozen=True)
class Span:
    """Characters `start` up to, not including, `end` of a file."""

    file: SourceFile
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters of the span."""
        return self.file.text[self.start : self.end]

    @property
    def line(self) -> int:
        """1-based line of the first character."""
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        """1-based column of the first character."""
        return self.file.position(self.start)[1]

    def to(self, other: Span) -> Span:
        """The smallest span that covers this one and `other`, both of one file."""
        return Span(self.file, min(self.start, other.start), max(self.end, other.end))

    def __contains__(self, inner: Span) -> bool:
        return self.file is inner.file and self.start <= inner.start and inner.end <= self.end

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}:{self.column}"
