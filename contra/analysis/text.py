"""Numbers, forms and orders as people write them in a policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from contra.analysis.model import Form, Linear, Threshold


def number(value: Fraction) -> str:
    """`3`, `0.8` or, where no short decimal is exact, `1/3`."""
    if value.denominator == 1:
        return str(value.numerator) if value.numerator.bit_length() < 200 else f"about 2^{_bits(value)}"
    scaled = value * 10**9
    if scaled.denominator == 1:
        sign = "-" if value < 0 else ""
        whole, rest = divmod(abs(scaled.numerator), 10**9)
        return f"{sign}{whole}.{rest:09d}".rstrip("0")
    if value.denominator.bit_length() < 40 and value.numerator.bit_length() < 80:
        return f"{value.numerator}/{value.denominator}"
    return f"about {float(value):.6g}" if _bits(value) < 900 else f"about 2^{_bits(value)}"


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() - value.denominator.bit_length()


def metric(name: str) -> str:
    """The metric as policies spell it: `path.util`. Products keep their own text."""
    return name if name.startswith("(") else f"path.{name}"


def linear(value: Linear) -> str:
    """`2 * path.len + path.lat + 10`."""
    text = ""
    for name, coefficient in value.terms:
        size = metric(name) if abs(coefficient) == 1 else f"{number(abs(coefficient))} * {metric(name)}"
        text += _signed(size, coefficient < 0, not text)
    if value.constant or not text:
        text += _signed(number(abs(value.constant)), value.constant < 0, not text)
    return text


def _signed(size: str, negative: bool, first: bool) -> str:
    if first:
        return f"-{size}" if negative else size
    return f" - {size}" if negative else f" + {size}"


def form(value: Form) -> str:
    """A rank component: `min(max(path.len, 3), 9)`."""
    text = call("max", (linear(alternative) for alternative in value.alternatives))
    return text if value.ceiling is None else call("min", (text, number(value.ceiling)))


def call(function: str, operands: Iterable[str]) -> str:
    """`max(a, b)`, or `a` alone."""
    texts = list(operands)
    return texts[0] if len(texts) == 1 else f"{function}({', '.join(texts)})"


def vector(components: Sequence[Form]) -> str:
    """A rank or an order: `(path.len, path.util)`; one component goes without parentheses."""
    texts = [form(component) for component in components]
    return texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def threshold(value: Threshold) -> str:
    """`path.util < 0.8`."""
    return f"{metric(value.metric)} {'<' if value.strict else '<='} {number(value.limit)}"


def listing(items: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"
