"""How likely an object is to be broken before anything is looked at: what the change log says, and how loudly.

SCOUT takes every recently changed object; how recent that is the paper leaves open, and innocent changes halve its
precision. Here the log is evidence that has to share: of the faults to be expected, most are among the objects of the
log, newer entries before older ones, and the others among all that it does not name. A crowded log says little about
each of its entries; an old entry says less than a new one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contra.localize.model import Change, RiskModel

Floats = NDArray[np.float64]

HALF_LIFE_S = 6 * 3600.0
"""After so long a change weighs half as much ..."""
LEAST_WEIGHT = 1 / 16
"""... but never less than this."""
_SURE = 0.9
"""No object is held to be broken by the log alone more surely than this."""


@dataclass(frozen=True, slots=True)
class Belief:
    """What is held of faults in general. The defaults are where a search starts; `learned` goes on from a result."""

    faults: float = 3.0
    """Faults to be expected; only the order of magnitude matters."""
    logged: float = 0.9
    """Share of the faults whose cause is in the log."""

    def learned(self, faults: int, logged: int) -> Belief:
        """The belief after `faults` were found, `logged` of them in the log: as if there had been ten before."""
        seen = 10.0
        return Belief(max(1.0, float(faults)), (seen * Belief().logged + logged) / (seen + faults))


def priors(weights: Floats, belief: Belief) -> Floats:
    """Object -> probability that it is broken, from the weights of the log."""
    count = len(weights)
    logged = weights > 0
    if not logged.any():
        return np.full(count, min(_SURE, belief.faults / max(1, count)))
    others = max(1, count - int(logged.sum()))
    inside = belief.faults * belief.logged * weights / weights.sum()
    return np.minimum(np.where(logged, inside, belief.faults * (1 - belief.logged) / others), _SURE)


def log_weights(model: RiskModel, changes: Sequence[Change], now: float) -> Floats:
    """Object -> weight of its newest change, from 0 (none) to 1 (now). Changes after `now` count as of now."""
    weights = np.zeros(len(model.objects))
    for change in changes:
        number = model.index.get(change.object)
        if number is not None:
            age = max(0.0, now - change.at)
            weights[number] = max(weights[number], LEAST_WEIGHT, 0.5 ** (age / HALF_LIFE_S))
    return weights
