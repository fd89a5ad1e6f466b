"""Number literals, both ways: text -> (value, unit) and back, exactly."""

from __future__ import annotations

import re
from fractions import Fraction

from contra.syntax.ast import Unit

MAX_DIGITS = 400
"""Longest literal. Far beyond any use, and small enough that exact arithmetic stays cheap."""

_LITERAL = re.compile(r"(?P<mantissa>[0-9.]+)(?:[eE](?P<exponent>[+-]?[0-9]+))?(?P<unit>\D*)")
_UNITS = {unit.value: unit for unit in Unit} | {"µs": Unit.MICROSECONDS, "μs": Unit.MICROSECONDS}
_LONGEST_PLAIN = 15


def parse_number(text: str) -> tuple[Fraction, Unit] | None:
    """Value and unit of a literal of the grammar's form; None if it is longer or larger than `MAX_DIGITS` allows."""
    found = _LITERAL.fullmatch(text) if len(text) <= 2 * MAX_DIGITS else None
    if found is None or len(found["mantissa"].replace(".", "")) > MAX_DIGITS:
        return None
    exponent = found["exponent"] or "0"
    if len(exponent) > 5 or abs(int(exponent)) > MAX_DIGITS:
        return None
    value = Fraction(f"{found['mantissa']}e{exponent}")
    if value and not Fraction(10) ** -MAX_DIGITS <= value < Fraction(10) ** MAX_DIGITS:
        return None
    return value, _UNITS[found["unit"]]


def format_number(value: Fraction, unit: Unit) -> str:
    """The canonical literal of a non-negative number with a finite decimal expansion, plain or scientific by length.

    Raises ValueError for numbers that no literal denotes.
    """
    digits, exponent = _decimal(value)
    plain = _plain(digits, exponent)
    if len(plain) > _LONGEST_PLAIN:
        point = f".{digits[1:]}" if len(digits) > 1 else ""
        plain = f"{digits[0]}{point}e{exponent + len(digits) - 1}"
    return plain + unit.value


def _decimal(value: Fraction) -> tuple[str, int]:
    """Significant digits (no trailing zero) and exponent: value = digits * 10**exponent."""
    twos, fives, rest = 0, 0, value.denominator
    while rest % 2 == 0:
        twos, rest = twos + 1, rest // 2
    while rest % 5 == 0:
        fives, rest = fives + 1, rest // 5
    if rest != 1 or value < 0:
        raise ValueError(f"no literal denotes {value}")
    exponent = max(twos, fives)
    digits = str(value.numerator * 10**exponent // value.denominator)
    stripped = digits.rstrip("0") or "0"
    return stripped, (len(digits) - len(stripped) - exponent) if value else 0


def _plain(digits: str, exponent: int) -> str:
    if exponent >= 0:
        return digits + "0" * exponent
    padded = digits.rjust(1 - exponent, "0")
    return f"{padded[:exponent]}.{padded[exponent:]}"
