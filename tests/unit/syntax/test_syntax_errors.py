"""Where errors point and what they say, for the mistakes that the goldens in tests/errors/syntax show whole."""

from __future__ import annotations

import pytest
from support.policies import problems


def one(text: str, name: str = "p.ctr"):
    (problem,) = problems(text, name)
    return problem


@pytest.mark.parametrize(
    ("text", "code", "under"),
    [
        ("path.len", "CTR0113", "path.len"),
        ("minimize(util)", "CTR0123", "util"),
        ("minimize(if A then 1)", "CTR0114", ")"),
        ("minimize(if path.len = 3 then 1 else 2)", "CTR0118", "="),
        ("minimize(let x = 1 in 3 * x-1)", "CTR0124", "x-1"),
        ("minimize(let x = 1 in 3 * x-y-1)", "CTR0124", "x-y-1"),
        ("minimize(if A .* < 3 then 1 else 2)", "CTR0125", "A .*"),
        ("minimize(if (A, B) then 1 else 2)", "CTR0126", "(A, B)"),
        ("minimize(let x = 1 in if A x then 1 else 2)", "CTR0127", "x"),
        ('minimize(let x = 1 in if A "x" then 1 else 2)', "CTR0127", '"x"'),
        ("minimize(let r = A .* in r + 1)", "CTR0125", "r"),
        ("minimize(2 * * 3)", "CTR0129", "*"),
        ("minimize(let x = util in x)", "CTR0123", "util"),
        ("minimize(Path.util)", "CTR0139", "Path.util"),
    ],
)
def test_the_place_of_the_mistake(text, code, under):
    problem = one(text)
    assert (problem.code, problem.span.text) == (code, under)


def test_all_bad_characters_are_reported_in_order():
    found = problems("minimize(if A && B ; C then 1 ? 2)")
    assert [(problem.code, problem.span.text) for problem in found] == [
        ("CTR0105", "&&"),
        ("CTR0105", ";"),
        ("CTR0105", "?"),
    ]


def test_all_wrong_uses_are_reported():
    found = problems("minimize((util, 2 3, if path.len then len else inf))")
    assert [problem.code for problem in found] == ["CTR0123", "CTR0128", "CTR0126", "CTR0123"]


def test_a_forgotten_minimize_does_not_hide_the_rest():
    assert [problem.code for problem in problems("(util, path.len)")] == ["CTR0113", "CTR0123"]


def test_the_end_of_the_text_is_behind_its_last_word():
    text = "minimize(if A then 1 else 2   \n\n"
    problem = one(text)
    assert problem.code == "CTR0116"
    assert problem.span.start == problem.span.end == text.index("2") + 1
    assert problem.secondary()[0].span.text == "("


def test_expectations_are_words_not_token_names():
    for text in (
        "minimize(",
        "minimize(1",
        "minimize(let",
        "minimize(let x",
        "minimize(let x = 1",
        "minimize(min",
        "minimize(1,",
    ):
        title = one(text).title_text()
        assert "_" not in title and not any(word.isupper() and len(word) > 1 for word in title.split())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("minimize(path.length)", "CTR0135"),
        ("if A then 1 else 2", "CTR0134"),
        ("if path.util then 1 else 2", "CTR0126"),
        ("if matches(A B) then 1 else 2", "CTR0116"),
        ("if not path.length < 3 then 1 else 2", "CTR0136"),
        ("path.length + 0.5", "CTR0106"),
        ("let x = 1 in x", "CTR0112"),
        ("matches(A)", "CTR0125"),
        ("if matches(A and B) then 1 else 2", "CTR0116"),
    ],
)
def test_mistakes_in_the_old_dialect(text, code):
    assert one(text, "p.hula").code == code
