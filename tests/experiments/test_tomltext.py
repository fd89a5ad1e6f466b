"""Places in TOML: every span that is found holds the text of just that value."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contra.diagnostics import CompileError
from contra.experiments import tomltext
from contra.experiments.tomltext import read_toml
from contra.source import SourceFile

ROOT = Path(__file__).parent.parent.parent
SAMPLES = {
    "lists": "a = [1, 2.5, \"x,]\", [true, 'y'], [\n  # one\n  3, # two ]\n  4,\n]]\nb = []\n",
    "inline": 'a = { b = 1, "c d" = [ { e = "f" }, {} ], g.h = 2 }\n',
    "tables": "x=1\n[t]\ny=2\n[t.u]\nz=3\n[[l]]\na=1\n[l.m]\nb = 2\n[[l]]\na = 3\n[[l.n]]\nc = 4\n[[l.n]]\nc = 5",
    "dotted": 'a.b.c = 1\na."b.x".d = 2\n[ t . "u v" ]\ne = 3\n',
    "texts": 'a = """one\n[b]\nc = 1 \\" """\nd = \'\'\'[e]\n# f\'\'\'\ng = "h # i = [j]" # k\nl = ""\n',
    "others": "a = 1979-05-27 07:32:00Z\nb = 0xff\nc = -inf\nd = +1_000\ne = 1e-5\n",
    "windows": "a = 1\r\n[b]\r\nc = [\r\n 2,\r\n 3]\r\n",
}


def values(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """All that is neither a table nor a list of tables, and all else that has a text of its own."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from values(child, (*path, key))
    if not isinstance(value, dict) and not (isinstance(value, list) and any(isinstance(each, dict) for each in value)):
        yield path, value


def check(text: str) -> int:
    document = read_toml(SourceFile("x.toml", text))
    found = list(values(document.value))
    for path, value in found:
        span = document.span(path)
        assert tomllib.loads(f"v = {span.text}")["v"] == value, (path, span.text)
        if isinstance(path[-1], str):
            key = document.span(path, key=True).text
            assert path[-1] in tomllib.loads(f"{key} = 0") or path[-1] in key
    return len(found)


@pytest.mark.parametrize("name", SAMPLES)
def test_spans_of_samples(name: str) -> None:
    assert check(SAMPLES[name]) >= 3


@pytest.mark.parametrize("path", [ROOT / "pyproject.toml", *sorted(ROOT.glob("contra/workload/data/*.toml"))], ids=str)
def test_spans_of_real_files(path: Path) -> None:
    assert check(path.read_text(encoding="utf-8")) > 4


SCALARS = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.booleans().map(lambda flag: str(flag).lower()),
    st.sampled_from(['"a"', '"]"', '"\\""', "'[x]'", '"# no"', '"""\n"""', "'''}'''", '"a = 1"', "1.5"]),
)
SPACE = st.sampled_from(["", " ", "\t"])
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda parts: "[" + ",".join(parts) + "]"),
        st.lists(inner, max_size=4).map(lambda parts: "[\n" + "".join(f"  {part}, # ]\n" for part in parts) + "]"),
        st.lists(inner, max_size=3).map(
            lambda parts: "{" + ", ".join(f"k{number} = {part}" for number, part in enumerate(parts)) + "}"
        ),
    ),
    max_leaves=12,
)


@given(st.lists(st.tuples(VALUES, SPACE, st.sampled_from(["", "# c", "[t{}]", "[[l]]"])), max_size=8))
def test_spans_of_anything(lines: list[tuple[str, str, str]]) -> None:
    text = ""
    for number, (value, space, before) in enumerate(lines):
        text += f"{before.format(number)}\nk{number}{space}={space}{value}\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # a line end in an inline table
        return
    check(text)


def test_what_is_not_there_has_the_place_of_what_holds_it() -> None:
    document = read_toml(SourceFile("x.toml", "[a]\nb = [1]\n"))
    assert document.span(("a", "b", 7)).text == "[1]"
    assert document.span(("a", "c")).text == "[a]"
    assert document.span(("z",)).start == 0


@pytest.mark.parametrize(
    ("text", "said", "place"),
    [
        ("a = 1\nb = \n", "invalid value", (2, 5)),
        ("a = [1\n", "unclosed array", (1, 7)),
        ("a = 1\na = 2\n", "this key was there before", (2, 6)),
        ("", "", None),
        ("a = " + "9" * 5000, "a number that is too long", (1, 1)),
        ("a = " + "[" * 3000 + "]" * 3000, "nested too deeply", None),
        ("#" + "x" * tomltext._MAX_CHARACTERS, "more than 1,000,000 characters", None),
    ],
)
def test_hostile_texts(text: str, said: str, place: tuple[int, int] | None) -> None:
    if not said:
        assert read_toml(SourceFile("x.toml", text)).value == {}
        return
    with pytest.raises(CompileError) as caught:
        read_toml(SourceFile("x.toml", text))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, said in diagnostic.title_text()) == ("CTR1521", True), diagnostic.title_text()
    if place:
        assert diagnostic.span is not None
        assert (diagnostic.span.line, diagnostic.span.column) == place
