"""Numbers for people."""

from __future__ import annotations

import pytest

from contra.experiments.report.numbers import digits, listed, load_text, percent, time_unit, with_interval
from contra.experiments.report.statistics import Estimate


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"),
        (4.2149, "4.21"),
        (66.349, "66.3"),
        (1234.4, "1,234"),
        (0, "0"),
        (-2.5, "-2.50"),
        (1e300, "1e+300"),
    ],
)
def test_digits(value: float, text: str) -> None:
    assert digits(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Estimate(4.2149, 0.1349, 3), "4.21 ± 0.13"),
        (Estimate(66.349, 11.72, 3), "66.3 ± 11.7"),
        (Estimate(1234.5, 87.6, 3), "1,234 ± 88"),
        (Estimate(4.2, None, 1), "4.20"),
        (Estimate(4.2, 0.0001, 3), "4.20 ± <0.01"),
        (Estimate(4.2, 0.0, 3), "4.20 ± 0.00"),
        (None, "failed"),
    ],
)
def test_mean_and_interval_have_the_same_decimals(value: Estimate | None, text: str) -> None:
    assert with_interval(value) == text


def test_shares_loads_units_lists() -> None:
    assert percent(0.000241) == "0.0241 %"
    assert (load_text(0.1), load_text(0.55)) == ("10 %", "55 %")
    assert [time_unit(most) for most in (3e6, 1.9e6, 2e3, 900)] == ["s", "ms", "ms", "us"]
    assert listed(["a"]) == "a" and listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcd"), most=2) == "a, b and 2 more"
