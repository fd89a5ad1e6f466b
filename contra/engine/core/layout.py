"""What stands where in the core's arrays.

Each table is one flat array of int64 with records of a fixed size: field F of record i stands at `i * SIZE + F`. Flat
arrays index alike as pointers and as memoryviews, and a record's fields share cache lines. Times are picoseconds, sizes
bytes; -1 is "none" wherever an index is meant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

NONE = -1
PICOSECONDS = 10**12
MICROSECOND = 10**6  # in ps
PORTS = 512  # of a switch; v1model's ports have nine bits
DROP_PORT = 511
TRAIL = 64  # switches of its way that a packet remembers
SPINS = 16  # resubmissions and recirculations of a packet in one switch

# Global values
(
    N_NOW,
    N_UNTIL,
    N_WORDS,  # row of `phv`: DESK words, then the PHV
    N_ROW,  # row of `head`, bytes
    N_PHV_AT,  # address of `phv`; compiled only
    N_HEAD_AT,
    N_FREE_COUNT,  # unused packets: so many of `free`
    N_DESK_COUNT,  # unused rows of `phv`: so many of `desks`
    N_RESERVE,  # packets that one step may need
    N_HEAP,  # pending events
    N_KICK,  # first link to be served
    N_KICK_LAST,
    N_WORK,  # first packet that waits for ingress
    N_WORK_LAST,
    N_JOURNAL,  # records written
    N_BLOB,  # bytes written
    N_MARGIN,  # records that one step may write
    N_BLOB_MARGIN,
    N_SCRIPT,  # next line of the script
    N_SCRIPT_LINES,
    N_SAMPLE,  # sampling period, 0 for none
    N_PROBE_TYPE,  # EtherType of probes
    N_SHIM_TYPE,  # EtherType of the shim, 0 for none
    N_SHIM_NEXT,  # where in the shim the next EtherType stands
    N_SHIM_SIZE,
    N_CPU,
    N_FRAMING,  # bytes that a packet costs on the wire besides its own
    N_SWITCHES,
    N_HOSTS,
    N_LINKS,
    N_LOG,  # LOG_ flags
    N_HEAD_NEED,  # row of `head` that is asked for
    N_EVENTS,
    N_HOPS,  # packets that switches received on wires
    N_LOOPED,  # data packets whose trail visits a switch twice
    N_LONGEST,  # longest trail of a data packet
    N_DIGESTS,
    N_CONTROLLER,  # packets for the controller
    N_INJECTED,  # packets made by hosts, clocks, scripts
    N_COPIED,  # packets made by multicast, clones, duplication
    N_DELIVERED,  # packets that reached a host
    N_FAULTS,
    N_PATHS,  # changes of path
    N_JOURNAL_ROOM,  # records
    N_BLOB_ROOM,
    N_HEAP_ROOM,
    N_HOLE,  # 1 while the event at index 0 is being handled and may be replaced by the next one
    N_CONNECTIONS,
    N_OPENING,  # next connection to be opened
    N_UNFINISHED,  # connections that have neither finished nor given up
    N_WATCHED,  # 1 while `run` is to come back when none is left
    N_ENDED,  # what `run` returns: FINISHED then, DONE before
) = range(52)
NET = 52

LOG_DELIVERED, LOG_HEADS, LOG_TRACE, LOG_DROPS, LOG_WINDOWS = (1 << n for n in range(5))

# Links, one a direction; the last ones, one a switch, are the way to the ports that lead nowhere. What is needed at the
# same time stands in the same cache line of eight words
(
    L_FROM,  # node: switches first, then hosts
    L_TO,  # node, or NONE
    L_TO_PORT,
    L_ARRIVAL,  # time of the pending event, NONE
    L_FLIGHT,
    L_FLIGHT_TIME,  # when the first one under way arrives
    L_DEAF,  # 1 where arriving probes are ignored
    L_CAPTURE,
    # the queue
    L_UP,
    L_QUEUE,
    L_QUEUE_LAST,
    L_QUEUE_BYTES,
    L_QUEUE_PACKETS,
    L_TX_EVENT,  # time of the pending event, NONE
    L_KICKED,  # 1 while waiting to be served
    L_KICK_NEXT,
    # limits, and what is done last
    L_LIMIT_BYTES,  # 0 for no limit
    L_LIMIT_PACKETS,
    L_MARK_BYTES,  # ECN threshold, 0 for none
    L_MARK_PACKETS,
    L_DEEPEST,  # longest queue, bytes
    L_FREE_AT,  # when the transmitter is free again
    L_FLIGHT_LAST,
    L_LAST_TIME,  # when the last one under way arrives
    # the wire
    L_RATE,  # bit/s, 0 for no time at all
    L_DELAY,
    L_LOSS,  # of 2**32
    L_DUPLICATE,  # of 2**32
    L_REORDER,  # of 2**32
    L_PROBES_ONLY,  # impairments: 1 for probes only
    L_PROBE_PACKETS,
    L_PROBE_BYTES,
    # rarely
    L_DATA_PACKETS,
    L_DATA_BYTES,
    L_PORT,
    L_JITTER,  # largest extra delay
    L_SEED,  # four words
    L_SEED_1,
    L_SEED_2,
    L_SEED_3,
    L_FULL,  # drops
    L_DOWN,
    L_LOST,
    L_MARKED,
    # connections of the host where the link leaves that may send: a list
    L_READY,
    L_READY_LAST,
) = range(46)
LINK = 48

CAPTURE_SENT, CAPTURE_RECEIVED = 1, 2

(
    S_INGRESS,  # address of the function
    S_EGRESS,
    S_PARSE,
    S_RESET,
    S_STATE,
    S_WORDS,
    S_GROWTH,
    S_HEADERS,  # words of the headers: from here
    S_HEADERS_END,  # to here
    S_GROUPS,  # where in `groups` the switch's groups start
    S_GROUP_COUNT,
    S_SESSIONS,
    S_SESSION_COUNT,
    S_HOLDS,
    S_HOLD_COUNT,
    S_NOWHERE,  # link of the ports that lead nowhere
    S_RECEIVED,
) = range(17)
SWITCH = 17

HOLD_OFFSET, HOLD_WIDTH, HOLD_VALUE, HOLD_SHIFT = range(4)  # shift NONE: the value; else microseconds now >> shift
HOLD = 4

# Packets. All that a probe needs stands in the first cache line
(
    P_NEXT,
    P_NEXT_TIME,  # when the next one arrives, in flight
    P_SIZE,
    P_HEAD,
    P_FLOW,  # NONE of none; TCP_FLOW - 2 * connection of TCP, one less on the way back
    P_SEQUENCE,
    P_MARKS,
    P_PHV,  # where in `phv` its words stand, NONE outside switches
    P_BORN,  # this and the rest: not of probes without a flow
    P_TRAIL,
    P_HASH,  # of the trail
    P_LOOPED,
    P_SEEN,  # bit n % 63 for each switch n of the trail
) = range(13)
PACKET = 16  # two cache lines
LINE_WORDS = 8

TCP_FLOW = -2
MARK_PROBE, MARK_CONGESTED = 1, 2  # to be marked CE

# Before the PHV of a packet in a switch
(
    W_NODE,
    W_PORT,  # that it came in by
    W_OUT,  # port of egress
    W_SPINS,
) = range(-4, 0)
DESK = 8

(
    H_LINK,
    H_RECEIVED,
) = range(2)
HOST = 2

(
    F_TARGET,  # host node, NONE for any
    F_SENT,
    F_SENT_BYTES,
    F_RECEIVED,
    F_BYTES,
    F_LATE,  # arrived after a later one
    F_HIGHEST,
    F_DELAY_SUM,
    F_DELAY_MAX,
    F_HOPS,
    F_PATH,  # hash of the last trail
    F_PATHS,
    F_ASTRAY,  # delivered to another host
    F_LOOPED,
    F_LAST,  # time of the last delivery, NONE
    F_GAP,  # a longer time between two deliveries is noted, 0 for never
    F_LOST,  # drops, REASONS of them
) = range(17)
FLOW = F_LOST + 11

(
    E_KIND,
    E_NODE,
    E_FLOW,
    E_FRAME,  # where in `frames`
    E_FRAME_SIZE,
    E_SIZE,
    E_GAP,
    E_STOP,
    E_SEQUENCE,
    E_SEED,
    E_SEED_1,
    E_SEED_2,
    E_SEED_3,
) = range(13)
SOURCE = 13

SOURCE_STEADY, SOURCE_POISSON, SOURCE_CLOCK = range(3)

(T_TIME, T_ACT, T_A, T_B, T_C, T_D, T_E, T_F) = range(8)
LINE = 8
ACT_LINK, ACT_INJECT, ACT_RESTART, ACT_PAUSE = range(4)

# Kinds of events; at equal times the earlier kind goes first, then the lower index
EVENT_SCRIPT, EVENT_SAMPLE, EVENT_SOURCE, EVENT_OPEN, EVENT_RETRY, EVENT_DELAYED, EVENT_SENT, EVENT_ARRIVAL = range(8)
EVENT_SHIFT = 32

# Why `run` came back
DONE, GROW_PACKETS, GROW_JOURNAL, GROW_BLOB, GROW_HEAP, GROW_ROW, GROW_WORDS, PAUSED, RESTARTED, FINISHED = range(10)

# Why a packet was dropped
(
    DROP_FULL,  # queue full
    DROP_DOWN,  # link down
    DROP_LOST,  # impairment of a link
    DROP_INGRESS,  # the program said so
    DROP_EGRESS,
    DROP_NO_PORT,  # the program chose a port that leads nowhere
    DROP_SPINS,  # resubmitted too often
    DROP_ROUNDS,  # recirculated too often
    DROP_NO_GROUP,  # unknown or empty multicast group
    DROP_DEAF,  # a probe where probes are ignored
    DROP_RESTART,  # in a queue of a switch that restarted
) = range(11)
REASONS = FLOW - F_LOST

# Kinds of records in the journal
(
    J_DELIVERED,
    J_PATH,
    J_CONTROLLER,
    J_DIGEST,
    J_CAPTURE,
    J_SAMPLE,
    J_INGRESS,
    J_EGRESS,
    J_DROP,
    J_FAULT,
    J_GAP,
    J_WINDOW,
) = range(12)
RECORD = 8


class State(NamedTuple):
    """The arrays of a network. Memoryviews unjitted, pointers when compiled."""

    net: memoryview
    links: memoryview
    switches: memoryview
    hosts: memoryview
    flows: memoryview
    sources: memoryview
    transport: memoryview  # `contra.engine.core.connections` tells what stands in this and the next three
    connections: memoryview
    templates: memoryview  # uint8
    board: memoryview  # uint8
    script: memoryview
    ports: memoryview  # PORTS a switch: link
    groups: memoryview  # CSR into replicas
    replicas: memoryview  # port, instance
    holds: memoryview
    drops: memoryview  # REASONS a node
    packets: memoryview
    free: memoryview  # unused packets, the last one given back last
    phv: memoryview
    desks: memoryview  # where the PHVs of the unused rows of `phv` start
    head: memoryview  # uint8
    trail: memoryview  # uint16
    frames: memoryview  # uint8
    heap_time: memoryview
    heap_id: memoryview
    journal: memoryview
    blob: memoryview  # uint8
    foreign: Any  # unjitted: programs and states of the switches; compiled: unused
