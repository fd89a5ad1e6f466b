"""The receiving side of TCP connections: reassembly, and when to acknowledge (RFC 5681, section 4.2; RFC 8257)."""

from __future__ import annotations

from contra.engine.core.connections import (
    C_ISN,
    C_SIZE,
    CONNECTION,
    DCTCP,
    R_ACK_AT,
    R_BOARD,
    R_CONGESTED,
    R_FINISH,
    R_HELD,
    R_HOPS,
    R_ISN,
    R_LATE,
    R_LATEST,
    R_LINK,
    R_LOOPED,
    R_NEXT,
    R_OPEN,
    R_PENDING,
    R_RECEIVED,
    R_RING,
    X_ACK_DELAY,
    X_ACK_SEGMENTS,
    X_CONTROL,
    X_RECEIVE_WINDOW,
    X_SEGMENT,
)
from contra.engine.core.layout import (
    EVENT_DELAYED,
    N_NOW,
    N_ROW,
    NONE,
    P_LOOPED,
    P_SEQUENCE,
    P_TRAIL,
    PACKET,
    State,
)
from contra.engine.core.queues import enqueue
from contra.engine.core.segments import (
    ACK,
    AT_FLAGS,
    AT_SEQUENCE,
    AT_SERVICE,
    CONGESTED,
    ECE,
    SYN,
    compose,
    distance,
    four_bytes,
    payload,
)
from contra.engine.core.timers import arm, expired
from contra.engine.jit import core


@core
def heard(s: State, connection: int, packet: int) -> None:
    """An intact packet of the sender has come to the receiver."""
    t, c, row = s.connections, connection * CONNECTION, packet * s.net[N_ROW]
    if s.head[row + AT_FLAGS + 1] & SYN:
        t[c + R_OPEN] = 1
        flags = SYN | ACK | (ECE if s.transport[X_CONTROL] == DCTCP else 0)
        enqueue(s, t[c + R_LINK], compose(s, connection, 1, t[c + R_ISN], t[c + C_ISN] + 1, 0, flags, 0))
        return
    size = payload(s, row)
    if size == 0 or not t[c + R_OPEN]:
        return
    count(s, c, packet)
    if s.transport[X_CONTROL] == DCTCP:
        watch(s, connection, s.head[row + AT_SERVICE] & 3 == CONGESTED)
    here = t[c + R_NEXT]
    offset = here + distance(four_bytes(s, row + AT_SEQUENCE), t[c + C_ISN] + 1 + here)
    if offset != here:
        if offset > here:
            hold(s, c, offset, size)
        acknowledge(s, connection)
        return
    advance(s, c, size)
    t[c + R_PENDING] += 1
    if t[c + R_PENDING] >= s.transport[X_ACK_SEGMENTS] or t[c + R_NEXT] == t[c + C_SIZE]:
        acknowledge(s, connection)
    elif t[c + R_ACK_AT] < 0:
        arm(s, c + R_ACK_AT, EVENT_DELAYED, connection, s.net[N_NOW] + s.transport[X_ACK_DELAY])


@core
def count(s: State, c: int, packet: int) -> None:
    """What is known of a data segment's way."""
    t, p = s.connections, packet * PACKET
    number = s.packets[p + P_SEQUENCE]
    t[c + R_RECEIVED] += 1
    if number < t[c + R_LATEST]:
        t[c + R_LATE] += 1
    else:
        t[c + R_LATEST] = number
    t[c + R_HOPS] += s.packets[p + P_TRAIL]
    t[c + R_LOOPED] += s.packets[p + P_LOOPED]


@core
def watch(s: State, connection: int, congested: bool) -> None:
    """DCTCP.CE changes: what came before is acknowledged with the old one, this segment at once with the new one."""
    t, c = s.connections, connection * CONNECTION
    if (t[c + R_CONGESTED] != 0) != congested:
        if t[c + R_PENDING]:
            acknowledge(s, connection)
        t[c + R_CONGESTED] = 1 if congested else 0
        t[c + R_PENDING] = s.transport[X_ACK_SEGMENTS]


@core
def hold(s: State, c: int, offset: int, size: int) -> None:
    """Keep a segment that came out of order, if it is within the window."""
    t, segment = s.connections, s.transport[X_SEGMENT]
    if offset % segment or offset + size > t[c + R_NEXT] + s.transport[X_RECEIVE_WINDOW]:
        return
    place = t[c + R_BOARD] + offset // segment % t[c + R_RING]
    if not s.board[place]:
        s.board[place] = 1
        t[c + R_HELD] += 1


@core
def advance(s: State, c: int, size: int) -> None:
    """The next segment is here, and those behind it that are held. A gap that is filled is acknowledged at once."""
    t, segment = s.connections, s.transport[X_SEGMENT]
    t[c + R_NEXT] += size
    if t[c + R_HELD]:
        t[c + R_PENDING] = s.transport[X_ACK_SEGMENTS]
        place = t[c + R_NEXT] // segment % t[c + R_RING]
        while t[c + R_HELD] and s.board[t[c + R_BOARD] + place]:
            s.board[t[c + R_BOARD] + place] = 0
            t[c + R_HELD] -= 1
            t[c + R_NEXT] = min(t[c + R_NEXT] + segment, t[c + C_SIZE])
            place += 1
            if place == t[c + R_RING]:
                place = 0
    if t[c + R_NEXT] == t[c + C_SIZE]:
        t[c + R_FINISH] = s.net[N_NOW]


@core
def acknowledge(s: State, connection: int) -> None:
    """Send an acknowledgement now. With the last byte the end of the flow is acknowledged (FIN)."""
    t, c = s.connections, connection * CONNECTION
    t[c + R_PENDING], t[c + R_ACK_AT] = 0, NONE
    number = t[c + C_ISN] + 1 + t[c + R_NEXT] + (1 if t[c + R_NEXT] == t[c + C_SIZE] else 0)
    flags = ACK | (ECE if t[c + R_CONGESTED] else 0)
    enqueue(s, t[c + R_LINK], compose(s, connection, 1, t[c + R_ISN] + 1, number, 0, flags, 0))


@core
def delayed(s: State, connection: int) -> None:
    """An event of the timer of delayed acknowledgements."""
    if expired(s, connection * CONNECTION + R_ACK_AT, EVENT_DELAYED, connection):
        acknowledge(s, connection)
