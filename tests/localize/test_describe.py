"""Method contra: what a description costs, by the formulas in plain Python; and that the search finds the shortest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from math import comb, inf, isclose, log

import numpy as np
from hypothesis import given, settings
from support import risks
from support.risks import changed, model_of, names, thing

from contra.localize import Change, Hypothesis, Object, Row, localize, risk_model
from contra.localize.cost import PART, WHOLE
from contra.localize.describe import Search
from contra.localize.failures import Failures
from contra.localize.prior import Belief, log_weights, priors


def choice(among: int, chosen: int) -> float:
    return log(comb(among, chosen)) + log(among + 1)


def named_by(units: Sequence[object], struck: Sequence[bool]) -> float:
    """Cost of naming what is struck by units: which of these, and within each all (0.9) or some (0.1) of it."""
    among: dict[object, list[bool]] = {}
    for unit, hit in zip(units, struck, strict=True):
        among.setdefault(unit, []).append(hit)
    hits = [row for row in among.values() if any(row)]
    within = sum(-log(0.9) if all(row) else -log(0.1) + choice(len(row), sum(row)) for row in hits)
    return choice(len(among), len(hits)) + within


def description(rows: Sequence[Row], known: set[int], other: Object) -> tuple[float, set[int]]:
    """What an object costs beside its name, where some rows are explained already; and the rows that it explains."""
    own = [n for n, row in enumerate(rows) if other in row.objects and n not in known]
    struck = [other in rows[n].blamed for n in own]
    explained = {n for n, hit in zip(own, struck, strict=True) if hit}
    if all(struck):
        return WHOLE, explained
    ways = [choice(len(own), sum(struck))]
    keys = ("element", "place", "sort")
    ways += [named_by([getattr(rows[n], key) for n in own], struck) for key in keys]
    ways.append(named_by([(rows[n].place, rows[n].sort) for n in own], struck))
    return PART + min(ways), explained


def placed(rows: Sequence[Row]) -> list[Row]:
    """The rows with places and sorts, some of which coincide."""
    return [row._replace(place=str(n % 2), sort=str(n % 3)) for n, row in enumerate(rows)]


@settings(max_examples=150, deadline=None)
@given(risks.rows(objects="abcde"))
def test_costs(drawn: list[Row]) -> None:
    rows = placed(drawn)
    failures = Failures(risk_model(rows))
    known = np.zeros(len(failures.rows), np.bool_)
    for explained in range(min(3, len(known) + 1)):
        known[:explained] = True
        before = {int(n) for n in failures.rows[:explained]}
        costs, gains = failures.costs(known)
        for candidate in range(failures.count):
            wanted, new = description(rows, before, failures.model.objects[failures.first[candidate]])
            price, mine = failures.cost(candidate, known)
            assert isclose(price, wanted, abs_tol=1e-9)
            assert {int(failures.rows[each]) for each in mine} == new
            assert gains[candidate] == len(new)
            assert not new or isclose(costs[candidate], wanted, abs_tol=1e-9)


def test_the_search_finds_the_shortest_description() -> None:
    """All sets of candidates are tried, on random models. A local search may miss, but seldom, and by little."""
    random = np.random.default_rng(5)
    missed: Counter[bool] = Counter()
    for _ in range(60):
        rows = placed([_random_row(random) for _ in range(14)])
        search = Search(Failures(risk_model(rows)))
        if not search.failures.count:
            continue
        search.failures.set_prior(np.full(len(search.failures.model.objects), 0.01))
        found = search.run().total
        candidates = range(search.failures.count)
        best = min(search.account(some).total for size in range(5) for some in combinations(candidates, size))
        missed[found > best + 1e-6] += 1
        assert found <= best * 1.1
    assert missed[False] >= 55
    assert missed[True] <= 2


def _random_row(random: np.random.Generator) -> Row:
    objects = "".join(random.choice(list("abcdefgh"), int(random.integers(1, 4)), replace=False))
    element, blamed = str(random.integers(1, 5)), "*" if random.random() < 0.45 else ""
    return risks.row(element, objects, blamed)


def blamed(found: Hypothesis) -> str:
    return names(suspect.object for suspect in found.suspects)


MANY = [(str(n), "ab", "") for n in range(20)]


def test_one_object_is_a_shorter_story_than_many() -> None:
    rows = [(str(n), f"a{other}", "*") for n, other in enumerate("bcdefgh")]
    found = localize(model_of(*rows), method="contra")
    assert [(each.object.name, each.evidence, each.failed) for each in found.suspects] == [("a", "whole", 7)]


def test_what_fails_in_small_part_is_a_dear_explanation() -> None:
    """b fails as a whole and accounts for all; a has the same failures among many entries that are fine."""
    rows = [*[(str(n), "ab", "*") for n in range(4)], *[(str(n), "a", "") for n in range(4, 40)]]
    found = localize(model_of(*rows), method="contra")
    assert [(each.object.name, each.evidence) for each in found.suspects] == [("b", "whole")]


def test_an_innocent_change_does_not_pay() -> None:
    """a was changed, and fails only where b does. SCOUT is not to be led astray by it either: b has hit ratio 1."""
    rows = [*[(str(n), "ab", "*") for n in range(4)], *[(str(n), "a", "") for n in range(4, 40)]]
    assert blamed(localize(model_of(*rows), changed("a"), "contra")) == "b"


def test_the_log_decides_between_objects_of_the_same_entries() -> None:
    model = model_of(*[(str(n), "abc", "*") for n in range(3)], ("9", "d", ""))
    [suspect] = localize(model, changed("b"), "contra").suspects
    assert suspect.object == thing("b")
    assert names(suspect.alike) == "ac"
    assert suspect.changes == changed("b")


def test_the_newer_of_two_changes_is_suspected() -> None:
    """Half of a and half of b fail, the same half: only the log tells them apart."""
    rows = [*[(str(n), "ab", "*") for n in range(3)], *[(f"a{n}", "a", "") for n in range(3)]]
    model = model_of(*rows, *[(f"b{n}", "b", "") for n in range(3)])
    hour = 3600.0
    changes = (*changed("a", 90 * hour), *changed("b", 99 * hour))
    assert blamed(localize(model, changes, "contra", now=100 * hour)) == "b"
    changes = (*changed("a", 99 * hour), *changed("b", 90 * hour))
    assert blamed(localize(model, changes, "contra", now=100 * hour)) == "a"


def test_fields_narrow_the_blame() -> None:
    """The entries differ in what comes from a; b, which has all of them too, is not to blame."""
    found = localize(model_of(("1", "ab", "a"), ("2", "ab", "a"), ("3", "c", "")), method="contra")
    assert blamed(found) == "a"
    assert found.suspects[0].alike == ()


def test_a_changed_object_that_others_hide_is_told_where_the_log_has_been_right() -> None:
    """All in the log is broken as far as one can see, so what cannot be seen is held to be broken too."""
    objects = "bcdefghi"
    rows = [(f"{other}{n}", f"a{other}", "*") for other in objects for n in range(4)]
    rows += [(f"{other}x", other, "") for other in objects[1:]]
    rows += [(f"{other}", other, "*") for other in "pqrstuv"]
    model = model_of(*rows, ("y", "z", ""))
    found = localize(model, changed("abpqrstuv"), "contra")
    assert [each.object.name for each in found.suspects if each.evidence == "change log"] == ["b"]
    assert blamed(localize(model, changed("apqrstuv"), "contra")) == "apqrstuv"


def test_every_failure_is_explained() -> None:
    random = np.random.default_rng(11)
    for _ in range(50):
        rows = [_random_row(random) for _ in range(30)]
        assert localize(risk_model(rows), method="contra").unexplained == ()


def test_belief_follows_what_was_found() -> None:
    assert Belief().learned(10, 10).logged == 0.95
    assert Belief().learned(10, 0).logged == 0.45
    assert Belief().learned(0, 0).faults == 1.0


def test_the_more_a_log_names_the_less_an_entry_says() -> None:
    model = risk_model([risks.row("1", "abcdefgh", "")])
    few = priors(log_weights(model, changed("ab"), 0.0), Belief())
    many = priors(log_weights(model, changed("abcdef"), 0.0), Belief())
    assert few[0] > many[0] > many[7]
    assert priors(log_weights(model, (), 0.0), Belief())[0] == 3 / 8


def test_ages() -> None:
    model = risk_model([risks.row("1", "abcd", "")])
    day = 86400.0
    changes = [Change(thing("a"), 10 * day), Change(thing("b"), 9.75 * day), Change(thing("c"), 0.0)]
    weights = log_weights(model, [*changes, Change(thing("a"), -inf), Change(thing("x"), 0.0)], 10 * day)
    assert list(weights) == [1.0, 0.5, 1 / 16, 0.0]
    assert log_weights(model, [Change(thing("a"), 11 * day)], 10 * day)[0] == 1.0
