"""The event loop."""

from __future__ import annotations

from contra.engine.core.flows import visit
from contra.engine.core.gate import prefetch
from contra.engine.core.heap import close, push
from contra.engine.core.hosts import deliver, fire, inject, make
from contra.engine.core.journal import drop, keep_head, note, short
from contra.engine.core.layout import (
    ACT_INJECT,
    ACT_LINK,
    ACT_PAUSE,
    ACT_RESTART,
    CAPTURE_RECEIVED,
    DONE,
    DROP_DEAF,
    DROP_DOWN,
    DROP_RESTART,
    EVENT_ARRIVAL,
    EVENT_SAMPLE,
    EVENT_SCRIPT,
    EVENT_SENT,
    EVENT_SHIFT,
    EVENT_SOURCE,
    GROW_ROW,
    J_CAPTURE,
    J_SAMPLE,
    L_ARRIVAL,
    L_CAPTURE,
    L_DATA_BYTES,
    L_DEAF,
    L_DOWN,
    L_FLIGHT,
    L_FLIGHT_TIME,
    L_FREE_AT,
    L_FROM,
    L_PROBE_BYTES,
    L_QUEUE,
    L_QUEUE_BYTES,
    L_QUEUE_PACKETS,
    L_READY,
    L_TO,
    L_TO_PORT,
    L_TX_EVENT,
    L_UP,
    LINE,
    LINK,
    MARK_PROBE,
    N_ENDED,
    N_EVENTS,
    N_HEAD_NEED,
    N_HEAP,
    N_HOLE,
    N_HOPS,
    N_KICK,
    N_LINKS,
    N_NOW,
    N_ROW,
    N_SAMPLE,
    N_SCRIPT,
    N_SCRIPT_LINES,
    N_SWITCHES,
    N_UNTIL,
    N_WORK,
    NONE,
    P_HEAD,
    P_MARKS,
    P_NEXT,
    P_NEXT_TIME,
    P_SIZE,
    PACKET,
    PAUSED,
    RESTARTED,
    S_GROWTH,
    S_RECEIVED,
    SWITCH,
    T_A,
    T_ACT,
    T_B,
    T_C,
    T_D,
    T_E,
    T_F,
    T_TIME,
    State,
)
from contra.engine.core.outgoing import next_segment
from contra.engine.core.queues import await_transmitter, dequeue, flush_queue, kick, rest, set_link
from contra.engine.core.switch import ingress, leave, receive
from contra.engine.core.tcp import happen
from contra.engine.core.wire import expect, send
from contra.engine.jit import core


@core
def run(s: State) -> int:
    """Handle all events up to the time N_UNTIL; returns why it stopped. Called again, it goes on where it was."""
    net = s.net
    while True:
        code = settle(s)
        if code != DONE:
            return code
        if net[N_HEAP] == 0 or s.heap_time[0] > net[N_UNTIL]:
            net[N_NOW] = max(net[N_NOW], net[N_UNTIL])
            return DONE
        time, event = s.heap_time[0], s.heap_id[0]
        net[N_NOW], net[N_HOLE] = time, 1
        net[N_EVENTS] += 1
        foresee(s)
        code = handle(s, event >> EVENT_SHIFT, event & 0xFFFFFFFF)
        close(s)
        if code != DONE:
            return code


@core
def foresee(s: State) -> None:
    """Have the processor load what the next event needs: it is one of the two below the first, most likely."""
    for place in range(1, min(3, s.net[N_HEAP])):
        event, packet = s.heap_id[place], NONE
        if event >> EVENT_SHIFT == EVENT_ARRIVAL:
            packet = s.links[(event & 0xFFFFFFFF) * LINK + L_FLIGHT]
        elif event >> EVENT_SHIFT == EVENT_SENT:
            packet = s.links[(event & 0xFFFFFFFF) * LINK + L_QUEUE]
        prefetch(s.packets, packet * PACKET)
        prefetch(s.head, packet * s.net[N_ROW])


@core
def handle(s: State, kind: int, index: int) -> int:
    """Handle an event; returns PAUSED, RESTARTED or FINISHED when Python is to do something, or DONE."""
    if kind > EVENT_SENT:
        arrive(s, index)
        return s.net[N_ENDED]
    if kind == EVENT_SENT:
        if s.links[index * LINK + L_TX_EVENT] == s.net[N_NOW]:
            s.links[index * LINK + L_TX_EVENT] = NONE
            kick(s, index)
    elif kind == EVENT_SOURCE:
        fire(s, index)
    elif kind == EVENT_SCRIPT:
        return act(s)
    elif kind == EVENT_SAMPLE:
        sample(s)
    else:
        happen(s, kind, index)
        return s.net[N_ENDED]
    return DONE


@core
def settle(s: State) -> int:
    """Do what is to be done now: serve links, then run ingress, until nothing is left or something must grow."""
    net = s.net
    while True:
        code = short(s)
        if code != DONE:
            return code
        link = net[N_KICK]
        if link >= 0:
            code = serve(s, link)
            if code != DONE:
                return code
        else:
            packet = net[N_WORK]
            if packet < 0:
                return DONE
            net[N_WORK] = s.packets[packet * PACKET + P_NEXT]
            ingress(s, packet)


@core
def serve(s: State, link: int) -> int:
    """Send the first packet of a queue, if the transmitter is free."""
    at = link * LINK
    packet, node = s.links[at + L_QUEUE], s.links[at + L_FROM]
    if node >= s.net[N_SWITCHES]:
        serve_host(s, link)
        return DONE
    if packet < 0 or s.links[at + L_FREE_AT] > s.net[N_NOW]:
        rest(s, link)
        return DONE
    need = s.packets[packet * PACKET + P_HEAD] + s.switches[node * SWITCH + S_GROWTH]
    if need > s.net[N_ROW]:
        s.net[N_HEAD_NEED] = need
        return GROW_ROW
    leave(s, link, dequeue(s, link))
    return DONE


@core
def serve_host(s: State, link: int) -> None:
    """Send what waits, else a segment of a connection in turn. A link that is down loses it."""
    links, at = s.links, link * LINK
    if links[at + L_FREE_AT] <= s.net[N_NOW]:
        packet = dequeue(s, link) if links[at + L_QUEUE] >= 0 else next_segment(s, link)
        if packet >= 0:
            if links[at + L_UP]:
                send(s, link, packet)
            else:
                links[at + L_DOWN] += 1
                drop(s, packet, links[at + L_FROM], DROP_DOWN)
            return
    rest(s, link)
    if links[at + L_READY] >= 0:
        await_transmitter(s, link)


@core
def arrive(s: State, link: int) -> None:
    """The first packet under way reaches the far end of its link."""
    links, at = s.links, link * LINK
    if links[at + L_ARRIVAL] != s.net[N_NOW]:
        return
    links[at + L_ARRIVAL] = NONE
    packet = links[at + L_FLIGHT]
    if packet < 0:
        return
    if links[at + L_FLIGHT_TIME] > s.net[N_NOW]:
        expect(s, link)
        return
    p = packet * PACKET
    links[at + L_FLIGHT], links[at + L_FLIGHT_TIME] = s.packets[p + P_NEXT], s.packets[p + P_NEXT_TIME]
    if links[at + L_FLIGHT] >= 0:
        expect(s, link)
    if links[at + L_CAPTURE] & CAPTURE_RECEIVED:
        start = keep_head(s, packet)
        note(s, J_CAPTURE, link, CAPTURE_RECEIVED, start, s.packets[p + P_HEAD], s.packets[p + P_SIZE], 0)
    node = links[at + L_TO]
    if links[at + L_DEAF] and s.packets[p + P_MARKS] & MARK_PROBE:
        drop(s, packet, node, DROP_DEAF)
    elif node < s.net[N_SWITCHES]:
        s.net[N_HOPS] += 1
        s.switches[node * SWITCH + S_RECEIVED] += 1
        visit(s, node, packet)
        receive(s, node, links[at + L_TO_PORT], packet)
    else:
        deliver(s, node, packet)


@core
def act(s: State) -> int:
    """Do the next line of the script; returns PAUSED or RESTARTED when Python is to do something."""
    net, script, at = s.net, s.script, s.net[N_SCRIPT] * LINE
    net[N_SCRIPT] += 1
    if net[N_SCRIPT] < net[N_SCRIPT_LINES]:
        push(s, script[at + LINE + T_TIME], EVENT_SCRIPT)
    kind, a, b = script[at + T_ACT], script[at + T_A], script[at + T_B]
    if kind == ACT_LINK:
        set_link(s, a, b)
    elif kind == ACT_INJECT:
        inject(s, a, b, make(s, script[at + T_C], script[at + T_D], script[at + T_E], script[at + T_F]))
    elif kind == ACT_RESTART:
        for link in range(net[N_LINKS]):
            if s.links[link * LINK + L_FROM] == a:
                flush_queue(s, link, DROP_RESTART)
        return RESTARTED
    elif kind == ACT_PAUSE:
        return PAUSED
    return DONE


@core
def sample(s: State) -> None:
    """Note every link's bytes sent and its queue."""
    push(s, s.net[N_NOW] + s.net[N_SAMPLE], EVENT_SAMPLE << EVENT_SHIFT)
    for link in range(s.net[N_LINKS]):
        at = link * LINK
        data, probes = s.links[at + L_DATA_BYTES], s.links[at + L_PROBE_BYTES]
        note(s, J_SAMPLE, link, data, probes, s.links[at + L_QUEUE_BYTES], s.links[at + L_QUEUE_PACKETS], 0)
