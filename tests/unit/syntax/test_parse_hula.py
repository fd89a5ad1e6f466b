"""The .hula dialect of the prototype."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from support.policies import parsed, problems

from contra.diagnostics import Reporter
from contra.syntax import ast, format, parse, read

HULA = Path(__file__).parents[2] / "policies" / "hula"


def hula(text: str, capacity: int | None = None) -> ast.Policy:
    return parsed(text, "p.hula", capacity)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("(path.length, path.util)", "(path.len, path.util)"),
        (
            "if matches(.*;(A+B);.*) then path.util else 2 * path.length",
            "if .* (A + B) .* then path.util else 2 * path.len",
        ),
        (
            "if matches(L1;.*;S1;.*) then (1, path.length, path.util) else (2, path.length, path.util)",
            "if L1 .* S1 .* then (1, path.len, path.util) else (2, path.len, path.util)",
        ),
        ("if not matches(A) and matches(B*;C**) then 1 else 2", "if not A and B* C* then 1 else 2"),
        ("if not (path.length < 3) then 1 else 2", "if not path.len < 3 then 1 else 2"),
        ("if not (matches(A) or matches(B+C;D)) then 1 else 2", "if not (A or B + C D) then 1 else 2"),
        ("/* a /* nested */ one */ path.length", "path.len"),
        ("if path.util < 0 then inf else path.util", "if path.util < 0 then inf else path.util"),
    ],
)
def test_it_means_the_same_in_ctr(text, same):
    assert hula(text) == parsed(f"minimize({same})")
    assert hula(text).dialect is ast.Dialect.HULA


@pytest.mark.parametrize(
    ("text", "same"),
    [
        # 10^7 bit/s are 1,250,000 bytes a second.
        ("if path.util < 1000000 then 1 else 2", "if path.util < 0.8 then 1 else 2"),
        ("if 500000 + 500000 >= path.util then 1 else 2", "if 0.4 + 0.4 >= path.util then 1 else 2"),
        ("if 2 * path.util < 1000000 then 1 else 2", "if 2 * path.util < 0.8 then 1 else 2"),
        ("if path.util < 1000 * path.length then 1 else 2", "if path.util < 0.0008 * path.len then 1 else 2"),
        ("if path.util < path.length then 1 else 2", "if path.util < 0.0000008 * path.len then 1 else 2"),
        ("path.util + 1250", "path.util + 0.001"),
        ("max(path.util, 1250)", "max(path.util, 0.001)"),
        ("2 * (path.util + 1250)", "2 * (path.util + 0.001)"),
        ("(1, path.util, 7)", "(1, path.util, 7)"),
        ("if path.length < 3 then path.util else 5", "if path.len < 3 then path.util else 5"),
    ],
)
def test_byte_counts_become_fractions(text, same):
    assert hula(text, 10**7) == parsed(f"minimize({same})")


def test_a_division_that_does_not_come_out_even_is_rounded():
    condition = hula("if path.util < 1000000 then 1 else 2", 3 * 10**9).objective.branches[0].guard
    assert abs(condition.right.value - Fraction(8, 3000)) < Fraction(1, 10**12)
    assert (
        parsed(format(hula("if path.util < 1000000 then 1 else 2", 3 * 10**9))).objective.branches[0].guard == condition
    )


@pytest.mark.parametrize("text", ["if path.util < 1024 then 1 else 2", "path.util + 1", "path.util + path.length"])
def test_without_a_capacity_bytes_are_an_error_that_names_the_option(text):
    (problem,) = problems(text, "p.hula")
    assert problem.code == "CTR0132"
    assert "--hula-capacity" in " ".join(problem.help_texts())


@pytest.mark.parametrize("file", sorted(HULA.glob("*.hula")), ids=lambda file: file.stem)
def test_files_format_to_ctr_text_that_means_the_same(file):
    policy = parse(read(file, Reporter()), Reporter(), hula_capacity=10**7)
    assert parsed(format(policy)) == policy


def test_the_dialect_can_be_given():
    source_name = "policy.txt"
    from contra.source import SourceFile

    policy = parse(SourceFile(source_name, "path.length"), Reporter(), dialect=ast.Dialect.HULA)
    assert policy == parsed("minimize(path.len)")
