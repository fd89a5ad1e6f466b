"""Hostile texts get a diagnostic: no traceback, no hang, no overflow."""

from __future__ import annotations

import pytest
from support.policies import parsed, problems

DEEP = {
    "parentheses": lambda n: "(" * n + "1" + ")" * n,
    "nots": lambda n: "if " + "not " * n + "A then 1 else 2",
    "lets": lambda n: "let x = 1 in " * n + "x",
    "guards": lambda n: "if path.len < (" * n + "1" + ") then 1 else 2" * n,
    "branches": lambda n: "if A then " * n + "1" + " else 2" * n,
    "signs": lambda n: "-(" * n + "1" + ")" * n,
    "groups": lambda n: "if " + "(A " * n + ")*" * n + " then 1 else 2",
    "extrema": lambda n: "min(" * n + "1" + ")" * n,
    "tuples": lambda n: "(1, " * n + "1" + ")" * n,
    "values": lambda n: "".join(f"let x{i} = (" for i in range(n)) + "1" + ") in 1" * n,
}


@pytest.mark.parametrize("levels", [60, 101, 3000])
@pytest.mark.parametrize("kind", DEEP)
def test_deep_nesting(kind, levels):
    found = [problem.code for problem in problems(f"minimize({DEEP[kind](levels)})")]
    assert found == ["CTR0122"] if levels > 100 else found in ([], ["CTR0122"])


@pytest.mark.parametrize("kind", ["parentheses", "nots", "lets", "branches", "extrema"])
def test_ninety_levels_are_fine(kind):
    assert parsed(f"minimize({DEEP[kind](90)})")


def test_unclosed_parentheses_by_the_thousand():
    (problem,) = problems("minimize(" + "(" * 900)
    assert problem.code == "CTR0112"
    assert problem.span.start == 909


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("minimize(" + "9" * 1_000_000 + ")", "CTR0107"),
        ("minimize(1e" + "9" * 1_000_000 + ")", "CTR0107"),
        ("minimize(1e999999999)", "CTR0107"),
        ("minimize(1e-999999999)", "CTR0107"),
        ("minimize(0." + "0" * 500 + "1)", "CTR0107"),
        ("minimize(" + "9" * 1_000_000 + "z)", "CTR0106"),
        ("\0" * 1_000_000, "CTR0105"),
        ("@ " * 1_000_000, "CTR0105"),
        ('"' * 1_000_000, "CTR0109"),
        ("path " * 500_000, "CTR0121"),
        (" " * 4_000_000, "CTR0104"),
        ("minimize(if " + "A " * 1_000_000 + "then 1 else 2)", "CTR0111"),
        ("#\n" * 1_000_000, "CTR0111"),
        ("x" * 5_000_000, "CTR0103"),
    ],
    ids=lambda value: value[:20] if len(value) > 10 else value,
)
def test_too_much_of_something(text, code):
    found = problems(text)
    assert found[0].code == code
    assert len(found) <= 21
    for problem in found:
        assert len(problem.title_text()) < 200


@pytest.mark.parametrize("text", ["/*" * 500_000, "/*" * 300_000 + "*/" * 299_999, "*/" * 300_000])
def test_nested_comments_by_the_thousand(text):
    assert problems(text, "p.hula")


def test_the_longest_number_is_exact():
    assert parsed("minimize(" + "9" * 400 + ")").objective.value == 10**400 - 1
    assert parsed("minimize(1e-400)").objective.value * 10**400 == 1


def test_stars_in_a_row_are_one():
    assert parsed("minimize(if A" + "*" * 50_000 + " then 1 else 2)") == parsed("minimize(if A* then 1 else 2)")


@pytest.mark.parametrize("text", ["", " ", "\n", "# nothing\n", "\ufeff"])
def test_nothing(text):
    assert [problem.code for problem in problems(text)] in (["CTR0104"], ["CTR0105"])


def test_every_prefix_of_a_policy_gets_a_diagnostic():
    text = 'minimize(let m = "n 1" + F2 in if .* m .* and path.util < 80% then (1, -path.len * 2) else min(inf, 5us))'
    for end in range(len(text)):
        assert problems(text[:end]), text[:end]
    assert not problems(text)
