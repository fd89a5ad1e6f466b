"""Output queues: drop-tail, ECN decided at the enqueue, a list of the links that are to be served."""

from __future__ import annotations

from contra.engine.core.heap import push
from contra.engine.core.journal import drop
from contra.engine.core.layout import (
    DROP_DOWN,
    DROP_FULL,
    EVENT_SENT,
    EVENT_SHIFT,
    L_ARRIVAL,
    L_DEEPEST,
    L_DOWN,
    L_FLIGHT,
    L_FREE_AT,
    L_FROM,
    L_FULL,
    L_KICK_NEXT,
    L_KICKED,
    L_LIMIT_BYTES,
    L_LIMIT_PACKETS,
    L_MARK_BYTES,
    L_MARK_PACKETS,
    L_QUEUE,
    L_QUEUE_BYTES,
    L_QUEUE_LAST,
    L_QUEUE_PACKETS,
    L_READY,
    L_TX_EVENT,
    L_UP,
    LINK,
    MARK_CONGESTED,
    N_KICK,
    N_KICK_LAST,
    N_NOW,
    N_WORK,
    N_WORK_LAST,
    NONE,
    P_MARKS,
    P_NEXT,
    P_SIZE,
    PACKET,
    State,
)
from contra.engine.jit import core


@core
def enqueue(s: State, link: int, packet: int) -> None:
    """Put a packet into a link's queue, or drop it. What waits counts, not what is being sent (as in BMv2, ns-3)."""
    links, at, p = s.links, link * LINK, packet * PACKET
    size = s.packets[p + P_SIZE]
    if links[at + L_UP] == 0:
        links[at + L_DOWN] += 1
        drop(s, packet, links[at + L_FROM], DROP_DOWN)
        return
    depth, count = links[at + L_QUEUE_BYTES] + size, links[at + L_QUEUE_PACKETS] + 1
    most, many = links[at + L_LIMIT_BYTES], links[at + L_LIMIT_PACKETS]
    if (most > 0 and depth > most) or (many > 0 and count > many):
        links[at + L_FULL] += 1
        drop(s, packet, links[at + L_FROM], DROP_FULL)
        return
    most, many = links[at + L_MARK_BYTES], links[at + L_MARK_PACKETS]
    if (most > 0 and depth > most) or (many > 0 and count > many):
        s.packets[p + P_MARKS] |= MARK_CONGESTED
    links[at + L_QUEUE_BYTES], links[at + L_QUEUE_PACKETS] = depth, count
    if depth > links[at + L_DEEPEST]:
        links[at + L_DEEPEST] = depth
    s.packets[p + P_NEXT] = NONE
    if links[at + L_QUEUE] < 0:
        links[at + L_QUEUE] = packet
    else:
        s.packets[links[at + L_QUEUE_LAST] * PACKET + P_NEXT] = packet
    links[at + L_QUEUE_LAST] = packet
    if links[at + L_TX_EVENT] < 0:
        kick(s, link)


@core
def dequeue(s: State, link: int) -> int:
    """Take the first packet of a queue that is not empty."""
    links, at = s.links, link * LINK
    packet = links[at + L_QUEUE]
    links[at + L_QUEUE] = s.packets[packet * PACKET + P_NEXT]
    links[at + L_QUEUE_BYTES] -= s.packets[packet * PACKET + P_SIZE]
    links[at + L_QUEUE_PACKETS] -= 1
    return packet


@core
def kick(s: State, link: int) -> None:
    """Have a link served in this step."""
    at = link * LINK
    if s.links[at + L_KICKED]:
        return
    s.links[at + L_KICKED], s.links[at + L_KICK_NEXT] = 1, NONE
    if s.net[N_KICK] < 0:
        s.net[N_KICK] = link
    else:
        s.links[s.net[N_KICK_LAST] * LINK + L_KICK_NEXT] = link
    s.net[N_KICK_LAST] = link


@core
def rest(s: State, link: int) -> None:
    """A kicked link has nothing to send now: off the list, and an event for when it has."""
    links, at = s.links, link * LINK
    s.net[N_KICK] = links[at + L_KICK_NEXT]
    links[at + L_KICKED] = 0
    if links[at + L_QUEUE] >= 0:
        await_transmitter(s, link)


@core
def await_transmitter(s: State, link: int) -> None:
    """An event for when a link's transmitter is free again."""
    links, at = s.links, link * LINK
    if links[at + L_TX_EVENT] < 0:
        links[at + L_TX_EVENT] = links[at + L_FREE_AT]
        push(s, links[at + L_FREE_AT], (EVENT_SENT << EVENT_SHIFT) | link)


@core
def await_ingress(s: State, packet: int) -> None:
    """Have a packet's ingress run in this step."""
    s.packets[packet * PACKET + P_NEXT] = NONE
    if s.net[N_WORK] < 0:
        s.net[N_WORK] = packet
    else:
        s.packets[s.net[N_WORK_LAST] * PACKET + P_NEXT] = packet
    s.net[N_WORK_LAST] = packet


@core
def flush_queue(s: State, link: int, reason: int) -> None:
    """Lose all that waits."""
    links, at = s.links, link * LINK
    while links[at + L_QUEUE] >= 0:
        drop(s, dequeue(s, link), links[at + L_FROM], reason)


@core
def set_link(s: State, link: int, up: int) -> None:
    """Up or down. What waits and what is under way is lost when a link goes down."""
    links, at = s.links, link * LINK
    if links[at + L_UP] == up:
        return
    links[at + L_UP] = up
    if up:
        return
    links[at + L_DOWN] += links[at + L_QUEUE_PACKETS]
    flush_queue(s, link, DROP_DOWN)
    while links[at + L_FLIGHT] >= 0:
        packet = links[at + L_FLIGHT]
        links[at + L_FLIGHT] = s.packets[packet * PACKET + P_NEXT]
        links[at + L_DOWN] += 1
        drop(s, packet, links[at + L_FROM], DROP_DOWN)
    links[at + L_FREE_AT], links[at + L_TX_EVENT], links[at + L_ARRIVAL] = s.net[N_NOW], NONE, NONE
    if links[at + L_READY] >= 0:
        kick(s, link)
