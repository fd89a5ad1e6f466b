"""Diagnostics -> what people read (plain or coloured text) and what programs read (JSON).

The only module that knows carets and ANSI codes. It trusts nothing that comes from a file: control and format
characters are shown escaped, wide characters count two cells, a line of a megabyte is shown as an excerpt.
"""

from __future__ import annotations

import json
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contra.diagnostics import Diagnostic, Label, Severity
from contra.source import SourceFile, Span

WIDTH = 100
"""Cells for source text, labels, notes and helps, the gutter not counted."""

_MIN_LABEL = 36  # a label with less room than this beside its carets goes below them
_SHORT_LABEL = 24  # ... unless it is as short as this
_TITLE_LIMIT = 400
_TEXT_LIMIT = 4000
_TAB = "    "

ERASE_LINE = "\r\x1b[K"
"""Wipes out the line of a terminal that is being written."""
ENTER_SCREEN, LEAVE_SCREEN = "\x1b[?1049h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1049l"
"""To the alternate screen of a terminal, without cursor and without wrapping of long lines, and back."""
TOP, END_OF_LINE, ERASE_BELOW = "\x1b[H", "\x1b[K\r\n", "\x1b[K\x1b[J"
"""To the first cell of the screen; to the next line, and to nothing, with what was there before wiped out."""

_ANSI = {
    "error": "1;31",
    "warning": "1;33",
    "gutter": "1;34",
    "secondary": "1;34",
    "note": "1",
    "title": "1",
    "good": "32",
    "bad": "33",
}

Piece = tuple[str, str]
"""A text and the name of its style, "" for none."""
Row = list[Piece]


def render_text(diagnostics: Sequence[Diagnostic], color: bool = False, limit: int = 20) -> str:
    """All diagnostics for people: warnings first, then errors, each in order of file and position.

    At most `limit` of each severity are shown in full; the last line counts them all.
    Empty for no diagnostics.
    """
    blocks: list[str] = []
    for severity in (Severity.WARNING, Severity.ERROR):
        group = [d for d in _ordered(diagnostics) if d.severity is severity]
        blocks.extend(_paint_rows(_diagnostic_rows(d), color) for d in group[:limit])
        if len(group) > limit:
            blocks.append(f"… and {len(group) - limit} more {severity.value}s\n")
    if not blocks:
        return ""
    return "\n".join([*blocks, summary(diagnostics) + "\n"])


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty for no diagnostics."""
    parts = []
    for severity in (Severity.ERROR, Severity.WARNING):
        count = sum(d.severity is severity for d in diagnostics)
        if count:
            parts.append(f"{count} {severity.value}{'' if count == 1 else 's'}")
    return ", ".join(parts)


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """All diagnostics as one JSON document: `{"diagnostics": [...]}`.

    Lines and columns are 1-based and count characters; the end is exclusive; places without a file are null.
    What a diagnostic's `data()` holds stands beside the common keys.
    """
    return json.dumps({"diagnostics": [_as_data(d) for d in _ordered(diagnostics)]}, indent=2) + "\n"


def render_places(labels: Sequence[Label], color: bool = False) -> str:
    """Places in files with what is to be said there, as they stand below the title of a message.

    Empty for no places.
    """
    files = _group_by_file([(label, True) for label in labels])
    gutter = max((len(str(line)) for _, marks in files for line, _ in marks), default=0)
    rows = (row for file, marks in files for row in _file_rows(file, marks, gutter, Severity.WARNING.value, first=True))
    return _paint_rows(rows, color)


def _as_data(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        **diagnostic.data(),
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.title_text(),
        **_place(diagnostic.span),
        "label": diagnostic.label_text(),
        "notes": list(diagnostic.note_texts()),
        "helps": list(diagnostic.help_texts()),
        "related": [{**_place(label.span), "label": label.text} for label in diagnostic.secondary()],
    }


def _place(span: Span | None) -> dict[str, Any]:
    if span is None:
        return dict.fromkeys(("file", "line", "column", "endLine", "endColumn"))
    start, end = _bounds(span)
    line, column = span.file.position(start)
    end_line, end_column = span.file.position(end)
    return {
        "file": span.file.name,
        "line": line,
        "column": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _ordered(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    def key(diagnostic: Diagnostic) -> tuple[bool, str, int]:
        span = diagnostic.span
        return (False, "", 0) if span is None else (True, span.file.name, span.start)

    return sorted(diagnostics, key=key)


def _bounds(span: Span) -> tuple[int, int]:
    """Offsets inside the file. An empty span in the blanks at its end means the end of what is written."""
    text = span.file.text
    start = max(0, min(span.start, len(text)))
    end = max(start, min(span.end, len(text)))
    if start == end and not text[start:].strip():
        written = len(text[:start].rstrip())
        start = end = written if written else start
    return start, end


# ------------------------------------------------------------------------------------- one diagnostic


def _diagnostic_rows(diagnostic: Diagnostic) -> Iterator[Row]:
    severity = diagnostic.severity.value
    title = _clean(_shorten(diagnostic.title_text(), _TITLE_LIMIT))
    yield [(f"{severity}[{diagnostic.code}]", severity), (": " + title, "title")]
    gutter = 0
    if diagnostic.span is not None:
        labels = [(Label(diagnostic.span, diagnostic.label_text()), True)]
        labels += [(label, False) for label in diagnostic.secondary()]
        files = _group_by_file(labels)
        gutter = max(len(str(line)) for _, marks in files for line, _ in marks)
        for index, (file, marks) in enumerate(files):
            yield from _file_rows(file, marks, gutter, severity, first=index == 0)
    texts = [("note", text) for text in diagnostic.note_texts()]
    texts += [("help", text) for text in diagnostic.help_texts()]
    if texts and diagnostic.span is not None:
        yield [(" " * gutter + " |", "gutter")]
    for kind, text in texts:
        yield from _note_rows(kind, text, gutter)


def _note_rows(kind: str, text: str, gutter: int) -> Iterator[Row]:
    head = f"{kind}: "
    for number, line in enumerate(_wrap(text, WIDTH - len(head))):
        if number:
            yield [(" " * (gutter + 3 + len(head)) + line, "")]
        else:
            yield [(" " * gutter + " = ", "gutter"), (head, "note"), (line, "")]


# -------------------------------------------------------------------------------------- marks on lines


@dataclass(frozen=True, slots=True)
class _Mark:
    """The part of a span that lies on one line: characters `start` up to `end` (0-based) of the line."""

    start: int
    end: int
    text: str
    primary: bool


_LineMarks = list[tuple[int, list[_Mark]]]


def _group_by_file(labels: list[tuple[Label, bool]]) -> list[tuple[SourceFile, _LineMarks]]:
    """Per file, in order of first mention, the marked lines in order with their marks."""
    files: dict[int, tuple[SourceFile, dict[int, list[_Mark]]]] = {}
    for label, primary in labels:
        _, lines = files.setdefault(id(label.span.file), (label.span.file, {}))
        for line, mark in _split(label, primary):
            lines.setdefault(line, []).append(mark)
    return [(file, sorted(lines.items())) for file, lines in files.values()]


def _split(label: Label, primary: bool) -> Iterator[tuple[int, _Mark]]:
    """One mark a line. Of a span over more than three lines only the first and the last are marked."""
    file = label.span.file
    start, end = _bounds(label.span)
    end = max(start, len(file.text[:end].rstrip())) if "\n" in file.text[start:end] else end
    first, first_column = file.position(start)
    last, last_column = file.position(max(start, end - 1))
    last_end = last_column if end > start else last_column - 1
    if first == last:
        yield first, _Mark(first_column - 1, max(first_column - 1, last_end), label.text, primary)
        return
    yield first, _Mark(first_column - 1, max(first_column, len(file.line(first))), "", primary)
    if last == first + 2:
        middle = file.line(first + 1)
        yield first + 1, _Mark(_indent(middle), len(middle), "", primary)
    yield last, _Mark(min(_indent(file.line(last)), last_end - 1), last_end, label.text, primary)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _file_rows(file: SourceFile, lines: _LineMarks, gutter: int, severity: str, first: bool) -> Iterator[Row]:
    marked = [(number, mark) for number, marks in lines for mark in marks]
    head, mark = next((pair for pair in marked if pair[1].primary), marked[0])
    arrow = "-->" if first else ":::"
    place = f"{_clean(file.name)}:{head}:{mark.start + 1}"
    if not first:
        yield [(" " * gutter + " |", "gutter")]
    yield [(" " * gutter + arrow + " ", "gutter"), (place, "")]
    yield [(" " * gutter + " |", "gutter")]
    previous = lines[0][0] - 1
    for number, marks in lines:
        if number != previous + 1:
            yield [("..." if gutter < 3 else " " * (gutter - 1) + "...", "gutter")]
        line = file.line(number)
        for group in _fitting_groups(line, marks):
            yield from _line_rows(line, number, group, gutter, severity)
        previous = number


def _fitting_groups(line: str, marks: list[_Mark]) -> list[list[_Mark]]:
    """Marks that can be shown in one excerpt of the line, from left to right."""
    groups: list[list[_Mark]] = []
    room = WIDTH if _reach(line, 0, 1, WIDTH) <= WIDTH else WIDTH // 2
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        if groups and mark.end - groups[-1][0].start <= room:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _line_rows(line: str, number: int, marks: list[_Mark], gutter: int, severity: str) -> Iterator[Row]:
    excerpt = _Excerpt.of(line, marks[0].start, max(mark.end for mark in marks))
    yield [(f"{number:>{gutter}} | ", "gutter"), (excerpt.text.rstrip(), "")]
    for row in _annotations(excerpt, marks, severity):
        yield [(" " * gutter + " | ", "gutter"), *row]


# ------------------------------------------------------------------------------ a source line as cells


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """Part of a line as shown: `columns[i]` is the cell where character `offset + i` starts."""

    text: str
    offset: int
    columns: tuple[int, ...]

    @classmethod
    def of(cls, line: str, start: int, end: int) -> _Excerpt:
        """The characters around `start`..`end`, as many as fit in WIDTH cells."""
        low, high = _window(line, start, end)
        text = "…" if low else ""
        columns, column = [], len(text)
        for char in line[low:high]:
            columns.append(column)
            shown, width = _cell(char)
            text += shown
            column += width
        columns.append(column)
        return cls(text + ("…" if high < len(line) else ""), low, tuple(columns))

    def column(self, index: int) -> int:
        """The cell of a character of the line; what lies outside the excerpt is at its edge."""
        beyond = max(0, index - self.offset - len(self.columns) + 1)
        clipped = max(0, min(index - self.offset, len(self.columns) - 1))
        return self.columns[clipped] + min(beyond, 1)


def _window(line: str, start: int, end: int) -> tuple[int, int]:
    """Character range to show: the marks, then what is left of the width on both sides of them."""
    low = high = min(start, len(line))
    room = WIDTH - 2
    while high < min(end, len(line)) and (room := room - _cell(line[high])[1]) >= 0:
        high += 1
    left, right = _reach(line, low, -1, room), _reach(line, high, 1, room)
    if left + right > room:  # both sides compete: half each, and what one does not need goes to the other
        half = room // 2
        left, right = (left, room - left) if left < half else (max(half, room - right), min(right, half))
    return _step(line, low, -1, left), _step(line, high, 1, right)


def _reach(line: str, index: int, direction: int, room: int) -> int:
    """Cells between `index` and the line's end in `direction`, at most a bit more than `room`."""
    cells = 0
    while cells <= room and 0 <= (at := index if direction > 0 else index - 1) < len(line):
        cells += _cell(line[at])[1]
        index += direction
    return cells


def _step(line: str, index: int, direction: int, cells: int) -> int:
    """The index reached by walking at most `cells` cells in `direction`."""
    while 0 <= (at := index if direction > 0 else index - 1) < len(line):
        cells -= _cell(line[at])[1]
        if cells < 0:
            break
        index += direction
    return index


def _cell(char: str) -> tuple[str, int]:
    """How a character is shown and how many cells that takes."""
    if char == "\t":
        return _TAB, len(_TAB)
    if " " <= char <= "~":
        return char, 1
    category = unicodedata.category(char)
    if category[0] == "C" or category in ("Zl", "Zp", "Zs"):
        return (escaped := _escape(char)), len(escaped)
    if category in ("Mn", "Me"):
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _escape(char: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
    code = ord(char)
    return named.get(char) or (f"\\x{code:02x}" if code < 256 else f"\\u{{{code:x}}}")


# ------------------------------------------------------------------------------- underlines and labels


def _annotations(excerpt: _Excerpt, marks: list[_Mark], severity: str) -> Iterator[Row]:
    """The rows under a source line: underlines, the last label beside them, the others hanging below."""
    cells, end = _underline(excerpt, marks)
    labelled = sorted((m for m in marks if m.text), key=lambda m: (excerpt.column(m.start), m.primary))
    underline = _runs(cells, severity)
    if not labelled:
        yield underline
        return
    last = labelled[-1]
    lines = _wrap(last.text, max(WIDTH - end, _SHORT_LABEL))
    if _stop(excerpt, last) == end and (WIDTH - end > _MIN_LABEL or len(lines) == 1):
        labelled.pop()
        yield [*underline, (" " + lines[0], _style(last, severity))]
        for line in lines[1:]:
            yield _row(excerpt, labelled, severity, end + 1, (line, _style(last, severity)))
    else:
        yield underline
    yield from _hanging(excerpt, labelled, severity)


def _underline(excerpt: _Excerpt, marks: list[_Mark]) -> tuple[list[str], int]:
    """The characters of the underline row and its length; the primary mark lies on top."""
    end = max(_stop(excerpt, mark) for mark in marks)
    cells = [" "] * end
    for mark in sorted(marks, key=lambda m: m.primary):
        start, stop = excerpt.column(mark.start), _stop(excerpt, mark)
        cells[start:stop] = ("^" if mark.primary else "-") * (stop - start)
    return cells, end


def _stop(excerpt: _Excerpt, mark: _Mark) -> int:
    return max(excerpt.column(mark.end), excerpt.column(mark.start) + 1)


def _hanging(excerpt: _Excerpt, labelled: list[_Mark], severity: str) -> Iterator[Row]:
    """Labels below the underlines, from right to left, each under a bar from its mark."""
    if labelled:
        yield _row(excerpt, labelled, severity, 0, None)
    while labelled:
        mark = labelled.pop()
        column = excerpt.column(mark.start)
        for line in _wrap(mark.text, max(_MIN_LABEL, WIDTH - column)):
            yield _row(excerpt, labelled, severity, column, (line, _style(mark, severity)))


def _row(excerpt: _Excerpt, bars: list[_Mark], severity: str, column: int, text: Piece | None) -> Row:
    """A row with a bar under each of `bars` and, from `column` on, a text."""
    row: Row = []
    at = 0
    for mark in bars:
        bar = excerpt.column(mark.start)
        if bar >= at and (text is None or bar < column):
            row += [(" " * (bar - at), ""), ("|", _style(mark, severity))]
            at = bar + 1
    if text is not None:
        row += [(" " * (column - at), ""), text]
    return row


def _style(mark: _Mark, severity: str) -> str:
    return severity if mark.primary else "secondary"


def _runs(cells: list[str], severity: str) -> Row:
    row: Row = []
    for char in cells:
        style = {"^": severity, "-": "secondary"}.get(char, "")
        if row and row[-1][1] == style:
            row[-1] = (row[-1][0] + char, style)
        else:
            row.append((char, style))
    return row


# ------------------------------------------------------------------------------------------------ texts


def _wrap(text: str, width: int) -> list[str]:
    """Lines of a text. A line that starts with a blank is kept as it is: tables and the output of tools."""
    lines: list[str] = []
    for paragraph in _shorten(text, _TEXT_LIMIT).split("\n"):
        cleaned = _clean(paragraph.replace("\t", _TAB))
        if cleaned[:1] == " ":
            lines.append(cleaned)
        else:
            lines += textwrap.wrap(cleaned, max(20, width), break_on_hyphens=False) or [""]
    return lines


def _clean(text: str) -> str:
    """The text with control and format characters escaped, so that no input can play with the terminal."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_cell(char)[0] for char in text)


def _shorten(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    return f"{text[: limit * 2 // 3]} … {text[-(limit // 4) :]}"


def _paint_rows(rows: Iterable[Row], color: bool) -> str:
    if not color:
        return "".join("".join(text for text, _ in row).rstrip() + "\n" for row in rows)
    return "".join("".join(paint(text, style) for text, style in row) + "\n" for row in rows)


def paint(text: str, style: str) -> str:
    """The text in the colour of a style: `good`, `bad`, `error`, `warning`, `title` and so on."""
    code = _ANSI.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and text else text
