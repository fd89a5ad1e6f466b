"""One point of a table: many runs of one setting, every method on the same faults and the same log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from time import perf_counter

import numpy as np

from bench.localization.builds import Altering, build
from bench.localization.faults import NOW_S, WAYS, Case, Injector, Noise
from bench.localization.policynet import LOW, SHARED, draw
from contra.localize import Hypothesis, localize

POLICY_NETWORKS = {shape.name: shape for shape in (SHARED, LOW)}
METHODS = ("contra", "scout", "score", "exact")


@dataclass(frozen=True, slots=True)
class Point:
    """A setting: a network by name, how many faults at once, what the log is like."""

    network: str
    faults: int
    noise: Noise
    runs: int
    seed: int
    methods: tuple[str, ...] = METHODS
    ways: tuple[str, ...] = WAYS
    """How faults in part are parted."""


@dataclass(slots=True)
class Tally:
    """What a method came to, all runs together."""

    right: int = 0
    """Broken objects among the suspects."""
    broken: int = 0
    named: int = 0
    """Suspects."""
    right_classes: int = 0
    """The same, objects that have the same entries taken for one."""
    broken_classes: int = 0
    named_classes: int = 0
    right_seen: int = 0
    """Of the faults that break something which no other fault of the run breaks too."""
    seen: int = 0
    longest_s: float = 0.0

    @property
    def recall(self) -> float:
        """Share of the broken objects that are suspects."""
        return self.right / max(1, self.broken)

    @property
    def precision(self) -> float:
        """Share of the suspects that are broken."""
        return self.right / max(1, self.named)

    @property
    def recall_classes(self) -> float:
        """The same of classes."""
        return self.right_classes / max(1, self.broken_classes)

    @property
    def precision_classes(self) -> float:
        """The same of classes."""
        return self.right_classes / max(1, self.named_classes)

    @property
    def recall_seen(self) -> float:
        """Recall among the faults that can be seen."""
        return self.right_seen / max(1, self.seen)

    def add(self, other: Tally) -> None:
        """Take in the runs of another."""
        for name in self.__slots__:
            value = getattr(self, name) + getattr(other, name)
            setattr(self, name, max(self.longest_s, other.longest_s) if name == "longest_s" else value)


@dataclass(slots=True)
class Result:
    """A point with what every method came to."""

    point: Point
    tallies: dict[str, Tally] = field(default_factory=dict)


BY_ENTRY = " by entry"
"""Behind the name of a build: each entry is an element."""


@lru_cache(maxsize=2)
def injector(network: str, seed: int, ways: tuple[str, ...] = WAYS) -> Injector:
    """What breaks a network; policy networks are drawn by the seed."""
    if network in POLICY_NETWORKS:
        return Injector(draw(POLICY_NETWORKS[network], seed), ways=ways)
    made = build(network.removesuffix(BY_ENTRY))
    used = made.network.by_entry() if network.endswith(BY_ENTRY) else made.network
    return Injector(used, Altering(made), ways)


def run(point: Point) -> Result:
    """All runs of a point. Run n of a seed has the same faults whatever the log is like."""
    breaks = injector(point.network, point.seed, point.ways)
    result = Result(point, {method: Tally() for method in point.methods})
    for number in range(point.runs):
        case = breaks.case(point.faults, point.noise, np.random.default_rng([point.seed, point.faults, number]))
        for method, tally in result.tallies.items():
            start = perf_counter()
            found = localize(case.model, case.changes, method, now=NOW_S)
            tally.longest_s = max(tally.longest_s, perf_counter() - start)
            count(tally, case, found)
    return result


def count(tally: Tally, case: Case, found: Hypothesis) -> None:
    """Compare a hypothesis with the truth."""
    index, classes = case.model.index, case.model.classes
    broken, named = set(case.broken), {index[suspect.object] for suspect in found.suspects}
    tally.right += len(broken & named)
    tally.broken += len(broken)
    tally.named += len(named)
    broken_classes, named_classes = ({int(classes[thing]) for thing in things} for things in (broken, named))
    tally.right_classes += len(broken_classes & named_classes)
    tally.broken_classes += len(broken_classes)
    tally.named_classes += len(named_classes)
    tally.right_seen += len(set(case.seen) & named)
    tally.seen += len(case.seen)


def run_all(points: Sequence[Point], workers: int) -> Iterable[Result]:
    """Every point, in order; several at a time."""
    if workers == 1:
        yield from map(run, points)
        return
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(run, points)
        pool.close()
        pool.join()
