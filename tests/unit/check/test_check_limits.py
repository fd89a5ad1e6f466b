"""Policies that grow when they are written out are refused before that happens."""

from __future__ import annotations

import pytest
from support.policies import check_problems, checked
from support.switches import ring

from contra.automata.regex import Symbols


def doubling(first: str, step: str, count: int) -> str:
    """`let x0 = first in let x1 = step(x0, x0) in ...` and the last name."""
    lets = [f"let x0 = {first} in"]
    lets += [f"let x{i} = {step.format(f'x{i - 1}')} in" for i in range(1, count)]
    return " ".join(lets)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (doubling("path.len", "max({0}, {0} + 1)", 60) + " x59", "CTR0314"),
        (doubling("A", "{0} {0}", 60) + " if x59 then 1 else 2", "CTR0314"),
        (doubling("A", "(({0} B)* + C D)*", 90) + " if x89 then 1 else 2", "CTR0314"),
        (doubling("99", "{0} * {0}", 60) + " x59 * path.len", "CTR0309"),
        ("(" + ", ".join(["(if A then (1, 2) else (2, 3))"] * 30) + ")", "CTR0314"),
        (doubling("path.len", "2 * (1 + 2 * (1 + 2 * (1 + {0})))", 40) + " x39", "CTR0314"),
    ],
    ids=["numbers", "regexes", "stars", "constants", "tuples", "depth"],
)
def test_growth(text, code):
    assert code in [problem.code for problem in check_problems(text)]


def test_what_is_shared_and_small_enough_is_fine():
    assert checked(doubling("path.len", "max({0}, {0} + 1)", 12) + " x11").arity == 1


def test_an_alternation_of_thousands_is_one_leaf():
    labels = [f"n{i}" for i in range(10_000)]
    policy = checked(f"if .* ({' + '.join(labels)}) .* then 0 else inf", ring(labels))
    leaf = policy.regexes[0].regex.parts[1]
    assert leaf == Symbols(frozenset(f"s{i}" for i in range(10_000)))


def test_thousands_of_branches():
    chain = "".join(f"if .* A .* and path.util < {i}e-4 then {i} else " for i in range(3000)) + "inf"
    policy = checked(chain)
    assert len(policy.rank.branches) == 3000 and len(policy.regexes) == 1


def test_unknown_names_by_the_thousand():
    found = check_problems(f"if {' + '.join(f'q{i}' for i in range(5000))} then 1 else 2")
    assert found and {problem.code for problem in found} == {"CTR0301"}
    assert len(found) <= 100
