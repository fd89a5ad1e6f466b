"""How far two lists of flow completion times are from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BUCKETS = (
    ("below 20 kB", 0, 20_000),
    ("20 to 200 kB", 20_000, 200_000),
    ("200 kB to 1 MB", 200_000, 1_000_000),
    ("1 MB and more", 1_000_000, 1 << 62),
)
MEAN_TOLERANCE, P99_TOLERANCE = 0.10, 0.20


@dataclass(frozen=True)
class Figures:
    """Flow completion times in µs."""

    flows: int
    mean: float
    p50: float
    p99: float


@dataclass(frozen=True)
class Pair:
    """The same flows in the engine and in ns-3."""

    ours: Figures
    ns3: Figures

    @property
    def mean(self) -> float:
        """How much greater our mean is, as a fraction of that of ns-3."""
        return self.ours.mean / self.ns3.mean - 1

    @property
    def p50(self) -> float:
        """The same of the median."""
        return self.ours.p50 / self.ns3.p50 - 1

    @property
    def p99(self) -> float:
        """The same of the 99th percentile."""
        return self.ours.p99 / self.ns3.p99 - 1

    @property
    def agrees(self) -> bool:
        """Within the tolerances."""
        return abs(self.mean) <= MEAN_TOLERANCE and abs(self.p99) <= P99_TOLERANCE


def figures(times: Sequence[float]) -> Figures:
    """Mean and percentiles (linear between ranks)."""
    values = np.asarray(times, float)
    return Figures(
        len(values), float(values.mean()), float(np.percentile(values, 50)), float(np.percentile(values, 99))
    )


def pair(ours: Sequence[float], ns3: Sequence[float]) -> Pair:
    """Both sides of a comparison, flow by flow in one order."""
    if len(ours) != len(ns3):
        raise ValueError(f"{len(ours)} flows against {len(ns3)}")
    return Pair(figures(ours), figures(ns3))


def by_size(sizes: Sequence[int], ours: Sequence[float], ns3: Sequence[float]) -> list[tuple[str, Pair]]:
    """One comparison for each range of sizes that has flows."""
    found = []
    for name, least, most in BUCKETS:
        chosen = [index for index, size in enumerate(sizes) if least <= size < most]
        if chosen:
            found.append((name, pair([ours[i] for i in chosen], [ns3[i] for i in chosen])))
    return found
