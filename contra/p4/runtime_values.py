"""Values of runtime entries: which ones fit a key or a parameter, and what they mean.

A value is a number, or a text: "0x1f", "0b101", "12", an IPv4 address where there are 32 bits, an IPv6 address where
there are 128, a MAC address where there are 48, the name of a member of an enum. Booleans are true and false too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Any

from contra.diagnostics import shown
from contra.jsontext import Path
from contra.p4.typed import Bits, Boolean, EnumType, ErrorValue, Key, KeyValue, MatchKind, Program, Type
from contra.suggest import did_you_mean

_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,512}|0[bB][01]{1,2048}|[0-9]{1,600}", re.ASCII)
_MAC = re.compile(r"[0-9a-fA-F]{2}([:-])(?:[0-9a-fA-F]{2}\1){4}[0-9a-fA-F]{2}", re.ASCII)
_IPV4, _MAC_BITS, _IPV6 = 32, 48, 128
_ERROR_BITS = 32


class UnfitError(Exception):
    """A value that does not fit. `path` leads to it from the value of the key or parameter."""

    def __init__(self, expected: str, raw: Any, *, path: Path = (), reason: str = "", hint: str = "") -> None:
        super().__init__(expected)
        self.expected, self.raw, self.path, self.reason, self.hint = expected, raw, path, reason, hint


@dataclass(frozen=True, slots=True)
class Slot:
    """A key of a table, or a parameter of an action (`match` exact), and what fits: whole numbers `low` to `high`."""

    name: str
    match: MatchKind
    width: int
    low: int
    high: int
    members: tuple[str, ...] = ()
    """Of an enum, or the errors; values are indices."""
    boolean: bool = False
    anything: KeyValue | None = None
    """What an absent key matches; None where it may not be absent."""


def slot_of_key(key: Key, program: Program) -> Slot:
    """The slot of a key of a table."""
    slot = _slot(key.name, key.match, key.expression.type, program)
    if key.match == "exact":
        return slot
    return Slot(slot.name, slot.match, slot.width, slot.low, slot.high, slot.members, slot.boolean, _anything(slot))


def slot_of_parameter(name: str, kind: Type, program: Program) -> Slot:
    """The slot of a parameter of an action."""
    return _slot(name, "exact", kind, program)


def _slot(name: str, match: MatchKind, kind: Type, program: Program) -> Slot:
    if isinstance(kind, Boolean):
        return Slot(name, match, 1, 0, 1, boolean=True)
    if isinstance(kind, EnumType | ErrorValue):
        members = kind.members if isinstance(kind, EnumType) else program.errors
        return Slot(name, match, _ERROR_BITS, 0, len(members) - 1, members)
    assert isinstance(kind, Bits), "keys and parameters are scalars"
    if kind.signed:
        return Slot(name, match, kind.width, -(1 << kind.width - 1), (1 << kind.width - 1) - 1)
    return Slot(name, match, kind.width, 0, (1 << kind.width) - 1)


def _anything(slot: Slot) -> KeyValue:
    if slot.match == "lpm":
        return KeyValue(0, prefix=0)
    if slot.match == "range":
        return KeyValue(slot.low, high=slot.high)
    return KeyValue(0, mask=0)


def key_value(slot: Slot, raw: Any) -> KeyValue:
    """What a key matches. Raises `UnfitError`."""
    if slot.match == "exact":
        return KeyValue(number_of(slot, raw))
    if slot.match == "optional":
        return KeyValue(number_of(slot, raw), mask=(1 << slot.width) - 1)
    form = {"lpm": "[value, prefix length]", "ternary": "[value, mask]", "range": "[low, high]"}[slot.match]
    if not isinstance(raw, list) or len(raw) != 2:
        raise UnfitError(f"a pair {form}", raw, hint=f"the key is matched by {slot.match}: write {_pair_example(slot)}")
    if slot.match == "range":
        return _range(slot, raw)
    value = number_of(slot, raw[0], (0,))
    if slot.match == "lpm":
        prefix = raw[1]
        if type(prefix) is not int or not 0 <= prefix <= slot.width:
            raise UnfitError(f"a prefix length from 0 to {slot.width}", prefix, path=(1,))
        _check_masked(slot, value, ((1 << prefix) - 1) << (slot.width - prefix), raw[0], f"the first {prefix} bits")
        return KeyValue(value, prefix=prefix)
    mask = number_of(Slot(slot.name, "exact", slot.width, 0, (1 << slot.width) - 1), raw[1], (1,))
    _check_masked(slot, value, mask, raw[0], f"the mask 0x{mask:x}")
    return KeyValue(value, mask=mask)


def number_of(slot: Slot, raw: Any, path: Path = ()) -> int:
    """The number that a value stands for. Raises `UnfitError`."""
    if isinstance(raw, list) and len(raw) == 1 and not path:
        return number_of(slot, raw[0], (0,))  # the p4lang loader takes [value] for an exact key too
    if type(raw) is int or (slot.boolean and type(raw) is bool):
        number = int(raw)
    elif isinstance(raw, str):
        number = _of_text(slot, raw, path)
    else:
        raise UnfitError(expected(slot), raw, path=path)
    if not slot.low <= number <= slot.high:
        reason = "" if slot.members or slot.boolean else f"does not fit into {slot.width} bits"
        raise UnfitError(expected(slot), raw, path=path, reason=reason)
    return number


def expected(slot: Slot) -> str:
    """What a value has to be, in words."""
    if slot.boolean:
        return "true or false"
    if slot.members:
        return f"one of {', '.join(slot.members[:12])}"
    address = {_IPV4: ' or an address such as "10.0.0.1"', _MAC_BITS: ' or an address such as "02:00:00:00:00:01"'}
    high = f"{slot.high:,}" if slot.width <= _MAC_BITS else f"2^{slot.width} - 1"
    return f"a number from {slot.low:,} to {high}{address.get(slot.width, '')}"


def example_of(slot: Slot) -> str:
    """A value that fits, as JSON."""
    return _pair_example(slot) if slot.match in ("lpm", "ternary", "range") else _plain_example(slot)


def _plain_example(slot: Slot) -> str:
    if slot.boolean:
        return "true"
    if slot.members:
        return f'"{slot.members[0]}"'
    return {_IPV4: '"10.0.0.1"', _MAC_BITS: '"02:00:00:00:00:01"'}.get(slot.width, "1")


def _pair_example(slot: Slot) -> str:
    if slot.match == "lpm":
        return '["10.0.0.0", 8]' if slot.width == _IPV4 else f"[0, {min(8, slot.width)}]"
    return f'[0, "0x{(1 << slot.width) - 1:x}"]' if slot.match == "ternary" else "[0, 1]"


def _range(slot: Slot, raw: list[Any]) -> KeyValue:
    low, high = number_of(slot, raw[0], (0,)), number_of(slot, raw[1], (1,))
    if low > high:
        raise UnfitError("a pair [low, high]", raw, reason="the second is below the first")
    return KeyValue(low, high=high)


def _check_masked(slot: Slot, value: int, mask: int, raw: Any, what: str) -> None:
    if value & ~mask & ((1 << slot.width) - 1):
        kept = value & mask
        text = str(IPv4Address(kept)) if isinstance(raw, str) and "." in raw else f"0x{kept:x}"
        hint = f'P4Runtime refuses such entries: write "{text}"'
        raise UnfitError(f"0 outside {what}", raw, path=(0,), reason="has bits that are not compared", hint=hint)


def _of_text(slot: Slot, text: str, path: Path) -> int:
    if _NUMBER.fullmatch(text):
        return int(text, {"0x": 16, "0b": 2}.get(text[:2].lower(), 10))
    if text in slot.members:
        return slot.members.index(text)
    if _MAC.fullmatch(text):
        return _address(slot, text, path, int(text.replace(text[2], ""), 16), _MAC_BITS, "a MAC")
    try:
        if ":" in text and len(text) < 50:
            return _address(slot, text, path, int(IPv6Address(text)), _IPV6, "an IPv6")
        if "." in text:
            return _address(slot, text, path, int(IPv4Address(text)), _IPV4, "an IPv4")
    except AddressValueError:
        raise UnfitError(expected(slot), text, path=path, reason="no address is written like this") from None
    near = did_you_mean(shown(text), slot.members)
    raise UnfitError(expected(slot), text, path=path, reason=near)


def _address(slot: Slot, text: str, path: Path, value: int, bits: int, kind: str) -> int:
    if slot.width != bits or slot.members:
        reason = f"{kind} address has {bits} bits, this has {slot.width}"
        raise UnfitError(expected(slot), text, path=path, reason=reason)
    return value
