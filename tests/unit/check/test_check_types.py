"""Types, units, tuples and constants."""

from __future__ import annotations

from fractions import Fraction

import pytest
from strategies.trees import SPAN
from support.policies import check_problems, checked

from contra.check.model import Add, Cond, Const, Inf, Max, Metric, Min, Mul, Vector


def const(value) -> Const:
    return Const(value=Fraction(value), span=SPAN)


LEN, LAT, UTIL = (Metric(name=name, span=SPAN) for name in ("len", "lat", "util"))
INF = Inf(span=SPAN)


def vector(*components) -> Vector:
    return Vector(components=components, span=SPAN)


def mul(*operands) -> Mul:
    return Mul(operands=operands, span=SPAN)


@pytest.mark.parametrize(
    ("text", "core"),
    [
        ("1 + 2 * 3 - 4", const(3)),
        ("80%", const(Fraction(4, 5))),
        ("250us + 1ms", const(1250)),
        ("10ns", const(Fraction(1, 100))),
        ("2s", const(2_000_000)),
        ("inf + path.len", INF),
        ("max(inf, path.len)", INF),
        ("min(inf, path.len)", LEN),
        ("min(inf, inf)", INF),
        ("min(3, path.len, 2)", Min(operands=(LEN, const(2)), span=SPAN)),
        ("max(3, path.len, 2)", Max(operands=(LEN, const(3)), span=SPAN)),
        ("0 * path.len", const(0)),
        ("1 * path.len", LEN),
        ("2 * path.len * 3", mul(const(6), LEN)),
        ("path.len + 0", LEN),
        ("1 + path.len + 2", Add(operands=(LEN, const(3)), span=SPAN)),
        ("-path.len", mul(const(-1), LEN)),
        ("path.len - 2 * path.util", Add(operands=(LEN, mul(const(-2), UTIL)), span=SPAN)),
        ("-(-path.len)", LEN),
        ("(1, (path.len, path.util))", vector(const(1), LEN, UTIL)),
        ("(path.len, inf)", INF),
        ("(path.len, inf + 3)", INF),
    ],
)
def test_constants_fold(text, core):
    assert checked(text).rank == core


def test_a_let_value_is_one_object_wherever_it_is_used():
    rank = checked("let x = path.len + path.lat in (x, 2 * x)").rank
    assert isinstance(rank, Vector)
    assert rank.components[0] is rank.components[1].operands[1]


@pytest.mark.parametrize(
    ("text", "arity"),
    [
        ("path.len", 1),
        ("(path.len, 1)", 2),
        ("if A then (1, 2, 3) else inf", 3),
        ("inf", 1),
        ("if A then inf else if B then inf else (1, path.len)", 2),
        ("let t = (1, path.len) in if A then t else (t, 3)", None),
        ("(if A then (1, 2) else inf, 3)", 3),
    ],
)
def test_arity(text, arity):
    if arity is None:
        assert [problem.code for problem in check_problems(text)] == ["CTR0306"]
    else:
        assert checked(text).arity == arity


def test_a_conditional_number_inside_a_tuple_stays_there():
    rank = checked("(if A then 1 else 2, path.len)").rank
    assert isinstance(rank, Vector) and isinstance(rank.components[0], Cond)


def test_a_conditional_tuple_inside_a_tuple_moves_outside():
    rank = checked("(0, (if A then (1, 2) else inf), path.len)").rank
    assert isinstance(rank, Cond)
    assert rank.branches[0].value == vector(const(0), const(1), const(2), LEN)
    assert rank.otherwise == INF


def test_the_mismatched_branch_and_the_first_are_both_shown():
    (problem,) = check_problems("if A then (1, path.len) else path.util")
    assert problem.span.text == "path.util"
    assert problem.secondary()[0].span.text == "(1, path.len)"


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("(1, 2) + 3", ["CTR0307"]),
        ("if (1, 2) < 3 then 1 else 2", ["CTR0307"]),
        ("min(path.len, (1, 2))", ["CTR0307"]),
        ("-inf", ["CTR0308"]),
        ("inf - inf", ["CTR0308"]),
        ("0 * inf", ["CTR0308"]),
        ("2 * (if A then 1 else inf)", ["CTR0308"]),
        ("1 - (if A then 1 else inf)", ["CTR0308"]),
        ("if inf > path.len then 1 else 2", ["CTR0308"]),
        ("if path.util < 5ms then 1 else 2", ["CTR0310"]),
        ("if 5ms > path.len then 1 else 2", ["CTR0310"]),
        ("if path.lat > 80% then 1 else 2", ["CTR0310"]),
        ("if path.len < 80% then 1 else 2", ["CTR0310"]),
        ("if path.lat < 5 then 1 else 2", ["CTR0311"]),
        ("path.lat + 5", ["CTR0311"]),
        ("2 * path.lat + 5", ["CTR0311"]),
        ("max(path.lat, 5)", ["CTR0311"]),
        ("(if A then 10 else 0) + path.lat", ["CTR0311"]),
        ("if path.util < 80 then 1 else 2", ["CTR0312"]),
        ("if 800% > path.util then 1 else 2", ["CTR0312"]),
        ("if 1 < 2 then 1 else 2", ["CTR0313"]),
    ],
)
def test_what_is_wrong_or_suspicious(text, codes):
    assert [problem.code for problem in check_problems(text)] == codes


@pytest.mark.parametrize(
    "text",
    [
        "if path.lat < 0 then 1 else 2",
        "path.lat + 0",
        "path.lat + 5us",
        "path.lat + path.len",
        "2 * path.lat",
        "80% * path.lat + 1us",
        "if path.util < 1 then 1 else 2",
        "if path.util <= 100% then 1 else 2",
        "if path.len < 3 then 1 else 2",
        "if path.util == 0 then 1 else if path.len != 3 then 2 else inf",
        "(if A then 10 else inf) + path.len",
    ],
)
def test_what_is_fine(text):
    assert check_problems(text) == []


def test_a_threshold_above_one_suggests_the_percentage():
    (problem,) = check_problems("if path.util < 80 then 1 else 2")
    assert problem.label_text() == "did you mean 80%?"


def test_all_errors_of_the_stage_are_reported():
    found = check_problems("if Q then path.x else (1, 2) + Z")
    assert [problem.code for problem in found] == ["CTR0301", "CTR0302", "CTR0307", "CTR0303"]
