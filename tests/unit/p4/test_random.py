"""v1model's random(): bounds, evenness, and the generator's own published numbers; interpreted and compiled."""

from __future__ import annotations

from collections import Counter

import pytest
from unit.p4.programs import FRAME, Runner, runner

from contra.p4.code import RANDOM_STATE

SPLITMIX = (
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
)
"""The first numbers of SplitMix64 from the state 1234567, as widely published."""
CHI_SQUARE = {1: 10.83, 2: 13.82, 9: 27.88, 15: 37.70}
"""0.999 quantiles by degrees of freedom."""
JIT = pytest.mark.parametrize("jit", [False, True], ids=["python", "machine"])


def drawing(bits: int, *, jit: bool) -> Runner:
    """A program that draws a number between two that come in."""
    fields = f"bit<{bits}> low; bit<{bits}> high;"
    headers = f"header i_t {{ {fields} }} header o_t {{ bit<{bits}> drawn; }} struct headers_t {{ i_t i; o_t o; }}"
    return runner(FRAME % (headers, "apply { random(hdr.o.drawn, hdr.i.low, hdr.i.high); }"), {}, jit=jit)


def draw(program: Runner, bits: int, low: int, high: int) -> int:
    size = bits // 8
    return int.from_bytes(program(low.to_bytes(size, "big") + high.to_bytes(size, "big"))[:size], "big")


@JIT
def test_the_generator_is_splitmix64(jit: bool) -> None:
    program = drawing(64, jit=jit)
    program.state.write_register(RANDOM_STATE, 0, 1234567)
    assert tuple(draw(program, 64, 0, 2**64 - 1) for _ in SPLITMIX) == SPLITMIX


@JIT
@pytest.mark.parametrize(("bits", "low", "high"), [(16, 3, 4), (16, 0, 2), (8, 250, 255), (32, 100, 109), (8, 0, 15)])
def test_every_number_is_as_likely_as_another(bits: int, low: int, high: int, jit: bool) -> None:
    program, count = drawing(bits, jit=jit), high - low + 1
    found = Counter(draw(program, bits, low, high) for _ in range(200 * count))
    assert set(found) == set(range(low, high + 1))
    if count - 1 in CHI_SQUARE:
        assert sum((seen - 200) ** 2 / 200 for seen in found.values()) < CHI_SQUARE[count - 1]


@JIT
def test_one_number_or_all_of_them(jit: bool) -> None:
    program = drawing(8, jit=jit)
    assert {draw(program, 8, 77, 77) for _ in range(20)} == {77}
    assert len({draw(program, 8, 0, 255) for _ in range(4000)}) == 256


def test_both_draw_the_same() -> None:
    one, other = drawing(16, jit=False), drawing(16, jit=True)
    for program in (one, other):
        program.state.write_register(RANDOM_STATE, 0, 99)
    rows = [(0, 1), (5, 5), (1, 60_000), (0, 65_535), (7, 9)] * 20
    assert [draw(one, 16, *row) for row in rows] == [draw(other, 16, *row) for row in rows]


def test_programs_without_it_have_no_state_for_it() -> None:
    headers = "header i_t { bit<8> a; } header o_t { bit<8> b; } struct headers_t { i_t i; o_t o; }"
    program = runner(FRAME % (headers, "apply { hdr.o.b = hdr.i.a; }"), {}, jit=False)
    assert [row.name for row in program.state.code.registers] == []


def test_a_restart_begins_with_the_same_numbers() -> None:
    program = drawing(16, jit=False)
    first = [draw(program, 16, 0, 999) for _ in range(5)]
    program.state.clear()
    assert [draw(program, 16, 0, 999) for _ in range(5)] == first
