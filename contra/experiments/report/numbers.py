"""Numbers for people."""

from __future__ import annotations

import math

from contra.experiments.report.statistics import Estimate

TIMES = (("s", 1e6), ("ms", 1e3), ("us", 1.0))
"""Units of time and how many us each is."""
SCALES = {"s": 1e6, "ms": 1e3, "us": 1.0, "kB": 1e3, "bytes": 1.0, "": 1.0}
"""What a unit is of the unit that columns are in: us, bytes."""
LOST = "failed"
NONE = "–"


def digits(value: float, significant: int = 3) -> str:
    """`0.0123`, `4.21`, `66.3`, `1,234`: significant digits, never an exponent where people would not write one."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return fixed(value, max(0, significant - 1 - math.floor(math.log10(abs(value)))))


def fixed(value: float, decimals: int) -> str:
    """With so many decimals, thousands set apart; the number as a power of ten where it would be too long."""
    if decimals > 8 or abs(value) >= 1e15:
        return f"{value:.3g}"
    return f"{value:,.{decimals}f}"


def with_interval(value: Estimate | None, significant: int = 3) -> str:
    """`4.21 ± 0.13`, as many decimals as the mean deserves; `failed` for None."""
    if value is None:
        return LOST
    places = decimals_of(value.mean, significant)
    mean = fixed(value.mean, places)
    if value.half is None:
        return mean
    half = fixed(value.half, places)
    return f"{mean} ± {half if float(half.replace(',', '')) or not value.half else '<' + fixed(10**-places, places)}"


def decimals_of(value: float, significant: int = 3) -> int:
    """Decimals that show a value with so many significant digits."""
    if value == 0 or not math.isfinite(value):
        return significant - 1
    return min(max(0, significant - 1 - math.floor(math.log10(abs(value)))), 8)


def percent(share: float, significant: int = 3) -> str:
    """`12.3 %`, `0.0241 %`."""
    return f"{digits(100 * share, significant)} %"


def load_text(load: float) -> str:
    """`60 %`; a dash for 0, which stands for flows that were not made for any load."""
    return f"{100 * load:g} %" if load else NONE


def time_unit(most_us: float) -> str:
    """The unit in which times up to this one are best read."""
    return next((unit for unit, size in TIMES if most_us >= 2 * size), "us")


def paper_number(value: float | None) -> str:
    """A published value, as it is printed."""
    return NONE if value is None else f"{value:g}"


def plural(count: int, noun: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(items: list[str], most: int = 12) -> str:
    """`a, b and c`; `a, b and 7 more`."""
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most:,} more"
    return " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items)
