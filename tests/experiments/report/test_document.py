"""Markdown and HTML of the same report: both say exactly what the document says, whatever is in it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.html_reader import parsed

from contra.experiments.report.document import (
    Bullets,
    Callout,
    Code,
    Document,
    Heading,
    Paragraph,
    Picture,
    Table,
    clean,
)
from contra.experiments.report.markdown import escaped, to_markdown
from contra.experiments.report.page import to_html


def texts_of(page: str, tag: str) -> list[str]:
    return [text for inside, text in parsed(page).texts if inside == tag]


HOSTILE = [
    "<script>alert(1)</script>",
    "a|b",
    "*bold* _em_ `code`",
    '"><img src=x onerror=alert(1)>',
    "&lt;b&gt;",
    "# heading",
    "1. first",
    "- item",
    "[link](javascript:alert(1))",
    "line\nbreak\tand \x1b[31mred\x00",
    "\u202eright to left",
    "\\",
    "```",
]


def table(cell: str) -> Table:
    return Table(cell, (cell, "b"), ((cell, cell), ("x", "1")), marked=frozenset({1}))


@pytest.mark.parametrize("text", HOSTILE)
def test_html_says_the_text_and_has_no_other_tag(text: str) -> None:
    plain = Document("t", (Heading("x"), Paragraph("x"), Bullets(("x",)), Callout("x", ("x",)), Code("x"), table("x")))
    hostile = Document(
        text,
        (Heading(text), Paragraph(text), Bullets((text,)), Callout(text, (text,)), Code(text), table(text)),
    )
    assert parsed(to_html(hostile)).tags == parsed(to_html(plain)).tags
    assert texts_of(to_html(hostile), "td") == [clean(text), clean(text), "x", "1"]
    assert texts_of(to_html(hostile), "p") == [clean(text)]


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_any_text_comes_out_of_the_page_as_it_went_in(text: str) -> None:
    page = to_html(Document("t", (Paragraph(f"({text})"), Table("", ("a", "b"), ((f"({text})", "1"),)))))
    assert texts_of(page, "p") == [f"({clean(text)})"]
    assert texts_of(page, "td") == [f"({clean(text)})", "1"]


def unescaped_bars(line: str) -> int:
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line))


@pytest.mark.parametrize("text", HOSTILE)
def test_rows_of_markdown_tables_have_their_cells_and_no_more(text: str) -> None:
    lines = [line for line in to_markdown(Document("t", (table(text),))).split("\n") if line.startswith("|")]
    assert len(lines) == 4
    assert [unescaped_bars(line) for line in lines] == [3, 3, 3, 3]
    assert len({len(line) for line in lines}) == 1, "the columns are aligned"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_a_backslash_before_a_sign_means_the_sign(text: str) -> None:
    """CommonMark 0.31, section 2.4: taking the backslashes away gives the text; nothing unescaped is left to act."""
    found = escaped(text)
    assert re.sub(r"\\([\\`*\[\]<>|_&])", r"\1", found) == clean(text)
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*\[\]<>]", found)


@pytest.mark.parametrize("text", ["# no heading", "1. no list", "12) no list", "- no list", "+ no list", "> no quote"])
def test_a_paragraph_stays_a_paragraph(text: str) -> None:
    start = to_markdown(Document("t", (Paragraph(text),))).split("\n")[2]
    assert not re.match(r"#|\d+[.)]\s|[-+*>]\s", start)
    assert start.replace("\\", "") == text


def test_code_is_fenced_by_more_than_it_has_itself() -> None:
    assert to_markdown(Document("t", (Code("a\n```\nb"),))) == "# t\n\n````\na\n```\nb\n````\n"


def test_names_with_underscores_stay_readable() -> None:
    assert escaped("a1_1-c1@0s and fct_mean_us") == "a1_1-c1@0s and fct_mean_us"


def test_a_whole_document_in_markdown() -> None:
    document = Document(
        "Title",
        (
            Callout("2 runs did not finish.", ("one", "other")),
            Paragraph("Some text."),
            Heading("Part"),
            Table("Caption", ("load", "ECMP"), (("10 %", "4.2"), ("mean", "12.25")), marked=frozenset({1})),
            Picture("p", "A picture.", b"<svg/>", b"png"),
            Bullets(("one", "two")),
        ),
    )
    assert to_markdown(document) == (
        "# Title\n\n> **2 runs did not finish.**\n> * one\n> * other\n\nSome text.\n\n## Part\n\nCaption\n\n"
        "| load     |      ECMP |\n| -------- | --------: |\n| 10 %     |       4.2 |\n| **mean** | **12.25** |\n\n"
        "![A picture.](plots/p.svg)\n\n* one\n* two\n"
    )


def test_the_page_needs_nothing_from_outside() -> None:
    page = to_html(Document("t", (Picture("p", "c", b"<svg/>", b""), Heading("a"), Heading("b"), Heading("c"))))
    sources = [value for _, name, value in parsed(page).attributes if name in ("src", "href")]
    assert sources and all(value.startswith(("data:image/svg+xml;base64,", "#s")) for value in sources)
    assert "http" not in page and "@import" not in page and "url(" not in page
