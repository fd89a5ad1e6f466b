"""Constants: literals, arithmetic of arbitrary precision and of fixed width, and what of a value fits a width."""

from __future__ import annotations

from contra.p4 import typed
from contra.p4.front import errors, tree
from contra.p4.front.scope import Env, Int, Value
from contra.source import Span

MAX_WIDTH = 2048
"""p4c's own limit for bit<W>."""
_MAX_INT = 1 << 4096
_BASES = {"x": 16, "b": 2, "o": 8, "d": 10}


def wrap(value: int, kind: typed.Bits) -> int:
    """The value that the low bits of `value` have in a type."""
    value &= (1 << kind.width) - 1
    return value - (1 << kind.width) if kind.signed and value >> (kind.width - 1) else value


def limits(kind: typed.Bits) -> tuple[int, int]:
    """Smallest and largest value of a type."""
    if kind.signed:
        return -(1 << (kind.width - 1)), (1 << (kind.width - 1)) - 1
    return 0, (1 << kind.width) - 1


def fitted(env: Env, value: int, kind: typed.Bits, span: Span) -> typed.Constant:
    """The constant in a type, with p4c's warning where bits are lost."""
    result = wrap(value, kind)
    if result != value:
        env.report(errors.Truncated(value=shown(value), type=str(kind), result=shown(result), span=span))
    return typed.Constant(kind, result, span)


def shown(value: int) -> str:
    """A number for messages."""
    text = str(value) if abs(value) < 1 << 256 else hex(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def literal(env: Env, node: tree.Number) -> Value:
    """A literal number."""
    text, span = node.text, env.span(node)
    width, sign = "", ""
    for mark in "ws":
        head, found, tail = text.partition(mark)
        if found and head.isdigit():
            width, sign, text = head, mark, tail
    base = _BASES.get(text[1:2].lower(), 10) if text[:1] == "0" else 10
    digits = text[2:] if text[1:2].lower() in _BASES and text[:1] == "0" else text
    digits = digits.replace("_", "")
    if not digits:
        raise env.refuse(errors.BadNumber(found=node.text, reason="digits are missing", span=span))
    value = int(digits, base)
    if not width:
        return bounded(env, value, span)
    kind = bits(env, int(width) if len(width) < 6 else MAX_WIDTH + 1, sign == "s", span)
    return fitted(env, value, kind, span)


def bits(env: Env, width: int, signed: bool, span: Span) -> typed.Bits:
    """bit<width> or int<width>."""
    least = 2 if signed else 1
    if not least <= width <= MAX_WIDTH:
        wanted = f"{least} to {MAX_WIDTH}"
        raise env.refuse(errors.OutOfRange(what="the width", value=shown(width), expected=wanted, span=span))
    return typed.Bits(width, signed)


def bounded(env: Env, value: int, span: Span) -> Int:
    """A number of arbitrary precision, within reason."""
    if abs(value) >= _MAX_INT:
        raise env.refuse(
            errors.OutOfRange(what="a constant", value=shown(value), expected="up to 4096 bits", span=span)
        )
    return Int(value, span)


def compute(operator: str, left: int, right: int) -> int | None:
    """An operation between two numbers, before it is cut to a width; None where P4 has no result."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left // right if left >= 0 and right > 0 else None
        case "%":
            return left % right if left >= 0 and right > 0 else None
        case "&":
            return left & right
        case "|":
            return left | right
        case "^":
            return left ^ right
        case "<<":
            return left << right if 0 <= right <= 4096 else None
        case ">>":
            return left >> min(right, 8192) if right >= 0 else None
    return None


def compare(operator: str, left: int, right: int) -> bool:
    """A comparison of two numbers."""
    match operator:
        case "==":
            return left == right
        case "!=":
            return left != right
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
    return left >= right


def saturated(operator: str, left: int, right: int, kind: typed.Bits) -> int:
    """`|+|` and `|-|`."""
    low, high = limits(kind)
    return min(max(left + right if operator == "|+|" else left - right, low), high)
