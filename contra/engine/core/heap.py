"""Pending events: a binary heap ordered by time, then by kind and index."""

from __future__ import annotations

from contra.engine.core.layout import N_HEAP, N_HOLE, State
from contra.engine.jit import core


@core
def push(s: State, time: int, event: int) -> None:
    """Add an event, in the place of the one that is being handled if there is one. The caller has seen to the room."""
    if s.net[N_HOLE]:
        s.net[N_HOLE] = 0
        sift(s, time, event)
        return
    times, ids, at = s.heap_time, s.heap_id, s.net[N_HEAP]
    s.net[N_HEAP] = at + 1
    while at > 0:
        up = (at - 1) >> 1
        if times[up] < time or (times[up] == time and ids[up] <= event):
            break
        times[at], ids[at] = times[up], ids[up]
        at = up
    times[at], ids[at] = time, event


@core
def close(s: State) -> None:
    """The event at index 0 has been handled: remove it, unless another took its place."""
    if s.net[N_HOLE]:
        s.net[N_HOLE] = 0
        last = s.net[N_HEAP] - 1
        s.net[N_HEAP] = last
        sift(s, s.heap_time[last], s.heap_id[last])


@core
def sift(s: State, time: int, event: int) -> None:
    """Put an event in at index 0 and let it sink."""
    times, ids, size = s.heap_time, s.heap_id, s.net[N_HEAP]
    at, child = 0, 1
    while child < size:
        other = child + 1
        if other < size and (times[other] < times[child] or (times[other] == times[child] and ids[other] < ids[child])):
            child = other
        if time < times[child] or (time == times[child] and event <= ids[child]):
            break
        times[at], ids[at] = times[child], ids[child]
        at, child = child, 2 * child + 1
    times[at], ids[at] = time, event
