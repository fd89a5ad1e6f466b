"""The exact minimum, as a judge of the greedy on small cases: the fewest objects that explain all failures.

A minimum hitting set, solved by HiGHS through scipy. It may choose from what the greedy of SCOUT may: objects with hit
ratio 1, and for failed elements that none of these explains the recently changed ones.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contra.localize.greedy import Pick, Picking, hypothesis
from contra.localize.model import Change, Flags, Hypothesis, Ints, RiskModel

TIME_LIMIT_S = 30.0
"""After so many seconds the best that was found counts."""


def exact(model: RiskModel, changes: Sequence[Change] = (), limit_s: float = TIME_LIMIT_S) -> Hypothesis:
    """The fewest objects. Of objects of one class one stands for all: a changed one, else the first."""
    picking = Picking(model)
    whole = (picking.failures > 0) & (picking.failures == picking.dependants)
    changed = np.zeros(len(model.objects), np.bool_)
    changed[[model.index[change.object] for change in changes if change.object in model.index]] = True
    found = [("hitting set", pick) for pick in _solved(picking, whole, changed, limit_s)]
    found += [("change log", pick) for pick in _solved(picking, changed, changed, limit_s)]
    return hypothesis("exact", picking, found, changes)


def _solved(picking: Picking, allowed: Flags, changed: Flags, limit_s: float) -> list[Pick]:
    """Explain as much as the allowed objects can, by as few of them as possible."""
    usable = picking.failed & allowed[picking.object]
    if not usable.any():
        return []
    usable &= np.isin(picking.object, _representatives(picking, allowed, changed))
    elements, rows = np.unique(picking.element[usable], return_inverse=True)
    objects, columns = np.unique(picking.object[usable], return_inverse=True)
    chosen = objects[minimum_hitting_set(rows, columns, (len(elements), len(objects)), limit_s)]
    return list(picking.explain(chosen))


def _representatives(picking: Picking, allowed: Flags, changed: Flags) -> Ints:
    """One allowed object of each class, a changed one if there is one."""
    numbers = np.flatnonzero(allowed)
    numbers = numbers[np.argsort(~changed[numbers], kind="stable")]
    _, at = np.unique(picking.model.classes[numbers], return_index=True)
    return numbers[at]


def minimum_hitting_set(rows: Ints, columns: Ints, shape: tuple[int, int], limit_s: float) -> Ints:
    """The fewest columns such that every row has one: `rows[i]` may be hit by `columns[i]`."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    solved = milp(
        np.ones(shape[1]),
        constraints=LinearConstraint(matrix, lb=1),
        integrality=np.ones(shape[1]),
        bounds=Bounds(0, 1),
        options={"time_limit": limit_s},
    )
    if solved.x is None:  # out of time without any solution: all of them hit everything
        return np.arange(shape[1])
    return np.flatnonzero(solved.x > 0.5)
