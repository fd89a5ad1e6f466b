"""Times, rates, counts and lists for people."""

from __future__ import annotations

from collections.abc import Sequence

PS = {"s": 10**12, "ms": 10**9, "us": 10**6, "ns": 10**3}
_RATES = {"Tbit": 10**12, "Gbit": 10**9, "Mbit": 10**6, "kbit": 10**3, "bit": 1}


def time_text(ps: int) -> str:
    """Four digits at most: 2.048s, 27.53ms."""
    unit, size = next(((unit, size) for unit, size in PS.items() if abs(ps) >= size), ("ns", 10**3))
    return f"{_digits(ps / size)}{unit}" if ps else "0s"


def rate_text(bits_per_second: float) -> str:
    """Three digits: 4.99Mbit."""
    value = float(bits_per_second)
    unit, size = next(((unit, size) for unit, size in _RATES.items() if value >= size), ("bit", 1))
    return f"{_digits(value / size, 3)}{unit}" if value else "0"


def percent(share: float) -> str:
    """12.3 %, 0.04 %."""
    value = 100 * share
    return "0 %" if value == 0 else f"{value:.2g} %" if value < 1 else f"{value:.1f} %" if value < 99.95 else "100 %"


def number(value: int) -> str:
    """1,234,567."""
    return f"{value:,}"


def short(value: float) -> str:
    """751,000; 54.5."""
    return number(int(float(f"{value:.3g}"))) if value >= 1000 else f"{value:.3g}"


def periods(ps: int, period_ps: int) -> str:
    """0.1 probe periods."""
    value = _digits(ps / period_ps, 3)
    return f"{value} probe period{'' if value == '1' else 's'}"


def path_text(path: tuple[str, ...] | None) -> str:
    """A-B-C."""
    return "-".join(path) if path else "none"


def arrow(name: str, length: int = 24) -> str:
    """The name of a flow for a picture, cut to a length."""
    text = name.replace("->", "→")
    return text if len(text) <= length else text[: length - 1] + "…"


def _digits(value: float, digits: int = 4) -> str:
    text = f"{value:.{max(digits - len(str(int(abs(value)))), 0)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def few(names: Sequence[str], most: int = 4) -> str:
    """A, B, C, D and 7 more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
