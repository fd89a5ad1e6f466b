"""The sending side of TCP connections: RFC 9293, 5681, 6582 (NewReno), 6298 (timer), 3042 (limited transmit)."""

from __future__ import annotations

from contra.engine.core.congestion import cut, echoed, grow, start_over
from contra.engine.core.connections import (
    C_ALPHA,
    C_DUPLICATES,
    C_EXPIRED,
    C_FINISH,
    C_HIGHEST,
    C_ISN,
    C_LINK,
    C_LISTED,
    C_NEXT,
    C_PEER,
    C_RECOVER,
    C_RECOVERIES,
    C_RECOVERING,
    C_RESEND,
    C_RETRY_AT,
    C_RTO,
    C_SIZE,
    C_SMOOTHED,
    C_START,
    C_STATE,
    C_THRESHOLD,
    C_TIMED,
    C_TIMED_AT,
    C_TIMEOUTS,
    C_UNACKED,
    C_VARIATION,
    C_WINDOW,
    CONNECTION,
    DCTCP,
    OPEN,
    OPENING,
    OVER,
    R_ISN,
    X_CONTROL,
    X_INITIAL_RTO,
    X_MAX_RTO,
    X_MIN_RTO,
    X_RETRIES,
    X_SCALE,
    X_SEGMENT,
    X_SEND_BUFFER,
)
from contra.engine.core.heap import push
from contra.engine.core.journal import note
from contra.engine.core.layout import (
    EVENT_OPEN,
    EVENT_RETRY,
    EVENT_SHIFT,
    FINISHED,
    J_WINDOW,
    LOG_WINDOWS,
    N_CONNECTIONS,
    N_ENDED,
    N_LOG,
    N_NOW,
    N_OPENING,
    N_ROW,
    N_UNFINISHED,
    N_WATCHED,
    NONE,
    State,
)
from contra.engine.core.outgoing import ready
from contra.engine.core.queues import enqueue
from contra.engine.core.segments import ACK, AT_ACK, AT_FLAGS, AT_WINDOW, CWR, ECE, SYN, compose, distance, four_bytes
from contra.engine.core.timers import arm, expired
from contra.engine.core.wire import two_bytes
from contra.engine.jit import core


@core
def open_next(s: State) -> None:
    """The start of a connection has come."""
    connection = s.net[N_OPENING]
    s.net[N_OPENING] = connection + 1
    if connection + 1 < s.net[N_CONNECTIONS]:
        after = s.connections[(connection + 1) * CONNECTION + C_START]
        push(s, max(after, s.net[N_NOW]), EVENT_OPEN << EVENT_SHIFT)
    s.connections[connection * CONNECTION + C_STATE] = OPENING
    s.connections[connection * CONNECTION + C_TIMED_AT] = s.net[N_NOW]
    request(s, connection)


@core
def request(s: State, connection: int) -> None:
    """Send a SYN. DCTCP asks for ECN (RFC 3168)."""
    t, c = s.connections, connection * CONNECTION
    flags = SYN | (ECE | CWR if s.transport[X_CONTROL] == DCTCP else 0)
    enqueue(s, t[c + C_LINK], compose(s, connection, 0, t[c + C_ISN], 0, 0, flags, 0))
    arm(s, c + C_RETRY_AT, EVENT_RETRY, connection, s.net[N_NOW] + t[c + C_RTO])


@core
def answered(s: State, connection: int, packet: int) -> None:
    """An intact packet of the receiver has come to the sender."""
    t, c, row = s.connections, connection * CONNECTION, packet * s.net[N_ROW]
    flags, window = s.head[row + AT_FLAGS + 1], two_bytes(s, row + AT_WINDOW)
    if flags & SYN:
        if t[c + C_STATE] == OPENING:
            t[c + C_PEER] = window
            established(s, c)
        enqueue(s, t[c + C_LINK], compose(s, connection, 0, t[c + C_ISN] + 1, t[c + R_ISN] + 1, 0, ACK, 0))
        ready(s, connection)
        return
    if t[c + C_STATE] != OPEN:
        return
    before = t[c + C_UNACKED]
    place = before + distance(four_bytes(s, row + AT_ACK), t[c + C_ISN] + 1 + before)
    if place < before or place > t[c + C_HIGHEST] + 1:
        return
    t[c + C_PEER], place = window << s.transport[X_SCALE], min(place, t[c + C_SIZE])
    if place > before:
        progress(s, connection, place, flags & ECE)
    elif t[c + C_HIGHEST] > before:
        duplicate(s, connection)
    if s.net[N_LOG] & LOG_WINDOWS:
        window, rto = t[c + C_WINDOW], t[c + C_RTO]
        note(s, J_WINDOW, connection, t[c + C_UNACKED], window, t[c + C_THRESHOLD], rto, t[c + C_ALPHA])
    ready(s, connection)


@core
def established(s: State, c: int) -> None:
    """The handshake is done. A SYN that was sent again is not timed, and starts with one segment (RFC 5681, 3.1)."""
    t = s.connections
    t[c + C_STATE], t[c + C_RETRY_AT] = OPEN, NONE
    if t[c + C_EXPIRED] == 0:
        measured(s, c, s.net[N_NOW] - t[c + C_TIMED_AT])
    else:
        t[c + C_WINDOW], t[c + C_RTO] = s.transport[X_SEGMENT], s.transport[X_INITIAL_RTO]
    t[c + C_EXPIRED], t[c + C_TIMED] = 0, NONE


@core
def measured(s: State, c: int, trip: int) -> None:
    """A round trip was measured (RFC 6298, section 2; the clock's granularity is nothing)."""
    t = s.connections
    if t[c + C_SMOOTHED] == 0:
        t[c + C_SMOOTHED], t[c + C_VARIATION] = trip, trip >> 1
    else:
        error = abs(t[c + C_SMOOTHED] - trip)
        t[c + C_VARIATION] += (error - t[c + C_VARIATION]) >> 2
        t[c + C_SMOOTHED] += (trip - t[c + C_SMOOTHED]) >> 3
    wanted = t[c + C_SMOOTHED] + 4 * t[c + C_VARIATION]
    t[c + C_RTO] = min(max(wanted, s.transport[X_MIN_RTO]), s.transport[X_MAX_RTO])


@core
def progress(s: State, connection: int, place: int, echo: int) -> None:
    """New data was acknowledged, up to `place`."""
    t, c, now = s.connections, connection * CONNECTION, s.net[N_NOW]
    acked, flight = place - t[c + C_UNACKED], t[c + C_NEXT] - t[c + C_UNACKED]
    t[c + C_UNACKED], t[c + C_NEXT] = place, max(t[c + C_NEXT], place)
    t[c + C_EXPIRED], t[c + C_RESEND] = 0, 0
    if 0 <= t[c + C_TIMED] < place:
        measured(s, c, now - t[c + C_TIMED_AT])
        t[c + C_TIMED] = NONE
    if place == t[c + C_SIZE]:
        t[c + C_FINISH] = now
        over(s, c)
        return
    if s.transport[X_CONTROL] == DCTCP:
        echoed(s, c, acked, echo)
    restart = True
    if t[c + C_RECOVERING]:
        restart = recovering(s, c, acked)
    else:
        t[c + C_DUPLICATES] = 0
        if not echo:
            grow(s, c, acked, flight)
    if place >= t[c + C_HIGHEST]:
        t[c + C_RETRY_AT] = NONE
    elif restart:
        arm(s, c + C_RETRY_AT, EVENT_RETRY, connection, now + t[c + C_RTO])


@core
def recovering(s: State, c: int, acked: int) -> bool:
    """New data was acknowledged in recovery (RFC 6582, section 3.2, step 3); whether to start the timer anew."""
    t, segment = s.connections, s.transport[X_SEGMENT]
    if t[c + C_UNACKED] >= t[c + C_RECOVER]:
        flight = t[c + C_HIGHEST] - t[c + C_UNACKED]
        t[c + C_WINDOW] = min(t[c + C_THRESHOLD], max(flight, segment) + segment)
        t[c + C_RECOVERING], t[c + C_DUPLICATES] = 0, 0
        return True
    t[c + C_RESEND] = 1
    t[c + C_WINDOW] = max(t[c + C_WINDOW] - acked, 0) + (segment if acked >= segment else 0)
    first = t[c + C_RECOVERING] == 1
    t[c + C_RECOVERING] = 2
    return first


@core
def outstanding(s: State, c: int) -> int:
    """Bytes that are sent and not acknowledged, without those of limited transmit.

    What only waits for the host's link counts as sent, as it would in a stack that puts it into a queue.
    """
    t, window = s.connections, s.connections[c + C_WINDOW]
    if t[c + C_LISTED]:
        limit = min(t[c + C_PEER], s.transport[X_SEND_BUFFER])
        return min(window, min(limit, t[c + C_SIZE] - t[c + C_UNACKED]))
    return min(t[c + C_HIGHEST] - t[c + C_UNACKED], window)


@core
def deflate(s: State, c: int) -> None:
    """In recovery, take off the window what duplicate acknowledgements added to it.

    They did "to reflect the additional segment that has left the network" (RFC 5681, 3.2, step 4), and equation (4) has
    "the amount of outstanding data in the network": no more than the threshold.
    """
    t = s.connections
    if t[c + C_RECOVERING]:
        t[c + C_WINDOW] = min(t[c + C_WINDOW], t[c + C_THRESHOLD])


@core
def duplicate(s: State, connection: int) -> None:
    """A duplicate acknowledgement: the third one begins recovery (RFC 5681, 3.2; RFC 6582, 3.2, step 2)."""
    t, c, segment = s.connections, connection * CONNECTION, s.transport[X_SEGMENT]
    if t[c + C_RECOVERING]:
        t[c + C_WINDOW] += segment
        return
    t[c + C_DUPLICATES] += 1
    if t[c + C_DUPLICATES] != 3 or t[c + C_UNACKED] <= t[c + C_RECOVER]:
        return
    cut(s, c, outstanding(s, c))
    t[c + C_RECOVER], t[c + C_RECOVERING] = t[c + C_HIGHEST], 1
    t[c + C_WINDOW] = t[c + C_THRESHOLD] + 3 * segment
    t[c + C_RESEND], t[c + C_TIMED] = 1, NONE
    t[c + C_RECOVERIES] += 1


@core
def over(s: State, c: int) -> None:
    """The connection is done, finished or given up."""
    s.connections[c + C_STATE], s.connections[c + C_RETRY_AT] = OVER, NONE
    s.net[N_UNFINISHED] -= 1
    if s.net[N_UNFINISHED] == 0 and s.net[N_WATCHED]:
        s.net[N_ENDED] = FINISHED


@core
def retry(s: State, connection: int) -> None:
    """An event of the retransmission timer (RFC 6298, section 5; RFC 5681, 3.1; RFC 6582, 3.2, step 6)."""
    t, c = s.connections, connection * CONNECTION
    if not expired(s, c + C_RETRY_AT, EVENT_RETRY, connection):
        return
    t[c + C_TIMEOUTS] += 1
    t[c + C_EXPIRED] += 1
    t[c + C_RTO] = min(2 * t[c + C_RTO], s.transport[X_MAX_RTO])
    if t[c + C_EXPIRED] > s.transport[X_RETRIES]:
        over(s, c)
        return
    if t[c + C_STATE] == OPENING:
        request(s, connection)
        return
    if t[c + C_EXPIRED] == 1:
        deflate(s, c)
        cut(s, c, outstanding(s, c))
        start_over(s, c)
    t[c + C_WINDOW], t[c + C_RECOVER] = s.transport[X_SEGMENT], t[c + C_HIGHEST]
    t[c + C_RECOVERING], t[c + C_DUPLICATES], t[c + C_RESEND], t[c + C_TIMED] = 0, 0, 0, NONE
    t[c + C_NEXT] = t[c + C_UNACKED]
    ready(s, connection)
