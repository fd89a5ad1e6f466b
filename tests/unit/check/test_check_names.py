"""Names: switches by label or name, attributes, and what `let` stands for."""

from __future__ import annotations

import pytest
from support.policies import check_problems, checked
from support.switches import LETTERS, ring

from contra.automata.regex import AnySymbol, Concat, Star, Symbols, Union
from contra.check.model import AttributeInfo, Combine
from contra.topology.model import Declaration

NAME = {label: f"s{index}" for index, label in enumerate(LETTERS)}
ALL = Star(AnySymbol())


def symbols(*labels: str) -> Symbols:
    return Symbols(frozenset(NAME[label] for label in labels))


def regex(text: str):
    (found,) = checked(f"if {text} then 1 else 2").regexes
    return found.regex


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A", symbols("A")),
        ("s0", symbols("A")),
        ("A + B + F1", symbols("A", "B", "F1")),
        (".* (F1 + F2) .*", Concat((ALL, symbols("F1", "F2"), ALL))),
        ("A + B C + D", Union((symbols("A", "D"), Concat((symbols("B"), symbols("C")))))),
        (". + A", AnySymbol()),
        ("(A*)*", Star(symbols("A"))),
        ("A B + A B", Concat((symbols("A"), symbols("B")))),
    ],
)
def test_regexes_over_switch_names(text, expected):
    assert regex(text) == expected


def test_a_regex_name_stands_for_its_value_flat():
    policy = checked("let mb = F1 + F2 in let via = .* mb .* in if A via then 1 else 2")
    assert policy.regexes[0].regex == Concat((symbols("A"), ALL, symbols("F1", "F2"), ALL))
    assert policy.regexes[0].text == "A via"


def test_equal_regexes_share_an_index():
    policy = checked("if A + B then 1 else if B + A then 2 else if A B then 3 else if (A) (B) then 4 else 5")
    assert [found.index for found in policy.regexes] == [0, 1]
    assert [branch.guard.index for branch in policy.rank.branches] == [0, 0, 1, 1]


def test_a_label_wins_over_the_name_of_another_switch():
    topology = ring(["s1", "x"])  # their names are s0 and s1
    (found,) = checked("if s1 then 1 else 2", topology).regexes
    assert found.regex == Symbols(frozenset(["s0"]))


def test_an_unknown_switch_shows_the_near_one_where_it_is_declared():
    (problem,) = check_problems("if .* b .* then 1 else 2")
    assert problem.code == "CTR0301"
    assert "'B'" in problem.label_text()
    (place,) = problem.secondary()
    assert place.span.file.name == "topo.json" and place.span.text == "B"


def test_each_unknown_switch_is_said_once():
    found = check_problems("if Nowhere Nowhere Elsewhere then 1 else 2")
    assert [problem.span.text for problem in found] == ["Nowhere", "Elsewhere"]


def test_without_spans_there_is_no_second_place():
    from dataclasses import replace

    topology = ring()
    bare = replace(topology, switches=tuple(replace(switch, span=None) for switch in topology.switches))
    (problem,) = check_problems("if b then 1 else 2", bare)
    assert problem.secondary() == ()


def test_attributes_used_are_listed_built_in_ones_first():
    topology = ring(declarations=[Declaration("risk", "max"), Declaration("cost", "sum", "EUR")])
    policy = checked("if path.util < 80% then (path.risk, path.cost) else (path.len, 0)", topology)
    assert policy.attributes == (
        AttributeInfo("len", Combine.SUM, "links"),
        AttributeInfo("util", Combine.MAX, "fractions of the capacity"),
        AttributeInfo("cost", Combine.SUM, "EUR"),
        AttributeInfo("risk", Combine.MAX, ""),
    )


def test_unknown_attributes_list_the_known_ones():
    topology = ring(declarations=[Declaration("cost", "sum")])
    (problem,) = check_problems("path.costs", topology)
    assert problem.code == "CTR0302"
    assert "path.cost?" in problem.label_text()
    assert problem.note_texts() == ("known attributes: cost, lat, len, util",)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("let x = 1 in path.len", ["CTR0304"]),
        ("let x = A in path.len", ["CTR0304"]),
        ("let x = 1 in let x = 2 in x * path.len", ["CTR0304"]),
        ("let A = F1 in if A then 1 else 2", ["CTR0305"]),
        ("let x = 1 in y", ["CTR0303", "CTR0304"]),
        ("let weight = 1 in wieght", ["CTR0303"]),
        ("10 * A", ["CTR0303"]),
    ],
)
def test_lets(text, codes):
    assert [problem.code for problem in check_problems(text)] == codes
