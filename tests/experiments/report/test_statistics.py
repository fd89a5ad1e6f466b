"""Confidence intervals against printed tables and a hand-worked example."""

from __future__ import annotations

import random

import pytest

from contra.experiments.report.statistics import estimate, t_quantile

# NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, critical values of Student's t distribution.
TABLE = {
    0.90: {1: 3.078, 2: 1.886, 5: 1.476, 10: 1.372},
    0.95: {1: 6.314, 2: 2.920, 3: 2.353, 4: 2.132, 7: 1.895, 30: 1.697},
    0.975: {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 9: 2.262, 10: 2.228, 29: 2.045, 100: 1.984},
    0.995: {1: 63.657, 2: 9.925, 3: 5.841, 8: 3.355, 20: 2.845},
}


@pytest.mark.parametrize(("probability", "freedom"), [(p, f) for p, row in TABLE.items() for f in row])
def test_quantiles_are_those_of_the_printed_table(probability: float, freedom: int) -> None:
    assert t_quantile(probability, freedom) == pytest.approx(TABLE[probability][freedom], abs=0.0006)


def test_half_of_all_values_are_below_the_middle() -> None:
    assert t_quantile(0.5, 4) == pytest.approx(0, abs=1e-9)


def test_many_degrees_of_freedom_come_near_the_normal_distribution() -> None:
    assert t_quantile(0.975, 100_000) == pytest.approx(1.95996, abs=1e-4)


def test_three_values_by_hand() -> None:
    # 9, 10, 14: mean 11, squared deviations 4 + 1 + 9 = 14, s = sqrt(7), half = 4.3027 * sqrt(7 / 3) = 6.5724
    found = estimate([9, 10, 14])
    assert found is not None
    assert (found.mean, found.n) == (11, 3)
    assert found.half == pytest.approx(6.5724, abs=2e-4)
    assert (found.low, found.high) == (pytest.approx(11 - 6.5724, abs=2e-4), pytest.approx(11 + 6.5724, abs=2e-4))


def test_one_value_has_no_interval_and_none_has_no_mean() -> None:
    found = estimate([3.5])
    assert found is not None
    assert (found.mean, found.half, found.n, found.low, found.high) == (3.5, None, 1, 3.5, 3.5)
    assert estimate([]) is None


def test_another_unit() -> None:
    found = estimate([1000, 3000])
    assert found is not None and found.half is not None
    scaled = found.scaled(1e-3)
    assert scaled.mean == pytest.approx(2) and scaled.half == pytest.approx(found.half / 1000) and scaled.n == 2


def test_the_interval_holds_the_true_mean_as_often_as_it_says() -> None:
    """4000 times three normal values: a share of 95 %, give or take 3 standard deviations of 0.35 %."""
    chance = random.Random(3)
    found = [estimate([chance.gauss(7, 2) for _ in range(3)]) for _ in range(4000)]
    inside = sum(each is not None and each.low <= 7 <= each.high for each in found)
    assert 0.9395 < inside / len(found) < 0.9605
