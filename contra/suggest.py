"""Near names for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

_MAX_CANDIDATES = 5000  # difflib is quadratic in name length; a message is not worth a second of waiting


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be, or None."""
    if len(name) > 100:
        return None
    pool = list(islice(candidates, _MAX_CANDIDATES))
    lowered = {candidate.lower(): candidate for candidate in reversed(pool)}
    if name.lower() in lowered:
        return lowered[name.lower()]
    found = get_close_matches(name, pool, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """` did you mean 'x'?`-sentence, or an empty string where nothing is near."""
    near = nearest(name, candidates)
    return f"did you mean '{near}'?" if near else ""
