"""The policies of docs/language.md: accepted with the classes that they need, or refused with a witness that flips."""

from __future__ import annotations

import json

import pytest
from property.test_analysis_pointwise import assert_flips
from support.build import add, chain, cmp, if_, inf, lat, len_, max_, min_, mul, neg, on, policy, util, vec

from contra.analysis import analyse, explain, text
from contra.diagnostics import CompileError, Reporter

BUSY = cmp(util(), "<", "0.8")
L, U, T = "path.len", "path.util", "path.lat"
WSP = "(path.len, path.util)"

# expected orders, by the reasoning of docs/analysis.md; [] is "any path", written as ""
ACCEPTED = {
    "SP": (len_(), [L]),
    "MU": (util(), [U]),
    "WSP": (vec(len_(), util()), [WSP]),
    "WP": (if_(on(0), util(), inf()), [U]),
    "P6": (add(if_(on(0), 10, 0), len_()), [L]),
    "P7": (if_(on(0), util(), lat()), [U, T]),
    "CA": (if_(BUSY, vec(1, 0, util()), vec(2, len_(), util())), [U, WSP]),
    "W": (if_(on(0), 0, inf()), [""]),
    "failover": (chain([(on(0), 0), (on(1), 1)], inf()), [""]),
    "two ways": (chain([(on(0), vec(0, len_(), util())), (on(1), vec(1, len_(), util()))], inf()), [WSP]),
    "two weights": (add(if_(on(0), 10, 0), if_(on(1), 20, 0), len_()), [L]),
    "forbidden": (if_(on(0), inf(), util()), [U]),
    "pinned": (if_(on(0), 0, util()), [U]),
    "figure 5": (chain([(on(0), 0), (on(1), util())], inf()), [U]),
    "util then len": (if_(BUSY, vec(1, util()), vec(2, len_())), [U, L]),
    "lat, util": (vec(lat(), util()), ["(path.lat, path.util)"]),
    "redundant": (vec(len_(), add(len_(), 1)), [L]),
    "floor": (max_(len_(), 3), [L]),
    "limit": (if_(BUSY, util(), inf()), [U]),
    "guarded constant": (if_(BUSY, 1, 2), [U]),
    "finer class": (if_(on(0), vec(len_(), 0), vec(len_(), util())), [WSP]),
}

UNSOUND = {
    "-len": (neg(len_()), "CTR0401"),
    "util, len": (vec(util(), len_()), "CTR0402"),
    "len + util": (add(len_(), util()), "CTR0402"),
    "max(len, util)": (max_(len_(), util()), "CTR0402"),
    "len, util, lat": (vec(len_(), util(), lat()), "CTR0402"),
    "limit on another": (
        if_(cmp(util(), "<", "0.2"), vec(1, len_(), util()), vec(2, len_(), util())),
        "CTR0403",
    ),
    "floor before another": (vec(max_(len_(), 3), util()), "CTR0402"),
    "ceiling before another": (vec(min_(len_(), 3), util()), "CTR0402"),
    "overlapping ranks": (if_(BUSY, mul(10, util()), len_()), "CTR0401"),
    "equal first components": (if_(BUSY, vec(2, util()), vec(2, lat())), "CTR0401"),
    "worse below": (if_(BUSY, vec(2, util()), vec(1, util())), "CTR0401"),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_policy_has_the_probe_expected_classes(name: str) -> None:
    rank, orders = ACCEPTED[name]
    analysed = analyse(policy(rank), Reporter())
    assert [text.vector(cls.order) if cls.order else "" for cls in analysed.classes] == orders
    assert [cls.pid for cls in analysed.classes] == list(range(len(orders)))


@pytest.mark.parametrize("name", UNSOUND)
def test_unsound_policy_is_refused_with_a_witness_that_flips(name: str) -> None:
    rank, code = UNSOUND[name]
    checked = policy(rank)
    with pytest.raises(CompileError) as caught:
        analyse(checked, Reporter())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert_flips(checked, diagnostic.witness)
    assert json.loads(json.dumps(diagnostic.data()))["witness"]["kind"] == diagnostic.witness.kind.value


def test_rules_of_a_long_chain_are_as_many_as_its_ranks() -> None:
    analysed = analyse(policy(chain([(on(i), vec(i, util())) for i in range(1000)], inf())), Reporter())
    assert len(analysed.rules) == 1001
    assert analysed.rule_of(frozenset({7, 900})) == analysed.rule_of(frozenset({7}))
    assert analysed.rules[analysed.rule_of(frozenset())].is_inf


def test_regexes_that_multiply_are_refused_by_number() -> None:
    rank = add(*[if_(on(i), 2**i, 0) for i in range(13)])
    with pytest.raises(CompileError) as caught:
        analyse(policy(rank), Reporter())
    assert "8,192" in caught.value.diagnostics[0].label_text()


def test_form_that_is_neither_proved_nor_disproved_is_refused_without_witness() -> None:
    with pytest.raises(CompileError) as caught:
        analyse(policy(max_(len_(), add(mul("1/2", len_()), "3/2"))), Reporter())
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "CTR0404"
    assert diagnostic.data() == {}


def test_explain_names_metrics_classes_rules_and_lines() -> None:
    words = explain(analyse(policy(ACCEPTED["CA"][0]), Reporter()))
    assert "pid 0: least path.util; used by rule 0" in words
    assert "if path.util < 0.8 then (1, 0, path.util), found by pid 0" in words
    assert "else (2, path.len, path.util), found by pid 1" in words


def test_a_policy_too_large_by_itself_does_not_blame_its_regexes() -> None:
    reporter = Reporter()
    with pytest.raises(CompileError) as error:
        analyse(policy(add(*[len_() for _ in range(20_000)])), reporter)
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.code == "CTR0405"
    assert diagnostic.title_text() == "the policy is too large to analyse"
    assert "regex" not in diagnostic.label_text() + "".join(diagnostic.help_texts())
