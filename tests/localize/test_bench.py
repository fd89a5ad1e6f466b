"""The benchmark itself: networks have the counts that it says, faults break what they should, figures count right."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import pytest

from bench.localization.faults import FELLOWS, NOW_S, WAYS, Case, Injector, Noise
from bench.localization.policynet import LOW, SHARED, SMALL, Shape, draw
from bench.localization.runs import Point, Tally, count, run
from contra.localize import Hypothesis, Suspect


@pytest.mark.parametrize("shape", [SHARED, LOW], ids=lambda shape: shape.name)
def test_the_counts_of_the_paper_and_nothing_without_entries(shape: Shape) -> None:
    network = draw(shape, 3)
    used = dict(Counter(network.objects[thing].kind for thing in np.unique(network.object_of)))
    assert used == {"VRF": 6, "EPG": 615, "contract": 386, "filter": 160, "switch": 30}


def test_the_same_seed_is_the_same_network() -> None:
    one, two, other = draw(SMALL, 3), draw(SMALL, 3), draw(SMALL, 4)
    assert np.array_equal(one.object_of, two.object_of)
    assert not np.array_equal(one.object_of, other.object_of)


def test_an_entry_is_where_one_of_its_groups_is() -> None:
    """Entries of an element are those of a pair at a switch: one VRF, two EPGs, one switch each."""
    network = draw(SMALL, 3)
    for entry in range(len(network.element_of)):
        own = network.object_of[network.starts[entry] : network.starts[entry + 1]]
        kinds = Counter(network.objects[thing].kind for thing in own)
        assert kinds == {"VRF": 1, "EPG": 2, "contract": 1, "filter": 1, "switch": 1}
        switch, a, b = network.elements[network.element_of[entry]]  # type: ignore[misc]
        names = [network.objects[thing].name for thing in own]
        assert names[1:3] == [str(a), str(b)]
        assert names[5] == str(switch)


@pytest.mark.parametrize("way", [*WAYS, FELLOWS])
def test_faults_in_part(way: str) -> None:
    breaks = Injector(draw(SMALL, 3), ways=(way,))
    random = np.random.default_rng(1)
    for thing in breaks.usable:
        rows = breaks.entries[thing]
        part = breaks.part(rows, random)
        assert set(part) <= set(rows)
        assert len(part)


def test_a_case() -> None:
    breaks = Injector(draw(SMALL, 3))
    for seed in range(20):
        case = breaks.case(4, Noise(3), np.random.default_rng(seed))
        assert len(set(case.broken)) == 4
        assert set(case.seen) <= set(case.broken)
        names = {case.model.objects[thing] for thing in case.broken}
        logged = {change.object for change in case.changes}
        assert names <= logged
        assert len(logged) == 7
        assert all(change.at <= NOW_S for change in case.changes)
        failed = set(np.flatnonzero(case.model.failed))
        assert failed <= set().union(*(set(breaks.entries[thing]) for thing in case.broken))


def test_a_lost_change_is_in_no_log() -> None:
    case = Injector(draw(SMALL, 3)).case(4, Noise(0, 1.0), np.random.default_rng(1))
    assert case.changes == ()


def test_recall_and_precision() -> None:
    case: Case = Injector(draw(SMALL, 3)).case(2, Noise(0), np.random.default_rng(1))
    objects = case.model.objects
    wrong = [thing for thing in range(len(objects)) if thing not in case.broken][:3]
    named = [case.broken[0], *wrong]
    suspects = tuple(
        Suspect(object=objects[thing], evidence="whole", failed=1, dependants=1, explained=(), coverage=Fraction(0))
        for thing in named
    )
    tally = Tally()
    count(tally, case, Hypothesis("x", suspects))
    assert (tally.recall, tally.precision) == (0.5, 0.25)
    tally.add(tally)
    assert (tally.right, tally.broken, tally.named) == (2, 4, 8)


def test_a_point_has_the_same_faults_for_all_methods() -> None:
    result = run(Point("low sharing", 2, Noise(0), 3, 5))
    assert {tally.broken for tally in result.tallies.values()} == {6}
    assert result.tallies["contra"].recall >= result.tallies["score"].recall
