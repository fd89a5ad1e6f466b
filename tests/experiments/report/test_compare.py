"""Ratios between schemes and between folders, as the paper counts them."""

from __future__ import annotations

from pathlib import Path
from statistics import fmean

import pytest
from support.results_folder import Made, run_id, write_results

from contra.diagnostics import Reporter
from contra.experiments.published import claims, figures
from contra.experiments.report import compare
from contra.experiments.report.load import load_results
from contra.experiments.report.model import Results

MEAN = "fct_mean_us"


def curves(letter: str) -> object:
    """Times that are exactly the paper's, whatever the seed; LetFlow like ECMP."""

    def times(scheme: str, workload: str, load: float, seed: int) -> float:
        figure = figures(f"figure-{letter}{'a' if workload == 'web-search' else 'b'}")[0]
        value = figure.at("ECMP" if scheme == "LetFlow" else scheme, load)
        assert value is not None
        return value * 1000 * seed

    return times


def loaded(folder: Path, made: Made) -> Results:
    return load_results(write_results(folder, made), Reporter())


def test_the_papers_own_times_give_the_papers_own_numbers(tmp_path: Path) -> None:
    whole = loaded(tmp_path / "a", Made(times=curves("8")))
    failed = loaded(tmp_path / "b", Made(name="failed", published="figure-9", times=curves("9")))
    found = {each.claim.key: each.measured for each in compare.verdicts(failed, whole)}
    assert set(found) == {claim.key for claim in claims() if claim.key.startswith("growth")}
    for claim in claims():
        if claim.key in found:
            measured = found[claim.key]
            assert measured is not None and measured.n == 3
            assert measured.mean == pytest.approx(claim.from_curves(), rel=1e-5)
            assert measured.half == pytest.approx(0, abs=1e-5)


def test_without_a_second_folder_growth_is_not_judged(tmp_path: Path) -> None:
    failed = loaded(tmp_path / "b", Made(name="failed", published="figure-9", times=curves("9")))
    assert compare.verdicts(failed, None) == ()


def test_claims_at_one_load_and_over_two_workloads(tmp_path: Path) -> None:
    found = {each.claim.key: each for each in compare.verdicts(loaded(tmp_path / "a", Made(times=curves("8"))), None)}
    assert set(found) == {"symmetric-web-search", "symmetric-cache", "hula"}
    measured = {key: each.measured.mean for key, each in found.items() if each.measured}
    assert measured["symmetric-web-search"] == pytest.approx(46.3 / 66.3, rel=1e-5)
    assert measured["symmetric-cache"] == pytest.approx(4.43 / 8.35, rel=1e-5)
    assert [found[key].reached for key in ("symmetric-web-search", "symmetric-cache", "hula")] == [True, False, None]


def test_ratios_are_formed_seed_by_seed(tmp_path: Path) -> None:
    """ECMP: 10, 20, 40 ms; Contra: 5, 12, 16 ms. Ratios 0.5, 0.6, 0.4: mean 0.5, deviation 0.1."""
    values = {"ECMP": (10, 20, 40), "Contra-WSP": (5, 12, 16)}
    made = Made(
        schemes=("ECMP", "Contra-WSP"),
        workloads=("cache",),
        loads=(0.5,),
        times=lambda scheme, workload, load, seed: values[scheme][seed - 1] * 1000.0,
    )
    results = loaded(tmp_path / "a", made)
    (row,) = compare.to_reference(results, results.panels[0], MEAN)
    measured = row.loads[0].measured
    assert measured is not None and measured.half is not None
    assert measured.mean == pytest.approx(0.5)
    assert measured.half == pytest.approx(4.3027 * 0.1 / 3**0.5, rel=1e-4)
    assert row.loads[0].paper == pytest.approx(2.58 / 3.18)


def test_the_mean_over_loads_is_of_ratios_not_of_times(tmp_path: Path) -> None:
    """1 ms to 2 ms at one load, 90 ms to 100 ms at the other: 0.5 and 0.9, mean 0.7; the sums would give 0.89."""
    times = {("ECMP", 0.2): 2.0, ("HULA", 0.2): 1.0, ("ECMP", 0.8): 100.0, ("HULA", 0.8): 90.0}
    made = Made(
        schemes=("ECMP", "HULA"),
        workloads=("cache",),
        loads=(0.2, 0.8),
        times=lambda scheme, workload, load, seed: times[scheme, load] * 1000,
    )
    results = loaded(tmp_path / "a", made)
    (row,) = compare.to_reference(results, results.panels[0], MEAN)
    assert row.mean.measured is not None
    assert row.mean.measured.mean == pytest.approx(0.7)
    assert row.mean.paper == pytest.approx(fmean([2.14 / 2.20, 3.62 / 5.68]))


def test_contra_over_each_of_the_others(tmp_path: Path) -> None:
    made = Made(
        schemes=("ECMP", "Contra-WSP", "HULA", "LetFlow"), workloads=("cache",), loads=(0.9,), times=curves("8")
    )
    results = loaded(tmp_path / "a", made)
    rows = compare.to_others(results, results.panels[0], "Contra-WSP", MEAN)
    assert [row.scheme for row in rows] == ["HULA", "LetFlow"]
    measured = [row.mean.measured.mean for row in rows if row.mean.measured]
    assert measured == pytest.approx([4.43 / 4.39, 4.43 / 8.35], rel=1e-5)
    assert [row.mean.paper for row in rows] == [pytest.approx(4.43 / 4.39), None]


@pytest.mark.parametrize("how", ["unfinished", "crashed", "missing"])
@pytest.mark.parametrize("scheme", ["ECMP", "Contra-WSP"])
def test_a_lost_run_leaves_no_ratio_and_no_mean(tmp_path: Path, how: str, scheme: str) -> None:
    lost = {how: frozenset({run_id(scheme, "web-search", 0.9, 2)})}
    made = Made(schemes=("ECMP", "Contra-WSP"), loads=(0.1, 0.9), times=curves("8"), **lost)
    results = loaded(tmp_path / "a", made)
    assert [panel.workload for panel in results.panels] == ["web-search", "cache"]
    web, cache = (compare.to_reference(results, panel, MEAN)[0] for panel in results.panels)
    assert web.loads[0].measured is not None
    assert web.loads[1].measured is None and web.mean.measured is None
    assert cache.mean.measured is not None
    (verdict,) = [each for each in compare.verdicts(results, None) if each.claim.key == "symmetric-web-search"]
    assert verdict.measured is None and verdict.reached is False


def test_the_reference_is_ecmp_or_the_first_scheme(tmp_path: Path) -> None:
    few = {"workloads": ("cache",), "loads": (0.5,), "seeds": (1,)}
    assert loaded(tmp_path / "a", Made(schemes=("HULA", "ECMP"), **few)).reference == "ECMP"
    assert loaded(tmp_path / "b", Made(schemes=("SPAIN", "SP"), **few)).reference == "SPAIN"


def test_schemes_stay_in_the_order_of_the_experiment(tmp_path: Path) -> None:
    schemes = ("LetFlow", "Contra-WSP", "ECMP")
    missing = frozenset({run_id("LetFlow", "cache", 0.5, 1)})
    made = Made(schemes=schemes, workloads=("cache",), loads=(0.5,), seeds=(1,), missing=missing)
    assert loaded(tmp_path / "a", made).schemes == schemes
