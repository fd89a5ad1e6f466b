"""Flow sizes follow their distribution, exactly; means agree with an integration that shares no code."""

from __future__ import annotations

import math
import tomllib
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from contra.diagnostics import CompileError
from contra.source import SourceFile
from contra.workload import catalogue
from contra.workload.chance import uniforms
from contra.workload.distribution import Distribution

DATA = Path(catalogue.__file__).parent / "data"
PUBLISHED = {
    # Shares that the text or the figures of the papers state.
    "web-search": [(10_000, "0.15"), (1_000_000, "0.7"), (10_000_000, "0.97"), (30_000_000, "1")],
    "data-mining": [(10_000, "0.8"), (100_000_000, "0.98"), (1_000_000_000, "1")],
    "cache": [(1_500, "0.35"), (1_000_000, "0.78"), (50_000_000, "1")],
    "hadoop": [(1_000, "0.6"), (120_000, "0.9"), (10_000_000, "1")],
}


def given(name: str) -> list[tuple[float, float]]:
    """The points of a file, read without the code under test."""
    rows = tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))["points"]
    return [(float(size), percent / 100) for size, percent in rows]


@pytest.mark.parametrize("name", catalogue.names())
def test_shares_are_the_published_ones(name: str) -> None:
    sizes = catalogue.shipped(name)
    for size, share in PUBLISHED[name]:
        assert sizes.share_up_to(size) == Fraction(share)
    assert sizes.name == name


@pytest.mark.parametrize("name", catalogue.names())
def test_the_mean_is_the_integral_of_what_is_left(name: str) -> None:
    """E[X] is the integral of P(X > x); the line is integrated numerically, and rounding up adds half a byte."""
    points = given(name)
    xs = np.unique(np.concatenate([np.linspace(a, b, 4001) for (a, _), (b, _) in pairwise(points)]))
    left = 1 - np.interp(xs, [x for x, _ in points], [share for _, share in points], left=0.0)
    integral = points[0][0] + float(np.sum(np.diff(xs) * (left[1:] + left[:-1]) / 2))
    assert float(catalogue.shipped(name).mean) == pytest.approx(integral + 0.5 * (1 - points[0][1]), rel=1e-6)


@pytest.mark.parametrize("name", catalogue.names())
def test_samples_pass_the_kolmogorov_smirnov_test(name: str) -> None:
    """The largest distance to the line, at 100,000 samples, stays below the bound that holds at a level of 0.1 %."""
    count = 100_000
    sizes = np.sort(catalogue.shipped(name).sample(uniforms(7, "sizes", count)))
    xs, shares = zip(*given(name), strict=True)
    values, places = np.unique(sizes, return_index=True)
    below, upto = places / count, np.append(places[1:], count) / count
    line = np.interp(values, xs, shares, left=0.0)
    before = np.where(values - 1 < xs[0], 0.0, np.interp(values - 1, xs, shares))
    distance = max(np.abs(upto - line).max(), np.abs(below - before).max())
    assert distance < 1.95 / math.sqrt(count)


def test_sizes_are_not_rounded_up_to_the_marks() -> None:
    """As a published generator does, which so offers 1.25 times the load (web search)."""
    sizes = catalogue.shipped("web-search").sample(uniforms(3, "sizes", 20_000))
    marks = [int(size) for size, _ in given("web-search")]
    assert np.isin(sizes, marks).mean() < 0.01
    assert sizes.mean() == pytest.approx(float(catalogue.shipped("web-search").mean), rel=0.05)


def test_every_whole_number_has_its_share() -> None:
    """On a small scale by brute force: one draw from the middle of each of many equal parts of [0, 1)."""
    sizes = Distribution("x", "x", ((2, Fraction(1, 4)), (4, Fraction(1, 2)), (4, Fraction(3, 4)), (9, Fraction(1))))
    count = 20_000
    found = sizes.sample((np.arange(count) + 0.5) / count)
    shares = {n: (found <= n).mean() for n in range(12)}
    assert [round(shares[n], 4) for n in range(12)] == [0, 0, 0.25, 0.375, 0.75, 0.8, 0.85, 0.9, 0.95, 1, 1, 1]
    assert found.mean() == pytest.approx(float(sizes.mean), abs=1e-3)
    assert sizes.mean == Fraction(2, 4) + Fraction(3 + 4, 8) + Fraction(4, 4) + Fraction(5 + 6 + 7 + 8 + 9, 20)


def test_no_flow_is_empty() -> None:
    assert catalogue.shipped("web-search").sample(np.array([0.0, 1 - 2.0**-53])).tolist() == [30_000_000, 1]


@pytest.mark.parametrize(("text", "size"), [("64kB", 64_000), ("1500B", 1500), ("1 MB", 10**6)])
def test_one_size(text: str, size: int) -> None:
    found = catalogue.one_size(text)
    assert found is not None
    assert found.mean == size
    assert set(found.sample(uniforms(1, "sizes", 50)).tolist()) == {size}


@pytest.mark.parametrize("text", ["64", "0kB", "kB", "64KB", "-1kB", "9999GB", ""])
def test_no_size(text: str) -> None:
    assert catalogue.one_size(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("points = [[0, 0], [10, 50]]", "the last point is at 50 percent"),
        ("points = [[10, 0], [5, 100]]", "point 2 does not lie above point 1"),
        ("points = [[1, 60], [5, 50], [9, 100]]", "point 2 does not lie above point 1"),
        ("points = [[1, 50], [1, 50], [9, 100]]", "point 2 does not lie above point 1"),
        ("points = [[0, 100]]", "the largest flow has no bytes"),
        ("points = [[1.5, 100]]", "point 1 is not [bytes, percent]"),
        ("points = [[1, true]]", "point 1 is not [bytes, percent]"),
        ("points = [[-1, 0], [5, 100]]", "point 1 is outside"),
        ("points = [[1, nan]]", "point 1 is outside"),
        ("points = [[1, inf]]", "point 1 is outside"),
        ("points = []", "'points' must be a list"),
        ("name = 'x'", "'points' must be a list"),
        ("points = 3", "'points' must be a list"),
        ("pionts = [[1, 100]]", "unknown key 'pionts'"),
        ("points = [[1, 100]]\nlarge_bytes = 0", "'large_bytes' is a whole number"),
        ("points = [[1, 100", "it is no TOML"),
        ("points = " + "[" * 5000, "it is no TOML"),
    ],
)
def test_bad_files(text: str, said: str) -> None:
    with pytest.raises(CompileError) as caught:
        catalogue.read_sizes(SourceFile("sizes.toml", text))
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "CTR1501"
    assert said in diagnostic.title_text()
