"""The congestion window: how it grows and what makes it smaller. NewReno, CUBIC, DCTCP; in integers alone."""

from __future__ import annotations

from contra.engine.core.connections import (
    C_ACKED,
    C_ALPHA,
    C_CREDIT,
    C_CROSSING,
    C_EPOCH,
    C_FRIENDLY,
    C_HIGHEST,
    C_MARKED,
    C_OBSERVED,
    C_PEAK,
    C_PEER,
    C_PRIOR,
    C_RECOVERING,
    C_REDUCED,
    C_SMOOTHED,
    C_TELL,
    C_THRESHOLD,
    C_UNACKED,
    C_WINDOW,
    CLOCK_SHIFT,
    CUBIC,
    DCTCP_SHIFT,
    FRACTION,
    ONE,
    X_CONTROL,
    X_GROWTH,
    X_SEGMENT,
    X_SEND_BUFFER,
    X_VALIDATE,
)
from contra.engine.core.layout import N_NOW, NONE, State
from contra.engine.jit import core

FARTHEST = 1 << 27  # ticks: what CUBIC's curve is computed for, 128 s


@core
def grow(s: State, c: int, acked: int, flight: int) -> None:
    """New data was acknowledged outside of recovery; `flight` was under way before.

    A window that was not filled does not grow (RFC 7661; in slow start up to twice what was under way, as in Linux). If
    windows are not validated so, none grows beyond what it may ever be filled with.
    """
    t, segment, window = s.connections, s.transport[X_SEGMENT], s.connections[c + C_WINDOW]
    if not s.transport[X_VALIDATE]:
        flight = window if window < min(t[c + C_PEER], s.transport[X_SEND_BUFFER]) else 0
    if window < t[c + C_THRESHOLD]:
        if window < 2 * flight:
            t[c + C_WINDOW] = window + min(acked, s.transport[X_GROWTH])
    elif flight + segment > window:
        if s.transport[X_CONTROL] == CUBIC:
            cubic(s, c, acked)
            return
        t[c + C_CREDIT] += acked  # RFC 5681, 3.1: a segment for each window that was acknowledged
        if t[c + C_CREDIT] >= window:
            t[c + C_CREDIT] -= window
            t[c + C_WINDOW] = window + segment


@core
def cut(s: State, c: int, flight: int) -> None:
    """A loss: set the threshold (RFC 5681, equation 4; RFC 9438, section 4.6; DCTCP as NewReno: RFC 8257, 3.5)."""
    t, segment, window = s.connections, s.transport[X_SEGMENT], s.connections[c + C_WINDOW]
    t[c + C_CREDIT] = 0
    if s.transport[X_CONTROL] != CUBIC:
        t[c + C_THRESHOLD] = max(flight // 2, 2 * segment)
        return
    t[c + C_PRIOR], t[c + C_EPOCH] = window, NONE
    t[c + C_PEAK] = window * 17 // 20 if window < t[c + C_PEAK] else window  # fast convergence: (1 + beta) / 2
    t[c + C_THRESHOLD] = max(flight * 7 // 10, 2 * segment)


@core
def start_over(s: State, c: int) -> None:
    """After a time-out CUBIC forgets its plateau (RFC 9438, section 4.8)."""
    s.connections[c + C_PEAK], s.connections[c + C_EPOCH], s.connections[c + C_CREDIT] = 0, NONE, 0


@core
def cubic(s: State, c: int, acked: int) -> None:
    """Congestion avoidance of RFC 9438; bytes are counted where it counts segments."""
    t, segment, window, now = s.connections, s.transport[X_SEGMENT], s.connections[c + C_WINDOW], s.net[N_NOW]
    if t[c + C_EPOCH] < 0:
        begin(s, c)
    friendly = t[c + C_FRIENDLY]
    if friendly >> FRACTION < t[c + C_PRIOR]:
        friendly += (9 * segment * acked << FRACTION) // (17 * window)  # 3 (1 - beta) / (1 + beta) is 9/17
    else:
        friendly += (segment * acked << FRACTION) // window
    t[c + C_FRIENDLY] = friendly
    elapsed = now - t[c + C_EPOCH]
    if curve(s, c, elapsed) < friendly >> FRACTION:
        t[c + C_WINDOW] = max(window, friendly >> FRACTION)
        return
    target = min(max(curve(s, c, elapsed + t[c + C_SMOOTHED]), window), window + window // 2)
    credit = t[c + C_CREDIT] + (target - window) * acked
    t[c + C_WINDOW] = window + credit // window
    t[c + C_CREDIT] = credit % window


@core
def begin(s: State, c: int) -> None:
    """Congestion avoidance begins: where CUBIC's curve starts and has its plateau."""
    t, window = s.connections, s.connections[c + C_WINDOW]
    t[c + C_EPOCH], t[c + C_FRIENDLY], t[c + C_CREDIT] = s.net[N_NOW], window << FRACTION, 0
    t[c + C_CROSSING] = 0
    if window < t[c + C_PEAK]:
        t[c + C_CROSSING] = crossing(t[c + C_PEAK] - window, s.transport[X_SEGMENT])
    else:
        t[c + C_PEAK] = window


@core
def curve(s: State, c: int, elapsed: int) -> int:
    """W_cubic: 0.4 (t - K)**3 segments above the plateau, in bytes; t in picoseconds."""
    ticks = (elapsed << (CLOCK_SHIFT - 12)) // 244140625  # 10**12 is 2**12 times that
    far = min(max(ticks - s.connections[c + C_CROSSING], -FARTHEST), FARTHEST)
    cube = (((far * far) >> CLOCK_SHIFT) * far) >> CLOCK_SHIFT
    return s.connections[c + C_PEAK] + ((cube * s.transport[X_SEGMENT] * 2 // 5) >> CLOCK_SHIFT)


@core
def crossing(gap: int, segment: int) -> int:
    """K: the ticks that CUBIC takes to climb `gap` bytes, the cube root of gap / 0.4 segments."""
    shift = CLOCK_SHIFT
    while (gap * 5) >> (62 - 3 * shift):
        shift -= 1
    return cube_root(((gap * 5) << (3 * shift)) // (2 * segment)) << (CLOCK_SHIFT - shift)


@core
def cube_root(value: int) -> int:
    """The largest number whose cube is not above `value`, which is below 2**63."""
    root = 0
    for place in range(20, -1, -1):
        trial = root | (1 << place)
        if trial * trial * trial <= value:
            root = trial
    return root


@core
def echoed(s: State, c: int, acked: int, echo: int) -> None:
    """DCTCP: an acknowledgement of new data came, with ECE or without; UNACKED has moved on (RFC 8257, section 3.3)."""
    t = s.connections
    t[c + C_ACKED] += acked
    if echo:
        t[c + C_MARKED] += acked
    if t[c + C_UNACKED] > t[c + C_OBSERVED]:
        share = t[c + C_MARKED] * ONE // t[c + C_ACKED]
        t[c + C_ALPHA] += (share - t[c + C_ALPHA]) >> DCTCP_SHIFT
        t[c + C_OBSERVED], t[c + C_ACKED], t[c + C_MARKED] = t[c + C_HIGHEST], 0, 0
    if echo and t[c + C_UNACKED] > t[c + C_REDUCED] and not t[c + C_RECOVERING]:
        window = t[c + C_WINDOW]
        window = max(window - (window * t[c + C_ALPHA] // (2 * ONE)), 2 * s.transport[X_SEGMENT])
        t[c + C_WINDOW], t[c + C_THRESHOLD], t[c + C_CREDIT] = window, window, 0
        t[c + C_REDUCED], t[c + C_TELL] = t[c + C_HIGHEST], 1
