"""One situation a snapshot: what people see of a diagnostic, carets and all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contra.diagnostics import Diagnostic, Label, Severity
from contra.render import WIDTH, render_json, render_text
from contra.source import SourceFile, Span

SNAPSHOTS = Path(__file__).parent / "snapshots"
POLICY = SourceFile(
    "policy.ctr",
    "# waypoint\nlet mb = F1 + F3 in\nminimize(\n\tif .* mb .*\n\tthen path.util\n\telse inf)\n",
)
TOPOLOGY = SourceFile("topo.json", "{\n" * 98 + '  "switches": {"F1": {},\n    "F2": {}},\n  "links": []\n}\n')


class Mistake(Diagnostic):
    code = "CTR0999"
    title = "{what}"

    what: str = "something is wrong"
    under: str = ""
    more: tuple[Label, ...] = ()
    said: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()
    extra: tuple[tuple[str, Any], ...] = ()

    def label_text(self) -> str:
        return self.under

    def secondary(self) -> tuple[Label, ...]:
        return self.more

    def note_texts(self) -> tuple[str, ...]:
        return self.said

    def help_texts(self) -> tuple[str, ...]:
        return self.todo

    def data(self) -> dict[str, Any]:
        return dict(self.extra)


class Doubt(Mistake):
    code = "CTR0998"
    severity = Severity.WARNING


def at(file: SourceFile, text: str, nth: int = 0) -> Span:
    """The span of the nth occurrence of a text."""
    start = -1
    for _ in range(nth + 1):
        start = file.text.index(text, start + 1)
    return file.span(start, start + len(text))


def one_line(text: str, marked: str, **more: Any) -> Mistake:
    file = SourceFile("policy.ctr", text)
    return Mistake(span=at(file, marked), **more)


def several_on_one_line() -> Mistake:
    file = SourceFile("p.ctr", "minimize((path.len, path.util, path.lat))")
    return Mistake(
        span=at(file, "path.util"),
        under="a maximum",
        more=(Label(at(file, "path.len"), "comes first"), Label(at(file, "path.lat"), "ranked after it")),
    )


def overlapping() -> Mistake:
    file = SourceFile("p.ctr", "minimize(if A .* then path.util else path.lat)")
    return Mistake(
        span=at(file, "path.util"),
        under="this one",
        more=(Label(at(file, "if A .* then path.util else path.lat"), "in this conditional"),),
    )


LONG = "minimize(" + " + ".join(f"{n} * path.len" for n in range(3000)) + " - path.util)"
BOTH_FILES = Mistake(
    span=at(POLICY, "F3"),
    what="unknown switch 'F3'",
    under="no switch has this name",
    more=(Label(at(TOPOLOGY, '"F2"'), "the nearest name"),),
    todo=("did you mean 'F2'?",),
)

SITUATIONS: dict[str, list[Diagnostic]] = {
    "label": [one_line("minimize(path.utl)", "path.utl", under="no such attribute")],
    "no_label": [one_line("minimize(path.utl)", "utl")],
    "no_span": [Mistake(what="cannot read 'x.ctr': no such file", said=("a note",), todo=("check the path",))],
    "two_files": [BOTH_FILES],
    "three_files": [
        Mistake(
            span=at(POLICY, "F1"),
            more=(
                Label(at(TOPOLOGY, '"F1"'), "declared here"),
                Label(at(SourceFile("other.json", '{"F1": 1}'), '"F1"'), "and here"),
            ),
        )
    ],
    "several_on_one_line": [several_on_one_line()],
    "overlapping": [overlapping()],
    "distant_lines": [Mistake(span=at(POLICY, "inf"), under="here", more=(Label(at(POLICY, "let"), "and there"),))],
    "two_lines": [Mistake(span=at(POLICY, "if .* mb .*\n\tthen path.util"), under="a condition")],
    "three_lines": [Mistake(span=at(POLICY, "mb .*\n\tthen path.util\n\telse inf"), under="a conditional")],
    "many_lines": [Mistake(span=POLICY.span(0, len(POLICY.text)), under="the whole policy")],
    "tabs": [Mistake(span=at(POLICY, "path.util"), under="after a tab")],
    "wide": [one_line("minimize(漢字 + path.util)", "path.util", under="after wide characters")],
    "wide_marked": [one_line("minimize(漢字 + path.util)", "漢字", under="four cells")],
    "combining": [one_line("minimize(e\u0301te\u0301 + x)", "x", under="after combining accents")],
    "control": [one_line("minimize(\x1b[31m\0\u202e\ufeff x)", "x", what="bad '\x1b[2J\r\n'", under="\x07")],
    "carriage_return": [one_line("minimize(\r\n  x)\r\n", "x", under="lines end in CR LF")],
    "long_line_start": [one_line(LONG, "minimize", under="far left")],
    "long_line_middle": [one_line(LONG, "1500 * path.len", under="in the middle")],
    "long_line_end": [one_line(LONG, "path.util", under="far right")],
    "long_mark": [one_line(LONG, LONG[20:5000], under="longer than the excerpt")],
    "long_line_two_marks": [
        Mistake(
            span=at(file := SourceFile("p.ctr", LONG), "2000 * path.len"),
            under="second",
            more=(Label(at(file, "10 * path.len"), "first"),),
        )
    ],
    "long_label": [one_line("minimize(path.utl)", "path.utl", under="a label " * 30)],
    "long_label_right": [one_line(" " * 70 + "minimize(path.utl)", "utl", under="a label " * 30)],
    "long_title": [one_line("x", "x", what="number " + "9" * 10_000 + " is too large")],
    "notes": [one_line("x", "x", said=("words " * 40, "a table:\n  a   1\n  bb  2", ""), todo=("one\ntwo", "w" * 300))],
    "end_of_file": [Mistake(span=POLICY.span(len(POLICY.text), len(POLICY.text)), under="the end")],
    "end_of_line": [one_line("minimize(x", "", what="", under="start of the file")],
    "empty_file": [Mistake(span=SourceFile("empty.ctr", "").span(0, 0), under="nothing here")],
    "blank_file": [Mistake(span=SourceFile("blank.ctr", " \n\n").span(2, 2), under="nothing here")],
    "past_the_end": [Mistake(span=SourceFile("p.ctr", "abc").span(10, 20), under="clamped")],
    "newline_marked": [Mistake(span=POLICY.span(10, 11), under="the line end")],
    "order": [
        Mistake(span=at(TOPOLOGY, '"F1"'), what="fourth"),
        Mistake(span=at(POLICY, "inf"), what="third"),
        Mistake(what="second"),
        Doubt(span=at(TOPOLOGY, '"F1"'), what="first: a warning"),
        Mistake(span=at(POLICY, "F1"), what="before the third"),
    ],
    "too_many": [Mistake(what=f"error {n:02}") for n in range(33)] + [Doubt(what="warning")],
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_snapshot(name: str, golden: Any) -> None:
    golden(SNAPSHOTS / f"{name}.txt", render_text(SITUATIONS[name]))


def test_every_snapshot_has_its_situation() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.txt")} == {*SITUATIONS, "color", "json"}


def test_color_snapshot(golden: Any) -> None:
    text = render_text([several_on_one_line(), BOTH_FILES, Doubt(what="a doubt")], color=True)
    golden(SNAPSHOTS / "color.txt", text.replace("\x1b", "ESC"))


@pytest.mark.parametrize("name", SITUATIONS)
def test_color_changes_nothing_but_adds_codes(name: str) -> None:
    import re

    coloured = render_text(SITUATIONS[name], color=True)
    plain = re.sub("\x1b\\[[0-9;]*m", "", coloured)
    assert [line.rstrip() for line in plain.split("\n")] == render_text(SITUATIONS[name]).split("\n")


def test_no_diagnostics_render_as_nothing() -> None:
    assert render_text([]) == ""
    assert json.loads(render_json([])) == {"diagnostics": []}


def test_json_snapshot(golden: Any) -> None:
    witness = (("witness", {"better": {"util": "0.1"}, "worse": {"util": "0.2"}}),)
    text = render_json([BOTH_FILES, Mistake(span=at(POLICY, "mb"), extra=witness), Mistake(what="nowhere")])
    golden(SNAPSHOTS / "json.txt", text)


def test_json_positions_are_one_based_with_exclusive_end() -> None:
    (entry,) = json.loads(render_json([BOTH_FILES]))["diagnostics"]
    assert (entry["file"], entry["line"], entry["column"]) == ("policy.ctr", 2, 15)
    assert (entry["endLine"], entry["endColumn"]) == (2, 17)
    assert entry["related"][0]["file"] == "topo.json"
    assert entry["related"][0]["line"] == 100


def test_json_extras_cannot_hide_the_common_keys() -> None:
    (entry,) = json.loads(render_json([Mistake(extra=(("code", "fake"), ("witness", 1)))]))["diagnostics"]
    assert entry["code"] == "CTR0999"
    assert entry["witness"] == 1


def test_no_row_is_much_wider_than_the_page() -> None:
    for name in SITUATIONS:
        longest = max(map(len, render_text(SITUATIONS[name]).split("\n")))
        assert longest <= WIDTH + 45 or name == "long_title"
