"""One door to all methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from contra.localize.describe import contra
from contra.localize.exact import exact
from contra.localize.greedy import score, scout
from contra.localize.model import Change, Hypothesis, RiskModel

METHODS: Mapping[str, str] = {
    "contra": "the shortest description of all that fails, the log taken as evidence",
    "scout": "greedy on objects with hit ratio 1, then the recent changes (SCOUT)",
    "score": "greedy with a fixed hit ratio, without a log (SCORE)",
    "exact": "the fewest objects with hit ratio 1, by a solver",
}
"""Every method with a line of help."""
DEFAULT_METHOD = "contra"


def localize(
    model: RiskModel,
    changes: Sequence[Change] = (),
    method: str = DEFAULT_METHOD,
    *,
    now: float | None = None,
    recent_s: float | None = None,
) -> Hypothesis:
    """What is broken. `now` is the moment of the look (default: the newest change), in seconds like `Change.at`.

    For scout and exact the changes of the last `recent_s` seconds are the recent ones, all of them if it is None.
    """
    moment = now if now is not None else max((change.at for change in changes), default=0.0)
    recent = [change for change in changes if recent_s is None or moment - change.at <= recent_s]
    run: Mapping[str, Callable[[], Hypothesis]] = {
        "contra": lambda: contra(model, changes, moment),
        "scout": lambda: scout(model, recent),
        "score": lambda: score(model),
        "exact": lambda: exact(model, recent),
    }
    return run[method]()
