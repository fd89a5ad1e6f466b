"""Near names for error messages."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from heapq import nsmallest
from itertools import islice

_MAX_NAME = 100
_MAX_CANDIDATES = 20_000
_MAX_COMPARED = 30  # difflib is quadratic in name length; a message is not worth a second of waiting


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` was probably meant to be, or None."""
    if len(name) > _MAX_NAME:
        return None
    pool = list(islice(candidates, _MAX_CANDIDATES))
    lowered = name.lower()
    for candidate in pool:
        if candidate.lower() == lowered:
            return candidate
    if len(pool) > _MAX_COMPARED:
        alike = [c for c in pool if abs(len(c) - len(name)) <= 2]
        pool = nsmallest(_MAX_COMPARED, alike, key=lambda candidate: -_common_ends(name, candidate))
    found = get_close_matches(name, pool, n=1, cutoff=0.6)
    return found[0] if found else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """` did you mean 'x'?`-sentence, or an empty string where nothing is near."""
    near = nearest(name, candidates)
    return f"did you mean '{near}'?" if near else ""


def _common_ends(one: str, other: str) -> int:
    """How many characters agree from the front and from the back."""
    front = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    back = next((i for i, (a, b) in enumerate(zip(one[::-1], other[::-1], strict=False)) if a != b), len(one))
    return front + back
