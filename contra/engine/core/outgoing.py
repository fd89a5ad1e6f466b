"""Connections of a host that may send, and the segments that its link takes from them.

A link takes a segment of the next connection in turn when its transmitter is free: nothing waits in the queue before,
as with small queues and fair queueing in real hosts (Linux: TSQ and sch_fq). Or all that windows let out goes into the
queue at once, as in ns-3.
"""

from __future__ import annotations

from contra.engine.core.connections import (
    C_DUPLICATES,
    C_HIGHEST,
    C_ISN,
    C_LINK,
    C_LISTED,
    C_NEXT,
    C_PEER,
    C_READY_NEXT,
    C_RECOVERING,
    C_RESEND,
    C_RETRANSMITTED,
    C_RETRY_AT,
    C_RTO,
    C_SENT,
    C_SIZE,
    C_STATE,
    C_TELL,
    C_TIMED,
    C_TIMED_AT,
    C_UNACKED,
    C_WINDOW,
    CONNECTION,
    DCTCP,
    OPEN,
    R_ISN,
    X_CONTROL,
    X_FIFO,
    X_LIMITED,
    X_SEGMENT,
    X_SEND_BUFFER,
)
from contra.engine.core.layout import (
    EVENT_RETRY,
    L_READY,
    L_READY_LAST,
    L_TX_EVENT,
    LINK,
    N_NOW,
    NONE,
    State,
)
from contra.engine.core.queues import enqueue, kick
from contra.engine.core.segments import ACK, CWR, ECT, FIN, PSH, compose
from contra.engine.core.timers import arm
from contra.engine.jit import core


@core
def may_send(s: State, c: int) -> bool:
    """Whether a full segment, or the last one, fits into the smallest of the windows (RFC 9293, section 3.8.6.2.1)."""
    t, segment = s.connections, s.transport[X_SEGMENT]
    if t[c + C_STATE] != OPEN:
        return False
    if t[c + C_RESEND]:
        return True
    place, window = t[c + C_NEXT], t[c + C_WINDOW]
    size = min(segment, t[c + C_SIZE] - place)
    if t[c + C_DUPLICATES] and s.transport[X_LIMITED] and not t[c + C_RECOVERING] and place == t[c + C_HIGHEST]:
        window += min(t[c + C_DUPLICATES], 2) * segment
    window = min(window, min(t[c + C_PEER], s.transport[X_SEND_BUFFER]))
    return size > 0 and place + size <= t[c + C_UNACKED] + window


@core
def ready(s: State, connection: int) -> None:
    """Put a connection into the list of its link, if it may send; or all that it may send into the queue."""
    t, c = s.connections, connection * CONNECTION
    if s.transport[X_FIFO]:
        while may_send(s, c):
            enqueue(s, t[c + C_LINK], segment(s, connection))
        return
    if t[c + C_LISTED] or not may_send(s, c):
        return
    t[c + C_LISTED], t[c + C_READY_NEXT] = 1, NONE
    link, at = t[c + C_LINK], t[c + C_LINK] * LINK
    if s.links[at + L_READY] < 0:
        s.links[at + L_READY] = connection
    else:
        t[s.links[at + L_READY_LAST] * CONNECTION + C_READY_NEXT] = connection
    s.links[at + L_READY_LAST] = connection
    if s.links[at + L_TX_EVENT] < 0:
        kick(s, link)


@core
def next_segment(s: State, link: int) -> int:
    """A packet of the first connection in the list, which goes to the end; NONE if none may send any more."""
    t, at = s.connections, link * LINK
    while s.links[at + L_READY] >= 0:
        connection = s.links[at + L_READY]
        c = connection * CONNECTION
        s.links[at + L_READY], t[c + C_LISTED] = t[c + C_READY_NEXT], 0
        if may_send(s, c):
            packet = segment(s, connection)
            ready(s, connection)
            return packet
    return NONE


@core
def segment(s: State, connection: int) -> int:
    """The segment that is due: the first unacknowledged one again, or the next one."""
    t, c, now = s.connections, connection * CONNECTION, s.net[N_NOW]
    place = t[c + C_UNACKED] if t[c + C_RESEND] else t[c + C_NEXT]
    size = min(s.transport[X_SEGMENT], t[c + C_SIZE] - place)
    end, flags, service = place + size, ACK, 0
    t[c + C_SENT] += 1
    t[c + C_RESEND] = 0
    t[c + C_NEXT] = max(t[c + C_NEXT], end)
    if place < t[c + C_HIGHEST]:
        t[c + C_RETRANSMITTED] += 1
    else:
        t[c + C_HIGHEST] = end
        if t[c + C_TIMED] < 0:
            t[c + C_TIMED], t[c + C_TIMED_AT] = place, now
        if s.transport[X_CONTROL] == DCTCP:
            service = ECT
            flags |= CWR if t[c + C_TELL] else 0
            t[c + C_TELL] = 0
    if end == t[c + C_SIZE]:
        flags |= PSH | FIN
    if t[c + C_RETRY_AT] < 0:
        arm(s, c + C_RETRY_AT, EVENT_RETRY, connection, now + t[c + C_RTO])
    return compose(s, connection, 0, t[c + C_ISN] + 1 + place, t[c + R_ISN] + 1, size, flags, service)
