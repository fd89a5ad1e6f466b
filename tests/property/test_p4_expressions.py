"""Random P4 expressions: interpreted and compiled, against the language's definition over Python's integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import pytest
from unit.p4.programs import FRAME, runner

WIDTHS = (1, 3, 8, 16, 31, 32, 48, 64, 65, 96, 130)
FIELDS = {f"f{number}": width for number, width in enumerate(WIDTHS)}
SIGNED = 16
"""Width of the signed values."""
PROGRAMS, EXPRESSIONS, PACKETS = 12, 12, 25

Values = dict[str, int]


@dataclass(frozen=True)
class Term:
    """An expression of a width: its P4 text, and what it means."""

    width: int
    text: str
    meaning: Callable[[Values], int]


def cut(number: int, width: int) -> int:
    return number & (1 << width) - 1


def signed(number: int, width: int) -> int:
    return number - (1 << width) if number >> width - 1 else number


def leaf(random: Random, width: int) -> Term:
    names = [name for name, own in FIELDS.items() if own == width]
    if names and random.random() < 0.7:
        name = random.choice(names)
        return Term(width, f"hdr.i.{name}", lambda values: values[name])
    number = random.choice((0, 1, (1 << width) - 1, random.getrandbits(width)))
    return Term(width, f"{width}w{number}", lambda values: number)


def term(random: Random, width: int, depth: int) -> Term:
    if depth == 0:
        return leaf(random, width)
    return random.choice(SHAPES)(random, width, depth - 1)


def arithmetic(random: Random, width: int, depth: int) -> Term:
    """P4_16 8.5: wrap-around at the width; |+| and |-| stop at the ends."""
    left, right = term(random, width, depth), term(random, width, depth)
    top = (1 << width) - 1
    operator, meaning = random.choice(
        (
            ("+", lambda a, b: cut(a + b, width)),
            ("-", lambda a, b: cut(a - b, width)),
            ("*", lambda a, b: cut(a * b, width)),
            ("&", lambda a, b: a & b),
            ("|", lambda a, b: a | b),
            ("^", lambda a, b: a ^ b),
            ("|+|", lambda a, b: min(a + b, top)),
            ("|-|", lambda a, b: max(a - b, 0)),
        )
    )
    return Term(width, f"({left.text} {operator} {right.text})", lambda v: meaning(left.meaning(v), right.meaning(v)))


def unary(random: Random, width: int, depth: int) -> Term:
    inner = term(random, width, depth)
    if random.random() < 0.5:
        return Term(width, f"(~{inner.text})", lambda v: cut(~inner.meaning(v), width))
    return Term(width, f"(-{inner.text})", lambda v: cut(-inner.meaning(v), width))


def shift(random: Random, width: int, depth: int) -> Term:
    """Shifts past the width give 0."""
    left, right = term(random, width, depth), term(random, 8, 0)
    if random.random() < 0.5:
        return Term(width, f"({left.text} << {right.text})", lambda v: cut(left.meaning(v) << right.meaning(v), width))
    return Term(width, f"({left.text} >> {right.text})", lambda v: left.meaning(v) >> right.meaning(v))


def slice_(random: Random, width: int, depth: int) -> Term:
    wider = [each for each in WIDTHS if each >= width]
    if not wider:
        return leaf(random, width)
    whole = term(random, random.choice(wider), depth)
    low = random.randint(0, whole.width - width)
    return Term(width, f"({whole.text})[{low + width - 1}:{low}]", lambda v: cut(whole.meaning(v) >> low, width))


def concatenation(random: Random, width: int, depth: int) -> Term:
    if width < 2:
        return leaf(random, width)
    high = random.randint(1, width - 1)
    left, right = term(random, high, min(depth, 1)), term(random, width - high, min(depth, 1))
    return Term(
        width,
        f"({left.text} ++ {right.text})",
        lambda v: left.meaning(v) << right.width | right.meaning(v),
    )


def cast(random: Random, width: int, depth: int) -> Term:
    inner = term(random, random.choice(WIDTHS), depth)
    return Term(width, f"((bit<{width}>) {inner.text})", lambda v: cut(inner.meaning(v), width))


def signed_arithmetic(random: Random, width: int, depth: int) -> Term:
    """int<W>: the same wrap-around, signed saturation, arithmetic shift, sign extension (P4_16 8.6)."""
    if width == 1:  # there is no int<1>
        return leaf(random, width)
    left, right = term(random, SIGNED, depth), term(random, SIGNED, depth)
    low, high = -(1 << SIGNED - 1), (1 << SIGNED - 1) - 1
    operator, meaning = random.choice(
        (
            ("|+|", lambda a, b: max(low, min(high, a + b))),
            ("|-|", lambda a, b: max(low, min(high, a - b))),
            ("-", lambda a, b: signed(cut(a - b, SIGNED), SIGNED)),
        )
    )
    kind = f"(int<{SIGNED}>)"
    text = f"((bit<{width}>) ((int<{width}>) ({kind} {left.text} {operator} {kind} {right.text})))"
    return Term(
        width,
        text,
        lambda v: cut(meaning(signed(left.meaning(v), SIGNED), signed(right.meaning(v), SIGNED)), width),
    )


def choice(random: Random, width: int, depth: int) -> Term:
    other = random.choice(WIDTHS)
    left, right = term(random, other, depth), term(random, other, depth)
    yes, no = term(random, width, depth), term(random, width, depth)
    operator, holds = random.choice(
        (
            ("==", lambda a, b: a == b),
            ("!=", lambda a, b: a != b),
            ("<", lambda a, b: a < b),
            ("<=", lambda a, b: a <= b),
            (">", lambda a, b: a > b),
            (">=", lambda a, b: a >= b),
        )
    )
    return Term(
        width,
        f"(({left.text} {operator} {right.text}) ? {yes.text} : {no.text})",
        lambda v: yes.meaning(v) if holds(left.meaning(v), right.meaning(v)) else no.meaning(v),
    )


SHAPES = (arithmetic, arithmetic, unary, shift, slice_, concatenation, cast, signed_arithmetic, choice)


def program(terms: list[Term]) -> str:
    filler = -sum(FIELDS.values()) % 8
    fields = " ".join(f"bit<{width}> {name};" for name, width in FIELDS.items()) + f" bit<{filler}> rest;"
    out = " ".join(
        f"bit<{each.width}> o{number}; bit<{-each.width % 8 or 8}> z{number};" for number, each in enumerate(terms)
    )
    body = " ".join(f"hdr.o.o{number} = {each.text};" for number, each in enumerate(terms))
    headers = f"header i_t {{ {fields} }} header o_t {{ {out} }} struct headers_t {{ i_t i; o_t o; }}"
    return FRAME % (headers, f"    apply {{ {body} }}")


def values(random: Random) -> Values:
    def number(width: int) -> int:
        edges = (0, 1, (1 << width) - 1, 1 << width - 1)
        return random.choice((*edges, random.getrandbits(width), random.getrandbits(width)))

    return {name: number(width) for name, width in FIELDS.items()}


def packed(numbers: Values) -> bytes:
    whole = bits = 0
    for name, width in FIELDS.items():
        whole, bits = whole << width | numbers[name], bits + width
    return (whole << -bits % 8).to_bytes((bits + 7) // 8, "big")


@pytest.mark.parametrize("jit", [False, True], ids=["interpreted", "compiled"])
@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_expressions_mean_what_the_language_says(seed: int, jit: bool) -> None:
    random = Random(seed)
    terms = [term(random, random.choice(WIDTHS), random.randint(1, 3)) for _ in range(EXPRESSIONS)]
    run = runner(program(terms), {}, jit=jit)
    for _ in range(PACKETS):
        given = values(random)
        out = run(packed(given))
        bits = int.from_bytes(out, "big")
        left = 8 * len(out)
        for each in terms:
            left -= each.width
            assert bits >> left & (1 << each.width) - 1 == each.meaning(given), (each.text, given)
            left -= -each.width % 8 or 8
