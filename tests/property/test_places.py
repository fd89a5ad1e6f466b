"""Spans and positions against a line-by-line count; the renderer on any text and any span."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from contra.diagnostics import Diagnostic, Label
from contra.render import WIDTH, render_json, render_text
from contra.source import SourceFile

TEXTS = st.text(st.characters(), max_size=60) | st.text("ab\n\t\r é漢\u0301\x1b", max_size=300)
PLAIN = st.text("abcdefg .*+()", min_size=1, max_size=400)
FEW = settings(deadline=None, max_examples=150)


class Plain(Diagnostic):
    code = "CTR0999"
    title = "title"
    label = "here"
    other: Label | None = None

    def secondary(self) -> tuple[Label, ...]:
        return (self.other,) if self.other else ()


@FEW
@given(TEXTS, st.data())
def test_position_counts_lines_and_columns(text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    before = text[:offset].split("\n")
    assert SourceFile("f", text).position(offset) == (len(before), len(before[-1]) + 1)


@FEW
@given(TEXTS)
def test_lines_are_the_text_without_line_ends(text: str) -> None:
    file = SourceFile("f", text)
    lines = text.split("\n")
    assert [file.line(n + 1) for n in range(len(lines))] == [line.rstrip("\r") for line in lines]


@FEW
@given(TEXTS, st.data())
def test_a_span_contains_what_lies_inside_and_only_that(text: str, data: st.DataObject) -> None:
    file = SourceFile("f", text)
    a, b, c, d = (data.draw(st.integers(0, len(text))) for _ in range(4))
    outer, inner = file.span(min(a, b), max(a, b)), file.span(min(c, d), max(c, d))
    covered = set(range(outer.start, outer.end + 1)) >= set(range(inner.start, inner.end + 1))
    assert (inner in outer) == covered
    both = outer.to(inner)
    assert outer in both
    assert inner in both
    assert both.start in (outer.start, inner.start)
    assert both.end in (outer.end, inner.end)


@FEW
@given(TEXTS, TEXTS, st.lists(st.integers(-3, 310), min_size=4, max_size=4))
def test_any_span_of_any_text_is_rendered(text: str, name: str, ends: list[int]) -> None:
    file = SourceFile(name, text)
    other = Label(file.span(ends[2], ends[3]), text)
    diagnostic = Plain(span=file.span(ends[0], ends[1]), other=other)
    shown = render_text([diagnostic])
    assert shown.startswith("error[CTR0999]: title\n")
    assert shown.endswith("\n1 error\n")
    assert all(char == "\n" or char.isprintable() for char in shown)
    place = json.loads(render_json([diagnostic]))["diagnostics"][0]
    assert (place["line"], place["column"]) <= (place["endLine"], place["endColumn"])


@FEW
@given(PLAIN, st.data())
def test_carets_stand_under_the_span(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + WIDTH - 2)))
    lines = render_text([Plain(span=SourceFile("f", text).span(start, end))]).split("\n")
    source, carets = lines[3], lines[4]
    first = carets.index("^")
    assert carets.count("^") == end - start
    assert source[first:].ljust(end - start)[: end - start] == text[start:end]
