"""Means over seeds and how sure they are.

Runs with different seeds are independent, and there are few of them: the confidence interval of a mean is Student's
(W. S. Gosset, "The probable error of a mean", Biometrika 6, 1908), from the deviation between seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of `n` independent values, and half the width of its 95 % confidence interval (None for one value)."""

    mean: float
    half: float | None
    n: int

    @property
    def low(self) -> float:
        """Lower end of the interval; the mean itself where there is no interval."""
        return self.mean - (self.half or 0.0)

    @property
    def high(self) -> float:
        """Upper end of the interval; the mean itself where there is no interval."""
        return self.mean + (self.half or 0.0)

    def scaled(self, factor: float) -> Estimate:
        """The same in another unit."""
        return Estimate(self.mean * factor, None if self.half is None else self.half * factor, self.n)


def estimate(values: Sequence[float]) -> Estimate | None:
    """Mean and confidence interval of independent values; None for no values."""
    n = len(values)
    if n == 0:
        return None
    mean = math.fsum(values) / n
    if n == 1:
        return Estimate(mean, None, 1)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    return Estimate(mean, t_quantile((1 + CONFIDENCE) / 2, n - 1) * deviation / math.sqrt(n), n)


@cache
def t_quantile(probability: float, freedom: int) -> float:
    """The value below which Student's t with `freedom` >= 1 degrees of freedom lies with a probability >= 1/2."""
    low, high = 0.0, 1.0
    while t_below(high, freedom) < probability:
        low, high = high, high * 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def t_below(value: float, freedom: int) -> float:
    """Probability that Student's t is below a value >= 0: Abramowitz and Stegun 26.7.3 and 26.7.4."""
    angle = math.atan(value / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= (k - 1) / k * cosine * cosine
        total += term
    within = 2 / math.pi * (angle + sine * total) if odd else sine * total
    return (1 + within) / 2
