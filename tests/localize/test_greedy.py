"""SCOUT, SCORE and the exact minimum: cases by hand, and the same methods in plain sets."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, settings
from support import risks
from support.risks import changed, model_of, names

from contra.localize import Row, localize, risk_model
from contra.localize.greedy import SCORE_RATIO, score


def test_the_object_that_all_failures_share() -> None:
    model = model_of(("1", "ab", "*"), ("2", "ac", "*"), ("3", "bc", ""))
    found = localize(model, method="scout")
    assert [(each.object.name, each.evidence) for each in found.suspects] == [("a", "hit ratio")]
    assert found.suspects[0].explained == ("1", "2")
    assert found.suspects[0].hit_ratio == 1
    assert found.suspects[0].coverage == 1
    assert found.unexplained == ()


def test_all_of_the_greatest_coverage_are_taken_at_once() -> None:
    model = model_of(("1", "ab", "*"), ("2", "ab", "*"), ("3", "cd", "*"), ("4", "d", ""))
    found = localize(model, method="scout")
    assert [each.object.name for each in found.suspects] == ["a", "b", "c"]
    assert [other.name for other in found.suspects[0].alike] == ["b"]


def test_an_edge_fails_and_not_an_element() -> None:
    """The entries of 1 that come from c are fine, so c has a hit ratio of 0, though 1 fails."""
    model = model_of(("1", "ab", "*"), ("1", "ac", ""), ("2", "b", ""))
    found = localize(model, method="scout")
    assert [each.object.name for each in found.suspects] == ["a"]


def test_partial_faults_are_looked_up_in_the_log() -> None:
    rows = [("1", "ab", "*"), ("2", "a", ""), ("3", "b", ""), ("4", "cd", "*"), ("5", "d", ""), ("6", "c", "")]
    found = localize(model_of(*rows), changed("be"), "scout")
    assert [(each.object.name, each.evidence) for each in found.suspects] == [("b", "change log")]
    assert found.unexplained == ("4",)


def test_what_was_changed_long_ago_is_not_recent() -> None:
    model = model_of(("1", "ab", "*"), ("2", "a", ""), ("3", "b", ""))
    changes = (*changed("a", at=0.0), *changed("b", at=100.0))
    assert names(s.object for s in localize(model, changes, "scout", now=110.0, recent_s=50.0).suspects) == "b"
    assert names(s.object for s in localize(model, changes, "scout", now=110.0).suspects) == "ab"


def test_score_takes_what_fails_in_great_part() -> None:
    rows = [("1", "a", "*"), ("2", "a", "*"), ("3", "a", "*"), ("4", "a", ""), ("5", "a", "")]
    assert names(each.object for each in score(model_of(*rows)).suspects) == "a"
    assert score(model_of(*rows, ("6", "a", ""))).suspects == ()


@settings(max_examples=300, deadline=None)
@given(risks.rows())
def test_as_in_plain_sets(rows: list[Row]) -> None:
    model = risk_model(rows)
    for recent in ("", "ace"):
        found = localize(model, changed(recent), "scout")
        assert ({each.object.name for each in found.suspects}, set(found.unexplained)) == risks.scout(rows, recent)
    found = localize(model, method="score")
    wanted = risks.scout(rows, "", SCORE_RATIO)
    assert ({each.object.name for each in found.suspects}, set(found.unexplained)) == wanted


@settings(max_examples=100, deadline=None)
@given(risks.rows())
def test_no_fewer_objects_would_do(rows: list[Row]) -> None:
    found = localize(risk_model(rows), method="exact")
    count, explained = risks.fewest(rows)
    assert len(found.suspects) == count
    assert {element for each in found.suspects for element in each.explained} == explained


def test_the_log_decides_who_stands_for_a_class() -> None:
    model = model_of(("1", "abc", "*"), ("2", "abc", "*"))
    assert [each.object.name for each in localize(model, changed("b"), "exact").suspects] == ["b"]


def test_nothing_fails() -> None:
    model = model_of(("1", "ab", ""), ("2", "b", ""))
    for method in ("scout", "score", "exact", "contra"):
        found = localize(model, changed("a"), method)
        assert (found.suspects, found.unexplained, found.failures) == ((), (), 0)


def test_no_entries_at_all() -> None:
    for method in ("scout", "score", "exact", "contra"):
        assert localize(risk_model([]), changed("a"), method).suspects == ()


def test_the_ratio_is_that_of_the_edges() -> None:
    model = model_of(("1", "a", "*"), ("1", "a", ""), ("2", "a", "*"), ("3", "b", ""))
    [suspect] = localize(model, method="scout").suspects
    assert (suspect.failed, suspect.dependants, suspect.hit_ratio) == (2, 2, Fraction(1))
