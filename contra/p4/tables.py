"""What tables hold, and how a lookup finds it: as Python, and as the memory image that compiled programs read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contra.p4.code import TableLayout, words_of
from contra.p4.typed import KeyValue

INDEX_BITS = 10
"""Exact tables with keys up to this many bits are arrays."""
_MULTIPLIER = 0x9E3779B97F4A7C15
_WORD = (1 << 64) - 1


@dataclass(frozen=True)
class Row:
    """One entry: keys in the table's order, the action's position in the table's list, its data.

    `priority`: larger is preferred, as in P4Runtime; unused where the longest prefix or equality decides.
    """

    keys: tuple[KeyValue, ...]
    action: int
    data: tuple[int, ...]
    priority: int = 0


@dataclass(frozen=True)
class Contents:
    """What a table holds."""

    rows: tuple[Row, ...]
    default_action: int
    default_data: tuple[int, ...]


def lookup_kind(keys: Sequence[tuple[int, str]]) -> str:
    """How a table is searched: not at all, as an array, by hash tables per mask, or entry by entry."""
    kinds = {match for _, match in keys}
    if not keys:
        return "none"
    if kinds == {"exact"} and sum(width for width, _ in keys) <= INDEX_BITS:
        return "index"
    return "hash" if kinds <= {"exact", "lpm"} else "scan"


# ------------------------------------------------------------------------------------------------ keys as masks


def _masked(layout: TableLayout, row: Row) -> tuple[int, int]:
    """All keys beside each other: mask and value."""
    mask = value = 0
    for (width, _), key in zip(layout.keys, row.keys, strict=True):
        ones = (1 << width) - 1
        own = ones if key.prefix is None else ones ^ (ones >> key.prefix)
        if key.mask is not None:
            own = key.mask & ones
        mask = mask << width | own
        value = value << width | key.value & own
    return mask, value


def _in_order(layout: TableLayout, rows: Sequence[Row]) -> list[Row]:
    """The preferred first: long prefixes, or high priorities (equal ones in the order given)."""
    if any(match not in ("exact", "lpm") for _, match in layout.keys):
        return sorted(rows, key=lambda row: -row.priority)
    return sorted(rows, key=lambda row: -sum(key.prefix or 0 for key in row.keys))


def _tests(layout: TableLayout, row: Row) -> list[tuple[int, int, int]]:
    """Per key (mask, low, high): the key under the mask lies between low and high."""
    found = []
    for (width, _), key in zip(layout.keys, row.keys, strict=True):
        ones = (1 << width) - 1
        if key.high is not None:
            found.append((ones, key.value, key.high))
            continue
        mask = ones if key.prefix is None else ones ^ (ones >> key.prefix)
        if key.mask is not None:
            mask = key.mask & ones
        found.append((mask, key.value & mask, key.value & mask))
    return found


# ------------------------------------------------------------------------------------------------ Python

Found = tuple[int, ...]
"""(hit, action, data ...); data above 64 bits is followed by as many zeros as it has further words."""


def python_lookup(layout: TableLayout, contents: Contents) -> Callable[..., Found]:
    """A function from keys to what is found."""
    default = (0, contents.default_action, *_spread(layout, contents.default_action, contents.default_data))
    rows = [(row, (1, row.action, *_spread(layout, row.action, row.data))) for row in _in_order(layout, contents.rows)]
    match lookup_kind(layout.keys):
        case "none":
            return lambda: default
        case "index" | "hash":
            return _python_hash(layout, rows, default)
        case _:
            return _python_scan(layout, rows, default)


def _spread(layout: TableLayout, action: int, data: tuple[int, ...]) -> list[int]:
    spread: list[int] = []
    for width, value in zip(layout.actions[action][1], data, strict=True):
        spread += [value, *[0] * (words_of(width) - 1)]
    return spread


def _python_hash(layout: TableLayout, rows: list[tuple[Row, Found]], default: Found) -> Callable[..., Found]:
    groups: dict[int, dict[int, Found]] = {}
    for row, found in rows:
        mask, value = _masked(layout, row)
        groups.setdefault(mask, {}).setdefault(value, found)
    ordered = list(groups.items())
    widths = [width for width, _ in layout.keys]

    def look_up(*keys: int) -> Found:
        whole = 0
        for width, key in zip(widths, keys, strict=True):
            whole = whole << width | key
        for mask, table in ordered:
            found = table.get(whole & mask)
            if found is not None:
                return found
        return default

    return look_up


def _python_scan(layout: TableLayout, rows: list[tuple[Row, Found]], default: Found) -> Callable[..., Found]:
    entries = [(_tests(layout, row), found) for row, found in rows]

    def look_up(*keys: int) -> Found:
        for tests, found in entries:
            if all(low <= key & mask <= high for key, (mask, low, high) in zip(keys, tests, strict=True)):
                return found
        return default

    return look_up


# ------------------------------------------------------------------------------------------------ image


def image(layout: TableLayout, contents: Contents) -> list[int]:
    """The table as 64-bit words; `contra.p4.llvm.support` describes the format.

    An array (`index`) has its row offsets from word 3 on, the default row's where there is no entry.
    """
    kind = lookup_kind(layout.keys)
    rows = _in_order(layout, contents.rows)
    stride = 1 + layout.data_words
    if kind == "index":
        body = 3 + (1 << sum(width for width, _ in layout.keys))
    elif kind == "hash":
        groups = _groups(layout, rows)
        body = 3 + sum(_group_words(layout, len(group)) for group in groups.values())
    else:
        body = 3 + len(rows) * (1 + 3 * _limbs(layout))
    words = [0] * body
    offsets = {id(row): body + stride * (1 + number) for number, row in enumerate(rows)}
    words[0] = body
    words += _row_words(layout, contents.default_action, contents.default_data, stride)
    for row in rows:
        words += _row_words(layout, row.action, row.data, stride)
    if kind == "index":
        words[3:body] = [body] * (body - 3)
        for row in rows:
            words[3 + _masked(layout, row)[1]] = offsets[id(row)]
    elif kind == "hash":
        _fill_hash(layout, groups, offsets, words)
    elif kind == "scan":
        _fill_scan(layout, rows, offsets, words)
    return words


def _row_words(layout: TableLayout, action: int, data: tuple[int, ...], stride: int) -> list[int]:
    words = [action]
    for width, value in zip(layout.actions[action][1], data, strict=True):
        words += [value >> 64 * word & _WORD for word in range(words_of(width))]
    return words + [0] * (stride - len(words))


def _limbs(layout: TableLayout) -> int:
    return sum(words_of(width) for width, _ in layout.keys)


# ------------------------------------------------------------------------------------------------ hash tables


def _groups(layout: TableLayout, rows: list[Row]) -> dict[int, dict[int, Row]]:
    groups: dict[int, dict[int, Row]] = {}
    for row in rows:
        mask, value = _masked(layout, row)
        groups.setdefault(mask, {}).setdefault(value, row)
    return groups


def _slots(entries: int) -> int:
    """At most half of the slots are taken, at least one is free."""
    return 1 << (2 * entries).bit_length()


def _hash_limbs(layout: TableLayout) -> int:
    return words_of(sum(width for width, _ in layout.keys))


def _group_words(layout: TableLayout, entries: int) -> int:
    limbs = _hash_limbs(layout)
    return limbs + 2 + _slots(entries) * (limbs + 1)


def _fill_hash(
    layout: TableLayout, groups: dict[int, dict[int, Row]], offsets: dict[int, int], words: list[int]
) -> None:
    limbs = _hash_limbs(layout)
    words[1], words[2] = len(groups), 3
    slots_at = 3 + len(groups) * (limbs + 2)
    for number, (mask, group) in enumerate(groups.items()):
        head = 3 + number * (limbs + 2)
        slots = _slots(len(group))
        words[head : head + limbs] = _split(mask, limbs)
        words[head + limbs], words[head + limbs + 1] = slots - 1, slots_at
        for value, row in group.items():
            keys = _split(value, limbs)
            position = hash_of(keys) & slots - 1
            while words[slots_at + position * (limbs + 1)]:
                position = position + 1 & slots - 1
            slot = slots_at + position * (limbs + 1)
            words[slot : slot + limbs + 1] = [offsets[id(row)], *keys]
        slots_at += slots * (limbs + 1)


def _split(value: int, limbs: int) -> list[int]:
    return [value >> 64 * limb & _WORD for limb in range(limbs)]


def hash_of(keys: Sequence[int]) -> int:
    """The hash that `lookup_hash` computes."""
    mixed = 0
    for key in keys:
        mixed = (mixed ^ key) * _MULTIPLIER & _WORD
        mixed ^= mixed >> 32
    return mixed


# ------------------------------------------------------------------------------------------------ scans


def _fill_scan(layout: TableLayout, rows: list[Row], offsets: dict[int, int], words: list[int]) -> None:
    words[1], words[2] = len(rows), 3
    at = 3
    for row in rows:
        words[at] = offsets[id(row)]
        at += 1
        for (width, _), test in zip(layout.keys, _tests(layout, row), strict=True):
            limbs = words_of(width)
            for limb in zip(*(_split(part, limbs) for part in test), strict=True):
                words[at : at + 3] = limb
                at += 3
