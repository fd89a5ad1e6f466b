"""The digitised figures against the numbers that the paper's text prints, and against a second copy of them."""

from __future__ import annotations

import pytest

from bench.cases import FAT_TREES, PAPER_SECONDS, PAPER_STATE_KB, RANDOM_GRAPHS
from contra.experiments.published import Claim, claims, facts, figures, keys, plain_scheme

# The paper's sentences: numbers as printed, and how far the curves, read to about 1 %, come to them.
PRINTED = {
    "symmetric-web-search": 1 - 0.30,
    "symmetric-cache": 1 - 0.47,
    "hula": 1 - 0.0033,
    "growth-ecmp-web-search": 3.18,
    "growth-ecmp-cache": 8.72,
    "growth-contra-web-search": 1.80,
    "growth-contra-cache": 1.67,
    "growth-hula-web-search": 1.80,
    "growth-hula-cache": 1.67,
    "abilene-contra-web-search": 1 - 0.313,
    "abilene-contra-cache": 1 - 0.138,
    "abilene-spain-web-search": 1 - 0.325,
    "abilene-spain-cache": 1 - 0.269,
}


def test_all_sentences_are_there() -> None:
    assert {claim.key: claim.ratio for claim in claims()} == pytest.approx(PRINTED)


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.key)
def test_the_mean_over_loads_of_the_ratios_gives_the_printed_number(claim: Claim) -> None:
    assert claim.from_curves() == pytest.approx(PRINTED[claim.key], rel=0.015)


def test_the_ratio_of_the_means_does_not() -> None:
    """Which is why the definition matters."""
    above, below = figures("figure-9b")[0].curve("ECMP"), figures("figure-8b")[0].curve("ECMP")
    assert above is not None and below is not None
    total = sum(value or 0 for value in above.values) / sum(value or 0 for value in below.values)
    assert total == pytest.approx(12.28, abs=0.01)


@pytest.mark.parametrize("key", ["figure-8", "figure-9", "figure-10"])
def test_figures_of_completion_times_have_both_workloads_at_all_loads(key: str) -> None:
    found = figures(key)
    assert [figure.workload for figure in found] == ["web-search", "cache"]
    for figure in found:
        assert figure.points == pytest.approx([i / 10 for i in range(1, 10)])
        assert all(len(curve.values) == 9 and None not in curve.values for curve in figure.curves)
        assert figure.citation.startswith("Contra, NSDI 2020, figure ")


def test_points_are_found_under_any_name_of_a_scheme() -> None:
    figure = figures("figure-10a")[0]
    assert figure.at("shortest-path", 0.5) == figure.at("Shortest path", 0.5) == figure.at("SP", 0.5) == 23.7
    assert figure.at("Contra-MU", 0.9) == 72.9
    assert figure.at("Contra-MU", 0.95) is None and figure.at("ECMP", 0.5) is None
    assert plain_scheme("Contra-WSP") == plain_scheme("contra wsp") != plain_scheme("Contra-MU")


@pytest.mark.parametrize(("key", "rows"), [("figure-6", PAPER_SECONDS), ("figure-7", PAPER_STATE_KB)])
def test_figures_on_the_compiler_are_those_of_the_benchmarks(key: str, rows: dict[str, tuple[float, ...]]) -> None:
    trees, graphs = figures(key)
    assert (trees.points, graphs.points) == (tuple(FAT_TREES), RANDOM_GRAPHS)
    for policy, values in rows.items():
        first, second = trees.curve(policy), graphs.curve(policy)
        assert first is not None and second is not None
        assert (*first.values, *second.values) == values


def test_keys_name_figures_and_nothing_else_does() -> None:
    assert all(figures(key) for key in keys())
    assert [figure.key for figure in figures("figure-8a")] == ["figure-8a"]
    assert not figures("figure-1") and not figures("figure-2") and not figures("figure") and not figures("")


def test_single_measurements_have_a_source() -> None:
    assert {fact.key for fact in facts()} >= {"traffic", "looped", "recovery", "detection"}
    assert all(fact.citation.startswith("Contra, NSDI 2020") and fact.unit for fact in facts())
