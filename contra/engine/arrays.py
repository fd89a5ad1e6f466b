"""From a plan to the arrays of the core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from contra.engine.core import layout as at
from contra.engine.model import Impairment, LinkPlan, NetworkPlan, Replicas, SwitchPlan

Arrays = dict[str, Any]
KINDS = {**dict.fromkeys(("head", "blob", "frames", "templates", "board"), np.uint8), "trail": np.uint16}
CACHE_LINE = 64  # bytes
POOLS = ("packets", "free", "phv", "desks", "head", "trail")
MASK = (1 << 64) - 1


def seeds(seed: int, stream: int) -> list[int]:
    """Four words for `chance.draw`, by splitmix64 (Steele, Lea, Flood, OOPSLA 2014) of seed and stream."""
    state, found = (seed * 0x9E3779B97F4A7C15 + stream * 0xD1B54A32D192ED03) & MASK, []
    for _ in range(2):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
        z ^= z >> 31
        found += [z & 0xFFFFFFFF, z >> 32]
    return found if any(found) else [1, 0, 0, 0]


def chance(probability: float) -> int:
    """Of 2**32."""
    return round(probability * 2**32)


def zeros(name: str, size: int) -> Any:
    """An array of the core by its name. It starts at a cache line, so that records of whole lines share none."""
    kind = np.dtype(KINDS.get(name, np.int64))
    memory = np.zeros(size * kind.itemsize + CACHE_LINE, np.uint8)
    start = -memory.ctypes.data % CACHE_LINE
    return memory[start : start + size * kind.itemsize].view(kind)


def copied(name: str, array: Any) -> Any:
    """A copy of an array of the core."""
    copy = zeros(name, len(array))
    copy[:] = array
    return copy


def rounded(size: int, unit: int) -> int:
    """The next multiple of a unit."""
    return -(-size // unit) * unit


@dataclass(frozen=True)
class Bound:
    """A switch's callables, in the order of S_INGRESS to S_RESET, and its state; unjitted runs only."""

    stages: tuple[Callable[..., None], ...]
    state: Any


@dataclass(frozen=True)
class Foreign:
    """What unjitted runs need besides arrays."""

    switches: tuple[Bound, ...]
    phv: memoryview  # format Q


def nodes(plan: NetworkPlan) -> dict[str, int]:
    """Number of each switch and host by name."""
    names = [*(switch.name for switch in plan.switches), *(host.name for host in plan.hosts)]
    return {name: index for index, name in enumerate(names)}


def build(plan: NetworkPlan, jit: bool) -> Arrays:
    """All arrays of a network at time 0."""
    names = nodes(plan)
    switches, hosts, wires = len(plan.switches), len(plan.hosts), len(plan.links)
    arrays: Arrays = {
        "net": zeros("net", at.NET),
        "links": zeros("links", (wires + switches) * at.LINK),
        "switches": zeros("switches", switches * at.SWITCH),
        "hosts": np.full(hosts * at.HOST, 0, np.int64),
        "ports": np.repeat(np.arange(wires, wires + switches, dtype=np.int64), at.PORTS),
        "drops": zeros("drops", (switches + hosts) * at.REASONS),
        **{name: zeros(name, 0) for name in ("flows", "sources", "script", "frames")},
        **{name: zeros(name, 0) for name in ("transport", "connections", "templates", "board")},
        **{name: zeros(name, 64) for name in ("heap_time", "heap_id", "journal", "blob")},
    }
    for index, link in enumerate(plan.links):
        _link(arrays, index, link, names, switches, plan.seed)
    for index, switch in enumerate(plan.switches):
        _nowhere(arrays, wires + index, index)
        _switch(arrays, index, switch, wires + index, jit)
    _tables(arrays, plan)
    _globals(arrays["net"], plan, widest(arrays))
    _pool(arrays, plan)
    return arrays


def widest(arrays: Arrays) -> int:
    """Copies of the largest multicast group or clone session."""
    starts = arrays["groups"]
    return int(np.diff(starts).max(initial=0))


def _globals(net: Any, plan: NetworkPlan, copies: int) -> None:
    net[[at.N_KICK, at.N_WORK]] = at.NONE
    widest_phv = max((switch.program.words for switch in plan.switches), default=1)
    net[at.N_WORDS] = at.DESK + rounded(widest_phv, at.LINE_WORDS)
    net[at.N_ROW] = rounded(max(plan.head_bytes, 64), CACHE_LINE)
    net[at.N_RESERVE] = 2 * copies + 8
    net[at.N_PROBE_TYPE], net[at.N_CPU], net[at.N_FRAMING] = plan.probe_type, plan.cpu_port, plan.framing_bytes
    if plan.shim is not None:
        net[at.N_SHIM_TYPE], net[at.N_SHIM_NEXT] = plan.shim.ether_type, plan.shim.next_type
        net[at.N_SHIM_SIZE] = plan.shim.size
    net[at.N_SWITCHES], net[at.N_HOSTS] = len(plan.switches), len(plan.hosts)
    net[at.N_LINKS] = len(plan.links)
    net[at.N_SAMPLE] = plan.sample_ps


def _link(arrays: Arrays, index: int, link: LinkPlan, names: Mapping[str, int], switches: int, seed: int) -> None:
    row = arrays["links"][index * at.LINK : (index + 1) * at.LINK]
    source, target = names[link.source], names[link.target]
    row[[at.L_QUEUE, at.L_FLIGHT, at.L_TX_EVENT, at.L_ARRIVAL, at.L_KICK_NEXT, at.L_READY]] = at.NONE
    row[[at.L_FROM, at.L_PORT, at.L_TO, at.L_TO_PORT]] = source, link.source_port, target, link.target_port
    row[[at.L_RATE, at.L_DELAY, at.L_UP, at.L_DEAF]] = link.rate_bps, link.delay_ps, link.up, link.deaf
    row[[at.L_LIMIT_BYTES, at.L_LIMIT_PACKETS]] = link.queue_bytes, link.queue_packets
    row[[at.L_MARK_BYTES, at.L_MARK_PACKETS]] = link.mark_bytes, link.mark_packets
    row[at.L_SEED : at.L_SEED + 4] = seeds(seed, index)
    impair(row, link.impairment)
    if source < switches:
        arrays["ports"][source * at.PORTS + link.source_port] = index
    else:
        arrays["hosts"][(source - switches) * at.HOST + at.H_LINK] = index


def impair(row: Any, impairment: Impairment) -> None:
    """Write a link's impairment into its record."""
    row[at.L_LOSS], row[at.L_DUPLICATE] = chance(impairment.loss), chance(impairment.duplicate)
    row[at.L_REORDER], row[at.L_JITTER] = chance(impairment.reorder), impairment.jitter_ps
    row[at.L_PROBES_ONLY] = impairment.probes_only


def _nowhere(arrays: Arrays, index: int, switch: int) -> None:
    row = arrays["links"][index * at.LINK : (index + 1) * at.LINK]
    row[[at.L_QUEUE, at.L_FLIGHT, at.L_TX_EVENT, at.L_ARRIVAL, at.L_KICK_NEXT, at.L_READY, at.L_TO]] = at.NONE
    row[at.L_FROM], row[at.L_UP] = switch, 1


def _switch(arrays: Arrays, index: int, switch: SwitchPlan, nowhere: int, jit: bool) -> None:
    row = arrays["switches"][index * at.SWITCH : (index + 1) * at.SWITCH]
    program = switch.program
    if jit:
        row[at.S_INGRESS], row[at.S_EGRESS] = program.ingress, program.egress
        row[at.S_PARSE], row[at.S_RESET] = program.parse, program.reset
        row[at.S_STATE] = switch.state.address
    row[at.S_WORDS], row[at.S_GROWTH], row[at.S_NOWHERE] = program.words, program.growth, nowhere
    row[at.S_HEADERS], row[at.S_HEADERS_END] = getattr(program, "headers", (0, 0))


def _tables(arrays: Arrays, plan: NetworkPlan) -> None:
    """Groups, sessions and holds of all switches."""
    starts: list[int] = []
    replicas: list[int] = []
    for index, switch in enumerate(plan.switches):
        row = arrays["switches"][index * at.SWITCH : (index + 1) * at.SWITCH]
        row[at.S_GROUPS], row[at.S_GROUP_COUNT] = _csr(switch.groups, starts, replicas)
        row[at.S_SESSIONS], row[at.S_SESSION_COUNT] = _csr(switch.sessions, starts, replicas)
    arrays["groups"] = np.array(starts, np.int64)
    arrays["replicas"] = np.array(replicas, np.int64)
    write_holds(arrays, plan.switches)


def _csr(groups: Mapping[int, Replicas], starts: list[int], replicas: list[int]) -> tuple[int, int]:
    first, count = len(starts), max(groups, default=-1) + 1
    for number in range(count):
        starts.append(len(replicas) // 2)
        for port, instance in groups.get(number, ()):
            replicas += (port, instance)
    starts.append(len(replicas) // 2)
    return first, count


def write_holds(arrays: Arrays, switches: Iterable[SwitchPlan]) -> None:
    """The cells of the switches' memories that are held."""
    cells: list[tuple[int, int, int, int]] = []
    for index, switch in enumerate(switches):
        row = arrays["switches"][index * at.SWITCH : (index + 1) * at.SWITCH]
        row[at.S_HOLDS], row[at.S_HOLD_COUNT] = len(cells), len(switch.holds)
        for hold in switch.holds:
            cells.append((hold.offset, hold.width, signed(hold.value), at.NONE if hold.shift is None else hold.shift))
    arrays["holds"] = np.array(cells, np.int64).reshape(-1)


def signed(value: int) -> int:
    """The int64 with the same 64 bits."""
    return (value & MASK) - (1 << 64 if value & (1 << 63) else 0)


def _pool(arrays: Arrays, plan: NetworkPlan) -> None:
    for name in POOLS:
        arrays[name] = zeros(name, 0)
    net = arrays["net"]
    grow_pool(arrays, max(plan.packets, 2 * int(net[at.N_RESERVE])))
    grow_words(arrays, 2 * int(net[at.N_RESERVE]))


def grow_pool(arrays: Arrays, count: int) -> None:
    """Enlarge the pool to `count` packets; the new ones are free."""
    net = arrays["net"]
    old = len(arrays["packets"]) // at.PACKET
    sizes = {"packets": at.PACKET, "free": 1, "head": int(net[at.N_ROW]), "trail": at.TRAIL}
    for name, size in sizes.items():
        extend(arrays, name, count * size)
    _release(arrays["free"], net, at.N_FREE_COUNT, np.arange(old, count))


def grow_words(arrays: Arrays, count: int) -> None:
    """Enlarge `phv` to `count` rows; the new ones are free."""
    net, words = arrays["net"], int(arrays["net"][at.N_WORDS])
    old = len(arrays["phv"]) // words
    extend(arrays, "phv", count * words)
    extend(arrays, "desks", count)
    _release(arrays["desks"], net, at.N_DESK_COUNT, np.arange(old, count) * words + at.DESK)


def _release(stack: Any, net: Any, counter: int, numbers: Any) -> None:
    """Put new entries on a stack, the first one on top."""
    free = net[counter]
    stack[free : free + len(numbers)] = numbers[::-1]
    net[counter] += len(numbers)


def grow_rows(arrays: Arrays, size: int) -> None:
    """Enlarge every packet's head to `size` bytes or a little more."""
    net, size = arrays["net"], rounded(size, CACHE_LINE)
    old = arrays["head"].reshape(-1, int(net[at.N_ROW]))
    arrays["head"] = zeros("head", len(old) * size)
    arrays["head"].reshape(-1, size)[:, : old.shape[1]] = old
    net[at.N_ROW] = size


def extend(arrays: Arrays, name: str, size: int) -> None:
    """Enlarge an array, with zeros. It is a part of a larger one, so that most times nothing is copied."""
    old = arrays[name]
    room = old.base
    if room is None or room.dtype != old.dtype or len(room) < size or room.ctypes.data != old.ctypes.data:
        room = zeros(name, max(size, 2 * len(old)))
        room[: len(old)] = old
    arrays[name] = room[:size]
