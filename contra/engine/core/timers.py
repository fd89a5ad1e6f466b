"""Timers of connections. Each has one pending event at most: setting it later changes a word, and the event that
comes too early is set anew."""

from __future__ import annotations

from contra.engine.core.heap import push
from contra.engine.core.layout import EVENT_SHIFT, N_NOW, NONE, State
from contra.engine.jit import core


@core
def arm(s: State, at: int, kind: int, connection: int, time: int) -> None:
    """Set a timer; `at` is where in `connections` its time stands, that of its event comes next."""
    s.connections[at] = time
    if s.connections[at + 1] < 0 or s.connections[at + 1] > time:
        s.connections[at + 1] = time
        push(s, time, (kind << EVENT_SHIFT) | connection)


@core
def expired(s: State, at: int, kind: int, connection: int) -> bool:
    """An event of a timer comes: whether the timer has expired. It is off then."""
    if s.connections[at + 1] != s.net[N_NOW]:
        return False
    s.connections[at + 1] = NONE
    time = s.connections[at]
    if time < 0:
        return False
    if time > s.net[N_NOW]:
        arm(s, at, kind, connection, time)
        return False
    s.connections[at] = NONE
    return True
