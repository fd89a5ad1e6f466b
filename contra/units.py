"""Capacities and latencies with units, read exactly.

A capacity is a whole number of bit/s, a latency a whole number of ns; both are plain `int` everywhere in
Contra. Text in between is decimal and is read with `Fraction`, so that "1.1Gbit" is exactly 1,100,000,000
bit/s. The parsers raise `ValueError` whose message is a sentence for the user: topology diagnostics and
command line options show it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from contra.suggest import did_you_mean

CAPACITY_RANGE = (1_000, 10**15)
"""Smallest and largest capacity of a link, bit/s: 1 kbit/s to 1 Pbit/s."""

LATENCY_RANGE = (0, 10**10)
"""Smallest and largest latency of a link, ns: 0 to 10 s."""

DURATION_RANGE = (0, 10**13)
"""Shortest and longest time in a simulation, ns: 0 to 10,000 s."""

_PREFIXES = {"T": 10**12, "G": 10**9, "M": 10**6, "k": 10**3, "": 1}
_BIT_ENDINGS = ("bit", "bit/s", "bits", "bits/s", "bitps", "bps", "b/s", "Bit", "Bit/s")

CAPACITY_UNITS: Mapping[str, int] = MappingProxyType(
    {
        spelling + ending: factor
        for prefix, factor in _PREFIXES.items()
        for spelling in dict.fromkeys((prefix, prefix.lower(), prefix.upper()))
        for ending in _BIT_ENDINGS
    }
)
"""bit/s per accepted spelling of a unit."""

LATENCY_UNITS: Mapping[str, int] = MappingProxyType(
    {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9}
)
"""ns per accepted spelling of a unit."""

_NUMBER_UNIT = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,12})?)\s*([A-Za-zµμ/]*)\s*", re.ASCII)
_BYTE_UNIT = re.compile(r"[kKmMgGtT]?(?:B|[bB]yte)s?(?:/s|ps)?")
_MAX_SHOWN = 40


@lru_cache(maxsize=4096)
def parse_capacity(text: str) -> int:
    """bit/s of "10Gbit", "10 Gbit/s", "10Gbps", "1.5Mbit", "800kbit".

    Raises ValueError where the number, the unit or the size (`CAPACITY_RANGE`) is wrong.
    """
    value = _parse(text, CAPACITY_UNITS, "capacity", "10Gbit")
    low, high = CAPACITY_RANGE
    if not low <= value <= high:
        found = "0" if value == 0 else f"'{_shown(text)}'"
        raise ValueError(f"a capacity of {found} is outside {format_capacity(low)} .. {format_capacity(high)}")
    return value


@lru_cache(maxsize=4096)
def parse_latency(text: str) -> int:
    """ns of "10us", "2ms", "1.5s", "250ns".

    Raises ValueError where the number, the unit or the size (`LATENCY_RANGE`) is wrong.
    """
    value = _parse(text, LATENCY_UNITS, "latency", "10us")
    low, high = LATENCY_RANGE
    if not low <= value <= high:
        raise ValueError(f"a latency of '{_shown(text)}' is outside {format_latency(low)} .. {format_latency(high)}")
    return value


@lru_cache(maxsize=4096)
def parse_duration(text: str) -> int:
    """ns of "5s", "2.5ms": a span or a point of time in a simulation.

    Raises ValueError where the number, the unit or the size (`DURATION_RANGE`) is wrong.
    """
    value = _parse(text, LATENCY_UNITS, "time", "5s")
    low, high = DURATION_RANGE
    if not low <= value <= high:
        raise ValueError(f"a time of '{_shown(text)}' is outside {format_latency(low)} .. {format_latency(high)}")
    return value


def format_capacity(bits_per_second: int) -> str:
    """The canonical text of a capacity, exact: 2_500_000_000 -> "2.5Gbit"."""
    return _format(bits_per_second, {prefix + "bit": factor for prefix, factor in _PREFIXES.items()})


def format_latency(nanoseconds: int) -> str:
    """The canonical text of a latency, exact: 1_500 -> "1.5us"."""
    return _format(nanoseconds, {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1})


def _parse(text: str, units: Mapping[str, int], what: str, example: str) -> int:
    match = _NUMBER_UNIT.fullmatch(text)
    if match is None:
        raise ValueError(_not_a_number(text, what, example))
    number, unit = match.groups()
    factor = units.get(unit)
    if factor is None:
        raise ValueError(_wrong_unit(text.strip(), number, unit, units, what, example))
    value = Fraction(number) * factor
    if value.denominator != 1:
        smallest = "1 bit/s" if what == "capacity" else "1 ns"
        raise ValueError(f"'{_shown(text)}' is not a multiple of {smallest}")
    return value.numerator


def _not_a_number(text: str, what: str, example: str) -> str:
    if text.lstrip().startswith(("-", "−")):
        return f"a {what} cannot be negative: '{_shown(text)}'"
    if not text.strip():
        return f"an empty text is not a {what}: write a number and a unit, as in {example}"
    return f"'{_shown(text)}' is not a {what}: expected a decimal number and a unit, as in {example}"


def _wrong_unit(text: str, number: str, unit: str, units: Mapping[str, int], what: str, example: str) -> str:
    if not unit:
        return f"'{_shown(text)}' has no unit: a {what} is written as in {example}"
    if what == "capacity" and _BYTE_UNIT.fullmatch(unit):
        return f"'{_shown(text)}' counts bytes: capacities are in bits, as in {example}"
    # Equal but for case first ("10GBIT"), then the near ones among the plain spellings.
    plain = [name for name in units if name.isascii() and "B" not in name and name[:1] not in "KTg"]
    near = did_you_mean(unit, plain) or f"expected one of {', '.join(_main_units(what))}"
    return f"'{_shown(text)}' is not a {what}: unknown unit '{_shown(unit)}', {near}"


def _main_units(what: str) -> list[str]:
    return [prefix + "bit" for prefix in _PREFIXES] if what == "capacity" else ["s", "ms", "us", "ns"]


def _format(value: int, units: Mapping[str, int]) -> str:
    unit, factor = next(((u, f) for u, f in units.items() if value >= f), list(units.items())[-1])
    whole, rest = divmod(value, factor)
    decimals = f"{rest:0{len(str(factor)) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{decimals}{unit}" if decimals else f"{whole}{unit}"


def _shown(text: str) -> str:
    text = text if len(text) <= _MAX_SHOWN else text[:_MAX_SHOWN] + "..."
    return text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text
