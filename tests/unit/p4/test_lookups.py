"""Tables against a judge that tries every entry: interpreted and compiled, all match kinds, narrow and wide keys."""

from __future__ import annotations

from random import Random

import pytest
from unit.p4.programs import FRAME, runner

from contra.p4.tables import Contents, Row
from contra.p4.typed import KeyValue

SHAPES: dict[str, tuple[tuple[int, str], ...]] = {
    "small exact": ((9, "exact"),),
    "two exact": ((8, "exact"), (1, "exact")),
    "exact": ((48, "exact"), (16, "exact")),
    "wide exact": ((128, "exact"), (8, "exact")),
    "prefix": ((32, "lpm"),),
    "wide prefix": ((128, "lpm"),),
    "exact and prefix": ((12, "exact"), (20, "lpm")),
    "ternary": ((40, "ternary"), (8, "exact")),
    "wide ternary": ((72, "ternary"),),
    "range": ((16, "range"), (8, "ternary")),
    "optional": ((24, "optional"), (16, "range")),
}
ENTRIES, PACKETS = 40, 300


def text_of(shape: tuple[tuple[int, str], ...]) -> str:
    fields = " ".join(f"bit<{width}> k{number};" for number, (width, _) in enumerate(shape))
    filler = -sum(width for width, _ in shape) % 8
    fields += f" bit<{filler}> rest;" if filler else ""
    headers = f"header i_t {{ {fields} }} header o_t {{ bit<8> hit; bit<72> data; }}"
    keys = " ".join(f"hdr.i.k{number}: {match};" for number, (_, match) in enumerate(shape))
    body = f"""
    action set(bit<72> data) {{ hdr.o.data = data; }}
    action none() {{ hdr.o.data = 7; }}
    table t {{ key = {{ {keys} }} actions = {{ set; none; }} default_action = none(); size = 1024; }}
    apply {{ hdr.o.hit = t.apply().hit ? 8w1 : 8w0; }}"""
    return FRAME % (headers + " struct headers_t { i_t i; o_t o; }", body)


def value(random: Random, width: int) -> int:
    """Few different values, so that entries are hit; also those with all words of a wide key alike but one."""
    small = random.randrange(min(1 << width, 12))
    return random.choice((small, small << max(width - 4, 0) & (1 << width) - 1, (1 << width) - 1 - small))


def key(random: Random, width: int, match: str) -> KeyValue:
    ones = (1 << width) - 1
    wanted = value(random, width)
    match match:
        case "exact":
            return KeyValue(wanted)
        case "lpm":
            prefix = random.choice((0, width // 2, width - 1, width, random.randint(0, width)))
            return KeyValue(wanted & (ones ^ ones >> prefix), prefix=prefix)
        case "ternary":
            mask = random.choice((0, ones, ones ^ 1, value(random, width)))
            return KeyValue(wanted & mask, mask=mask)
        case "optional":
            mask = random.choice((0, ones))
            return KeyValue(wanted & mask, mask=mask)
        case _:
            low, high = sorted((wanted, value(random, width)))
            return KeyValue(low, high=high)


def fits(wanted: KeyValue, seen: int, width: int) -> bool:
    """P4_16 7.2: what a key matches."""
    if wanted.high is not None:
        return wanted.value <= seen <= wanted.high
    if wanted.prefix is not None:
        return wanted.prefix == 0 or seen >> width - wanted.prefix == wanted.value >> width - wanted.prefix
    if wanted.mask is not None:
        return seen & wanted.mask == wanted.value & wanted.mask
    return seen == wanted.value


def judged(shape: tuple[tuple[int, str], ...], rows: list[Row], keys: list[int]) -> Row | None:
    """The row that a switch must take: the longest prefix, or the highest priority."""
    found = [
        row
        for row in rows
        if all(fits(k, seen, width) for k, seen, (width, _) in zip(row.keys, keys, shape, strict=True))
    ]
    order = {id(row): (sum(k.prefix or 0 for k in row.keys), row.priority) for row in found}
    return max(found, key=lambda row: order[id(row)], default=None)


@pytest.mark.parametrize("jit", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("name", SHAPES)
def test_lookups(name: str, jit: bool) -> None:
    shape = SHAPES[name]
    random = Random(name)
    rows: dict[tuple[KeyValue, ...], Row] = {}
    for priority in random.sample(range(1, 1000), ENTRIES):
        keys = tuple(key(random, width, match) for width, match in shape)
        rows.setdefault(keys, Row(keys, 0, (random.getrandbits(72),), priority))
    run = runner(text_of(shape), {"I.t": Contents(tuple(rows.values()), 1, ())}, jit=jit)
    hits = 0
    for _ in range(PACKETS):
        seen = [value(random, width) for width, _ in shape]
        packed = 0
        for number, (width, _) in zip(seen, shape, strict=True):
            packed = packed << width | number
        bits = sum(width for width, _ in shape)
        out = run((packed << -bits % 8).to_bytes((bits + 7) // 8, "big"))
        row = judged(shape, list(rows.values()), seen)
        hits += row is not None
        expected = (1 << 72 | row.data[0]) if row else 7
        assert int.from_bytes(out, "big") == expected, (seen, row)
    assert hits > 0
