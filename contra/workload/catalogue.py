"""Distributions by name: the shipped ones, files of the user's own, or one size such as "64kB"."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from contra.diagnostics import CompileError, shown
from contra.source import SourceFile
from contra.workload.distribution import LARGE_BYTES, MAX_BYTES, Distribution, constant
from contra.workload.errors import BadSizes

_DATA = Path(__file__).parent / "data"
_SIZE = re.compile(r"([1-9][0-9]{0,11})\s*(B|kB|MB|GB)")
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}
_MAX_POINTS = 100_000


def names() -> tuple[str, ...]:
    """The shipped distributions."""
    return tuple(sorted(path.stem for path in _DATA.glob("*.toml")))


def shipped(name: str) -> Distribution:
    """The shipped distribution of this name. Raises FileNotFoundError where there is none."""
    path = _DATA / f"{name}.toml"
    return read_sizes(SourceFile(str(path), path.read_text(encoding="utf-8")))


def one_size(text: str) -> Distribution | None:
    """Flows of one size, of "64kB" (1000 bytes each) or "1500B"; None where the text is no such size."""
    found = _SIZE.fullmatch(text)
    size = int(found[1]) * _UNITS[found[2]] if found else 0
    return constant(size) if 0 < size <= MAX_BYTES else None


def read_sizes(file: SourceFile) -> Distribution:
    """A distribution from its file. Raises CompileError (CTR1501)."""
    try:
        value = tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _bad(file, f"it is no TOML, {str(error)[:1].lower()}{str(error)[1:]}") from None
    unknown = sorted(set(value) - {"name", "title", "points", "large_bytes"})
    if unknown:
        raise _bad(file, f"unknown key '{shown(unknown[0])}', expected name, title, points, large_bytes")
    name = value.get("name", Path(file.name).stem)
    title = value.get("title", name)
    large = value.get("large_bytes", LARGE_BYTES)
    if not isinstance(name, str) or not isinstance(title, str) or type(large) is not int or large < 1:
        raise _bad(file, "'name' and 'title' are texts, 'large_bytes' is a whole number above 0")
    return Distribution(name, title, _points(file, value), large)


def _points(file: SourceFile, value: Mapping[str, Any]) -> tuple[tuple[int, Fraction], ...]:
    given = value.get("points")
    if not isinstance(given, list) or not 0 < len(given) <= _MAX_POINTS:
        raise _bad(file, f"'points' must be a list of 1 to {_MAX_POINTS:,} points")
    points = tuple(_point(file, number, each) for number, each in enumerate(given, 1))
    for number, ((low, before), (high, after)) in enumerate(pairwise(points), 2):
        if high < low or after < before or (high == low and after == before):
            raise _bad(file, f"point {number} does not lie above point {number - 1}")
    if points[-1][1] != 1:
        raise _bad(file, f"the last point is at {float(100 * points[-1][1]):g} percent, expected 100")
    if points[-1][0] < 1:
        raise _bad(file, "the largest flow has no bytes")
    return points


def _point(file: SourceFile, number: int, value: Any) -> tuple[int, Fraction]:
    """Bytes and share."""
    if (
        not isinstance(value, list)
        or len(value) != 2
        or type(value[0]) is not int
        or type(value[1]) not in (int, float)
    ):
        raise _bad(file, f"point {number} is not [bytes, percent]")
    size, percent = value
    if not 0 <= size <= MAX_BYTES or not 0 <= percent <= 100:
        raise _bad(file, f"point {number} is outside 0 .. {MAX_BYTES:,} bytes and 0 .. 100 percent")
    return size, Fraction(str(percent)) / 100


def _bad(file: SourceFile, reason: str) -> CompileError:
    return CompileError([BadSizes(name=shown(file.name), reason=reason)])
