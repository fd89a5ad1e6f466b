"""Small networks: how many objects the greedy methods name, and how few would do (method exact)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from bench.localization.faults import NOW_S, Injector, Noise
from bench.localization.policynet import SMALL, draw
from contra.localize import Hypothesis, RiskModel, localize

FAULTS = (1, 2, 3, 4, 5)
GREEDY = ("contra", "scout")


@dataclass(slots=True)
class Against:
    """How many classes of objects a method names more than the minimum (fewer: it leaves something unexplained)."""

    more: Counter[int] = field(default_factory=Counter)

    @property
    def cases(self) -> int:
        """All of them."""
        return self.more.total()

    @property
    def within_one(self) -> float:
        """Share of the cases with at most one more or less."""
        return sum(number for more, number in self.more.items() if abs(more) <= 1) / max(1, self.cases)

    @property
    def equal(self) -> float:
        """Share of the cases with just as many."""
        return self.more[0] / max(1, self.cases)


def compare(cases: int, seed: int) -> dict[str, Against]:
    """Each case is a network of its own; its log has the changes behind all faults and nothing else."""
    result = {method: Against() for method in GREEDY}
    for number in range(cases):
        breaks = Injector(draw(SMALL, seed * 1_000_003 + number))
        faults = FAULTS[number % len(FAULTS)]
        case = breaks.case(faults, Noise(0), np.random.default_rng([seed, faults, number]))
        least = classes(case.model, localize(case.model, case.changes, "exact", now=NOW_S))
        for method, against in result.items():
            found = classes(case.model, localize(case.model, case.changes, method, now=NOW_S))
            against.more[len(found) - len(least)] += 1
    return result


def classes(model: RiskModel, found: Hypothesis) -> set[int]:
    """The classes of the suspects."""
    named: Iterable[int] = (model.index[suspect.object] for suspect in found.suspects)
    return {int(model.classes[thing]) for thing in named}
