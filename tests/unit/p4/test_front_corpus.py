"""Every generated program of the corpus is read without a word; what is cut or garbled is refused in good order."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from p4c.test_corpus import TOPOLOGIES, corpus, without_comments

from contra.diagnostics import CompileError, Reporter
from contra.p4 import typed
from contra.p4.front import read
from contra.source import SourceFile

PROGRAMS = Path(__file__).parents[2] / "p4" / "programs" / "good"
EVERYTHING = (PROGRAMS / "everything.p4").read_text()


def outcome(text: str) -> typed.Program | tuple[object, ...]:
    """The program or its diagnostics; any other exception is a fault."""
    try:
        return read(SourceFile("program.p4", text), Reporter())
    except CompileError as error:
        assert error.diagnostics
        assert all(each.title_text() and each.code.startswith("CTR09") for each in error.diagnostics)
        return error.diagnostics


@pytest.mark.parametrize(
    "network", [pytest.param(each, marks=() if each == "mesh" else pytest.mark.slow) for each in TOPOLOGIES]
)
def test_every_generated_program_is_read_without_a_word(network: str, tmp_path: Path) -> None:
    distinct = {without_comments(text): text for _, text in corpus(tmp_path, network)}
    assert len(distinct) >= 10
    for text in distinct.values():
        reporter = Reporter()
        program = read(SourceFile("program.p4", text), reporter)
        assert not reporter.diagnostics
        assert program.ingress.name == "ContraIngress" and program.tables and program.registers


@settings(max_examples=60)
@given(st.integers(0, len(EVERYTHING) - 2))
def test_cut_programs_are_refused(end: int) -> None:
    text = EVERYTHING[:end].rstrip()
    found = outcome(text)
    assert isinstance(found, tuple)


@settings(max_examples=120)
@given(st.lists(st.tuples(st.integers(0, len(EVERYTHING) - 1), st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_garbled_programs_are_read_or_refused(changes: list[tuple[int, str]]) -> None:
    letters = list(EVERYTHING)
    for place, letter in changes:
        letters[place] = letter
    outcome("".join(letters))


HEAD = "#include <v1model.p4>\n"
HOSTILE = {
    "brackets": HEAD + "const int A = " + "(" * 100_000,
    "signs": HEAD + "const int A = " + "-" * 50_000 + "1;",
    "chain": HEAD + "const bit<8> A = " + "+".join(["8w1"] * 50_000) + ";",
    "macros": HEAD + "".join(f"#define M{i} M{i + 1} M{i + 1}\n" for i in range(31)) + "#define M31\nM0",
    "macro of itself": HEAD + "#define A A A\nA",
    "power": HEAD + "const int A = 1 << 4000;\nconst int B = A * A * A;",
    "digits": HEAD + "const int A = " + "9" * 100_000 + ";",
    "else if": HEAD + "control C(inout bit<8> x) { apply { " + "if (x == 1) { } else " * 5_000 + "{ } } }",
    "structs": HEAD
    + "struct s0 { bit<8> a; }\n"
    + "".join(f"struct s{i + 1} {{ s{i} a; s{i} b; }}\n" for i in range(60)),
    "instances": HEAD
    + "control c0(inout bit<8> x) { apply { } }\n"
    + "".join(f"control c{i + 1}(inout bit<8> x) {{ c{i}() a; c{i}() b; apply {{ }} }}\n" for i in range(25)),
    "itself": HEAD + "control c(inout bit<8> x) { c() a; apply { } }",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_programs_are_refused(text: str) -> None:
    assert isinstance(outcome(text), tuple)
