"""A hand-written program for the core: the same bodies as Python callables and as machine code.

A frame says itself what is to be done with it: byte 5 the destination (the switch's memory has a port for each), byte 6
an operation, byte 7 its argument.
"""

from __future__ import annotations

import ctypes
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from contra.engine.model import HostPlan, LinkPlan, NetworkPlan, SwitchPlan
from contra.p4.abi import (
    ASK_CLONE_EGRESS,
    ASK_CLONE_INGRESS,
    ASK_DIGEST,
    ASK_RECIRCULATE,
    ASK_RESUBMIT,
    ASK_TRUNCATE,
    CLONE_EGRESS_FIELDS,
    CLONE_EGRESS_SESSION,
    CLONE_INGRESS_FIELDS,
    CLONE_INGRESS_SESSION,
    DEQ_QDEPTH,
    DEQ_TIMEDELTA,
    EGRESS_RID,
    EGRESS_SPEC,
    ENQ_QDEPTH,
    HEAD,
    INGRESS_PORT,
    INSTANCE_TYPE,
    KEEP,
    LENGTH,
    MCAST_GRP,
    PACKET_LENGTH,
    PARSED,
    RECIRCULATE_FIELDS,
    REQUEST,
    RESUBMIT_FIELDS,
    TRUNCATE,
    USER,
)

(
    FORWARD,
    MULTICAST,
    RESUBMIT,
    CLONE_IN,
    CLONE_OUT,
    RECIRCULATE,
    DROP,
    GROW,
    CUT,
    PORT,
    DROP_LATE,
    RESUBMIT_EVER,
    RECIRCULATE_EVER,
    DIGEST,
    STAMP,
) = range(15)
KEPT = USER + 1  # metadata word that field list 0 keeps; its number plus 1 is 1
WORDS = USER + 3
GROWTH = 4


def parse(state: Any, phv: Any, head: Any) -> None:
    phv[USER] = head[5]
    phv[PARSED] = 14


def ingress(state: Any, phv: Any, head: Any) -> None:
    parse(state, phv, head)
    phv[EGRESS_SPEC] = state[phv[USER]]
    what = head[6]
    if what == MULTICAST:
        phv[MCAST_GRP] = head[7]
    elif (what == RESUBMIT and phv[INSTANCE_TYPE] == 0) or what == RESUBMIT_EVER:
        phv[KEPT] = phv[INGRESS_PORT] + 100
        phv[REQUEST], phv[RESUBMIT_FIELDS] = ASK_RESUBMIT, 1
    elif what == CLONE_IN:
        phv[KEPT] = 77
        phv[REQUEST], phv[CLONE_INGRESS_SESSION], phv[CLONE_INGRESS_FIELDS] = ASK_CLONE_INGRESS, head[7], 1
        phv[USER] = 99
    elif what == DROP:
        phv[EGRESS_SPEC] = 511
    elif what == PORT:
        phv[EGRESS_SPEC] = head[7] + 256
    elif what == CUT:
        phv[REQUEST], phv[TRUNCATE] = ASK_TRUNCATE, head[7]
    elif what == DIGEST:
        phv[REQUEST] = ASK_DIGEST


def egress(state: Any, phv: Any, head: Any) -> None:
    what = head[6]
    if what == CLONE_OUT and phv[INSTANCE_TYPE] == 0:
        phv[KEPT] = 78
        phv[REQUEST], phv[CLONE_EGRESS_SESSION], phv[CLONE_EGRESS_FIELDS] = ASK_CLONE_EGRESS, head[7], 1
        phv[EGRESS_SPEC] = 511
    elif (what == RECIRCULATE and phv[KEPT] != 79) or what == RECIRCULATE_EVER:
        phv[KEPT] = 79
        phv[REQUEST], phv[RECIRCULATE_FIELDS] = ASK_RECIRCULATE, 1
    elif what == DROP_LATE:
        phv[EGRESS_SPEC] = 511
    if what == GROW:
        size = phv[HEAD]
        for index in range(4):
            head[size + index] = 0xA0 + index
        phv[HEAD] = phv[HEAD] + 4
        phv[LENGTH] = phv[LENGTH] + 4
    if what in (RESUBMIT, RECIRCULATE, CLONE_IN, CLONE_OUT, MULTICAST):
        head[8], head[9], head[10] = phv[INSTANCE_TYPE], phv[KEPT], phv[EGRESS_RID]
        head[11], head[0] = phv[USER], phv[INGRESS_PORT] & 255
    if what == STAMP:
        head[8], head[9], head[10] = phv[ENQ_QDEPTH], phv[DEQ_QDEPTH], phv[DEQ_TIMEDELTA]
        head[0], head[11] = phv[PACKET_LENGTH] >> 8, phv[PACKET_LENGTH] & 255


def reset(state: Any, phv: Any, head: Any) -> None:
    kept, keep = phv[KEPT], phv[KEEP]
    for index in range(WORDS):
        phv[index] = 0
    if keep == 1:
        phv[KEPT] = kept


class Memory:
    """Bytes at a fixed address."""

    def __init__(self, data: bytes) -> None:
        self._data = ctypes.create_string_buffer(data, len(data))
        self.address = ctypes.addressof(self._data)
        self.memory = memoryview(self._data).cast("B")


class Fake(NamedTuple):
    ingress: Any
    egress: Any
    parse: Any
    reset: Any
    words: int = WORDS
    growth: int = GROWTH
    headers: tuple[int, int] = (USER, USER + 1)


def interpreted(*bodies: Any) -> Fake:
    """The bodies as callables of a switch's state."""

    def wrap(body: Any) -> Any:
        return lambda state, phv, head: body(state.memory, phv, head)

    return Fake(*map(wrap, bodies or (ingress, egress, parse, reset)))


@cache
def machine(*bodies: Any) -> Fake:
    """The bodies as addresses of machine code."""
    import numba
    from numba import types
    from numba.extending import register_jitable

    register_jitable(parse)
    byte, word = types.CPointer(types.uint8), types.CPointer(types.uint64)
    found = [numba.cfunc(types.void(byte, word, byte))(body) for body in bodies or (ingress, egress, parse, reset)]
    _ALIVE.extend(found)
    return Fake(*(each.address for each in found))


_ALIVE: list[Any] = []


def program(jit: bool) -> Fake:
    return machine() if jit else interpreted()


def frame(target: int, what: int = FORWARD, argument: int = 0, size: int = 64, kind: int = 0x0800) -> bytes:
    """A frame of the program's own making."""
    start = bytes((2, 0, 0, 0, 0, target, what, argument, 0, 0, 0, 0)) + kind.to_bytes(2, "big")
    return start + bytes(max(0, size - len(start)))


def memory(ports: dict[int, int]) -> Memory:
    """A switch's memory: the port of each destination, 255 elsewhere."""
    return Memory(bytes(ports.get(target, 255) for target in range(256)))


def both(a: str, port: int, b: str, other: int, rate: int, delay: int, **more: Any) -> list[LinkPlan]:
    """Both directions of a link."""
    return [LinkPlan(a, port, b, other, rate, delay, **more), LinkPlan(b, other, a, port, rate, delay, **more)]


def chain(count: int, jit: bool, *, rate: int = 10**9, delay: int = 10**6, **more: Any) -> NetworkPlan:
    """h0 - s0 - s1 - ... - h1; port 1 to the left, 2 to the right; host numbers 0 and 1."""
    fake = program(jit)
    switches = [SwitchPlan(f"s{index}", fake, memory({0: 1, 1: 2})) for index in range(count)]
    names = ["h0", *(switch.name for switch in switches), "h1"]
    links: list[LinkPlan] = []
    for left, right in pairwise(names):
        links += both(left, 2 * (left != "h0"), right, 1 * (right != "h1"), rate, delay, **more)
    return NetworkPlan(switches, [HostPlan("h0"), HostPlan("h1")], links)
