"""The heap, the random numbers and the exponential distribution, against the standard library and published values."""

from __future__ import annotations

import heapq
import math
import random

import pytest

from contra.engine.core import layout as at
from contra.engine.core.chance import draw
from contra.engine.core.heap import close, push
from contra.engine.core.hosts import exponential
from contra.engine.core.layout import State


def empty(room: int) -> State:
    """A state that has a heap."""
    views = {name: memoryview(bytearray(8 * room)).cast("q") for name in ("net", "heap_time", "heap_id")}
    none = memoryview(b"")
    return State(**{name: views.get(name, none) for name in State._fields})


@pytest.mark.parametrize("seed", range(5))
def test_the_heap_gives_events_by_time_then_by_number(seed: int) -> None:
    """Like heapq, with a replacement of the event at hand now and then."""
    source, state, model = random.Random(seed), empty(500), []
    for _ in range(2000):
        new = (source.randrange(50), source.randrange(9))
        if model and (source.random() < 0.5 or len(model) > 400):
            assert (state.heap_time[0], state.heap_id[0]) == model[0]
            state.net[at.N_HOLE] = 1
            if source.random() < 0.5:
                push(state, *new)
                heapq.heapreplace(model, new)
            else:
                heapq.heappop(model)
            close(state)
        else:
            push(state, *new)
            heapq.heappush(model, new)
        assert state.net[at.N_HEAP] == len(model)


def test_random_numbers_are_marsaglias() -> None:
    """The first outputs of xorshift128 with the seeds of the paper (123456789, 362436069, 521288629, 88675123)."""
    state = memoryview(bytearray(32)).cast("q")
    for index, seed in enumerate((123456789, 362436069, 521288629, 88675123)):
        state[index] = seed
    assert [draw(state, 0) for _ in range(4)] == [3701687786, 458299110, 2500872618, 3633119408]


@pytest.mark.parametrize("chance", [0, 1, 2, 1000, 2**31 - 1, 2**31, 3 * 2**30, 2**32 - 2, 2**32 - 1])
@pytest.mark.parametrize("mean", [1, 12345, 10**6, 10**12, 10**15])
def test_exponential_gaps_are_the_logarithm(chance: int, mean: int) -> None:
    expected = -mean * math.log((chance + 1) / 2**32)
    assert exponential(chance, mean) == pytest.approx(expected, rel=1e-6, abs=2 + mean * 3e-7)
