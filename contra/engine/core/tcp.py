"""TCP in the event loop: which side of which connection a packet or an event is for."""

from __future__ import annotations

from contra.engine.core.connections import C_SOURCE, C_TARGET, CONNECTION, R_ASTRAY
from contra.engine.core.layout import EVENT_DELAYED, EVENT_RETRY, P_FLOW, PACKET, TCP_FLOW, State
from contra.engine.core.receiver import delayed, heard
from contra.engine.core.segments import intact
from contra.engine.core.sender import answered, open_next, retry
from contra.engine.jit import core


@core
def hear(s: State, node: int, packet: int) -> None:
    """A packet of a connection has come to a host. What came to another one, or damaged, is lost."""
    number = TCP_FLOW - s.packets[packet * PACKET + P_FLOW]
    connection, back = number >> 1, number & 1
    c = connection * CONNECTION
    wanted = s.connections[c + C_SOURCE] if back else s.connections[c + C_TARGET]
    if wanted != node or not intact(s, packet):
        s.connections[c + R_ASTRAY] += 1
    elif back:
        answered(s, connection, packet)
    else:
        heard(s, connection, packet)


@core
def happen(s: State, kind: int, index: int) -> None:
    """An event of a connection, or the start of the next one."""
    if kind == EVENT_DELAYED:
        delayed(s, index)
    elif kind == EVENT_RETRY:
        retry(s, index)
    else:
        open_next(s)
