"""Distributions of flow sizes: piecewise linear, sampled exactly, with their exact mean.

A distribution is given by points (bytes, share of the flows that are not larger) with straight lines in between. Flows
have whole bytes: a size is the value of the inverse function rounded up to the next byte, so that the share of flows of
at most n bytes is just what the line says at n, for every n. A flow has at least one byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SMALL_BYTES = 100_000
"""Flows up to this size are reported as the small ones (Contra, NSDI 2020, section 6)."""
LARGE_BYTES = 1_000_000
"""Flows of this size or more are the large ones, unless the distribution says otherwise."""
MAX_BYTES = 10**12


@dataclass(frozen=True, slots=True)
class Distribution:
    """Sizes of flows. The shares of `points` rise to 1; a first share above 0 is that of flows of just this size."""

    name: str
    title: str
    points: tuple[tuple[int, Fraction], ...]
    large_bytes: int = LARGE_BYTES

    @property
    def mean(self) -> Fraction:
        """Of the sizes in whole bytes, exact.

        Between points a and b all of a+1 .. b are equally likely: their mean is (a + b + 1) / 2.
        """
        first, share = self.points[0]
        total = share * first
        for (low, before), (high, after) in pairwise(self.points):
            middle = Fraction(low + high + 1, 2) if high > low else Fraction(high)
            total += (after - before) * middle
        return total

    def share_up_to(self, size: int) -> Fraction:
        """The share of flows of at most `size` bytes."""
        first, share = self.points[0]
        found = share if size >= first else Fraction(0)
        for (low, before), (high, after) in pairwise(self.points):
            if size >= high:
                found = after
            elif size > low:
                found = before + (after - before) * Fraction(size - low, high - low)
        return found

    def sample(self, uniform: NDArray[np.float64]) -> NDArray[np.int64]:
        """Sizes for numbers that are evenly spread over [0, 1)."""
        sizes = np.array([size for size, _ in self.points], np.int64)
        shares = np.array([float(share) for _, share in self.points])
        share = 1.0 - uniform  # (0, 1]: the inverse is defined there
        high = np.minimum(np.searchsorted(shares, share, side="left"), len(shares) - 1)
        low = np.maximum(high - 1, 0)
        width, rise = sizes[high] - sizes[low], shares[high] - shares[low]
        part = np.divide(share - shares[low], rise, out=np.ones_like(share), where=rise > 0)
        found = sizes[low] + np.ceil(width * part).astype(np.int64)
        least = np.where(width > 0, sizes[low] + 1, sizes[high])
        bounded: NDArray[np.int64] = np.clip(found, np.maximum(least, 1), np.maximum(sizes[high], 1))
        return bounded


def constant(size: int) -> Distribution:
    """Flows that all have one size."""
    return Distribution(f"{size}B", f"flows of {size:,} bytes", ((size, Fraction(1)),))
