"""The simulated network: built from a plan, told what happens when, run, looked into."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from contra.engine.arrays import (
    POOLS,
    Arrays,
    Bound,
    Foreign,
    build,
    copied,
    extend,
    grow_pool,
    grow_rows,
    grow_words,
    impair,
    nodes,
    seeds,
    write_holds,
    zeros,
)
from contra.engine.core import layout as at
from contra.engine.core.connections import C_START, CONNECTION
from contra.engine.core.heap import push
from contra.engine.core.loop import run as core_run
from contra.engine.jit import compiled
from contra.engine.model import Hold, Impairment, NetworkPlan, Snapshot
from contra.engine.results import (
    Delivery,
    FlowTotals,
    Journal,
    LinkTotals,
    Step,
    Totals,
    flow_totals,
    link_totals,
    totals,
)

FOREVER = 1 << 62


@dataclass(frozen=True, order=True)
class _Line:
    """A line of the script. Lines of one time run in the order in which they were written."""

    time: int
    number: int
    fields: tuple[int, ...]  # T_ACT and on
    action: Callable[[], None] | None = None
    stop: bool = False


class Network:
    """A network of switches, links and hosts under a virtual clock in picoseconds.

    `jit=False` runs the core and the programs as plain Python; programs must be callables then, addresses else.
    """

    def __init__(self, plan: NetworkPlan, *, jit: bool = True) -> None:
        self.plan = plan
        self.nodes = nodes(plan)
        self._jit = jit
        self.arrays: Arrays = build(plan, jit)
        self._initial = [bytes(switch.state.memory) for switch in plan.switches]
        self._switches = list(plan.switches)
        self._growth = max((switch.program.growth for switch in plan.switches), default=0)
        self._script: list[_Line] = []
        self._script_written = False
        self._lines = 0
        self._frames: dict[bytes, int] = {}
        self._state: Any = None
        self._entry: Callable[[Any], int] = compiled() if jit else core_run
        if plan.sample_ps:
            self._push(plan.sample_ps, at.EVENT_SAMPLE << at.EVENT_SHIFT)

    # What happens

    @property
    def now(self) -> int:
        """Virtual time in picoseconds."""
        return int(self.arrays["net"][at.N_NOW])

    def add_flow(self, target: str | None = None, *, gap_ps: int = 0) -> int:
        """A flow for which deliveries are counted; `target` is the node that they are for. Returns its number.

        Times without deliveries that are longer than `gap_ps` are noted, if it is not 0.
        """
        flow = len(self.arrays["flows"]) // at.FLOW
        self._extend("flows", (flow + 1) * at.FLOW)
        row = self.row("flows", at.FLOW, flow)
        row[at.F_TARGET] = at.NONE if target is None else self.nodes[target]
        row[[at.F_HIGHEST, at.F_LAST]] = at.NONE
        row[at.F_GAP] = gap_ps
        return flow

    def add_udp(
        self,
        node: str,
        frame: bytes,
        *,
        size: int,
        gap_ps: int,
        flow: int = at.NONE,
        start_ps: int = 0,
        stop_ps: int = FOREVER,
        poisson: bool = False,
    ) -> int:
        """A node sends packets of `size` bytes that begin with `frame`, one every `gap_ps` (in the mean, if Poisson).

        A host sends them itself; a switch is sent them by its controller, at the CPU port.
        The first one leaves at `start_ps`, none at or after `stop_ps`. Returns the source's number.
        """
        kind = at.SOURCE_POISSON if poisson else at.SOURCE_STEADY
        return self._add_source(kind, self.nodes[node], frame, size, gap_ps, flow, start_ps, stop_ps)

    def add_clock(self, switch: str, frame: bytes, *, period_ps: int, phase_ps: int = 0, stop_ps: int = FOREVER) -> int:
        """The controller sends `frame` to a switch's CPU port, first at `phase_ps`, then once a period."""
        node = self.nodes[switch]
        return self._add_source(at.SOURCE_CLOCK, node, frame, len(frame), period_ps, at.NONE, phase_ps, stop_ps)

    def add_connections(self, tables: Mapping[str, Any], *, head_bytes: int, burst: int) -> None:
        """Put in TCP connections: the arrays `transport`, `connections`, `templates` and `board` of the core.

        The connections stand in the order of their starts, none of which is past; there are none yet. `head_bytes` are
        their longest headers, `burst` how many packets one may send at once.
        """
        net = self.arrays["net"]
        connections = tables["connections"]
        count = len(connections) // CONNECTION
        for name, values in tables.items():
            self._extend(name, len(values))
            self.arrays[name][:] = values
        net[at.N_CONNECTIONS] = net[at.N_UNFINISHED] = count
        net[at.N_RESERVE] = max(int(net[at.N_RESERVE]), burst)
        self._room_for(head_bytes)
        if count:
            self._push(int(connections[C_START]), at.EVENT_OPEN << at.EVENT_SHIFT)

    def inject(
        self, time_ps: int, node: str, frame: bytes, *, port: int = 0, size: int = 0, flow: int = at.NONE
    ) -> None:
        """At a time a host sends a frame, or a switch receives it at a port; zeros follow it up to `size` bytes."""
        start, size = self._frame(frame), max(size, len(frame))
        self._line(time_ps, (at.ACT_INJECT, self.nodes[node], port, start, len(frame), size, flow))

    def set_link(self, time_ps: int, link: int, up: bool) -> None:
        """Take one direction of a link down or up at a time; `link` is its place in the plan."""
        self._line(time_ps, (at.ACT_LINK, link, int(up), 0, 0, 0, 0))

    def restart(self, time_ps: int, switch: str) -> None:
        """A switch loses its queues, and its memory becomes what it was at the start."""
        node = self.nodes[switch]

        def forget() -> None:
            self.plan.switches[node].state.memory[:] = self._initial[node]

        self._line(time_ps, (at.ACT_RESTART, node, 0, 0, 0, 0, 0), forget)

    def write(self, time_ps: int, switch: str, offset: int, data: bytes) -> None:
        """Write bytes into a switch's memory at a time."""
        memory = self.plan.switches[self.nodes[switch]].state.memory

        def poke() -> None:
            memory[offset : offset + len(data)] = data

        self._line(time_ps, (at.ACT_PAUSE, 0, 0, 0, 0, 0, 0), poke)

    def pause(self, time_ps: int) -> None:
        """Have `run` come back at a time, before the packets of that time."""
        self._line(time_ps, (at.ACT_PAUSE, 0, 0, 0, 0, 0, 0), None, stop=True)

    def hold(self, holds: Mapping[str, Sequence[Hold]]) -> None:
        """Cells of switches' memories that are written before every ingress from now on; replaces earlier ones."""
        for switch, cells in holds.items():
            node = self.nodes[switch]
            self._switches[node] = replace(self._switches[node], holds=cells)
        write_holds(self.arrays, self._switches)
        self._state = None

    def impair(self, link: int, impairment: Impairment) -> None:
        """Change a link's impairment from now on."""
        impair(self.row("links", at.LINK, link), impairment)

    def set_deaf(self, link: int, deaf: bool) -> None:
        """Whether probes that arrive by a link are ignored from now on."""
        self.row("links", at.LINK, link)[at.L_DEAF] = deaf

    def capture(self, link: int, *, sent: bool = True, received: bool = True) -> None:
        """Keep the packets at a link's ends from now on."""
        flags = at.CAPTURE_SENT * sent | at.CAPTURE_RECEIVED * received
        self.row("links", at.LINK, link)[at.L_CAPTURE] = flags

    def log(
        self,
        *,
        delivered: bool = False,
        heads: bool = False,
        drops: bool = False,
        trace: bool = False,
        windows: bool = False,
    ) -> None:
        """What the journal keeps from now on: delivered packets, their heads, lost packets, all steps in switches, the
        windows of TCP."""
        flags = at.LOG_DELIVERED * delivered | at.LOG_HEADS * heads | at.LOG_DROPS * drops | at.LOG_TRACE * trace
        self.arrays["net"][at.N_LOG] = flags | at.LOG_WINDOWS * windows

    # Running

    def run(self, until_ps: int, *, finish: bool = False) -> bool:
        """Run to a time, events at that time included; False when it came back early because of `pause`.

        With `finish` also when the last TCP connection has finished or given up.
        """
        net = self.arrays["net"]
        net[at.N_UNTIL], net[at.N_WATCHED], net[at.N_ENDED] = until_ps, finish, at.DONE
        self._write_script()
        while True:
            if self._state is None:
                self._state = self._bind()
            code = self._entry(self._state)
            if code == at.DONE:
                return True
            if code == at.FINISHED:
                return False
            if code in (at.PAUSED, at.RESTARTED):
                line = self._script[int(self.arrays["net"][at.N_SCRIPT]) - 1]
                if line.action is not None:
                    line.action()
                if line.stop:
                    return False
            else:
                self._grow(code)

    def _grow(self, code: int) -> None:
        arrays, net = self.arrays, self.arrays["net"]
        if code == at.GROW_PACKETS:
            grow_pool(arrays, 2 * len(arrays["packets"]) // at.PACKET)
        elif code == at.GROW_WORDS:
            grow_words(arrays, 2 * len(arrays["phv"]) // int(net[at.N_WORDS]))
        elif code == at.GROW_ROW:
            grow_rows(arrays, max(2 * int(net[at.N_ROW]), int(net[at.N_HEAD_NEED])))
        elif code == at.GROW_JOURNAL:
            extend(arrays, "journal", 2 * len(arrays["journal"]) + int(net[at.N_MARGIN]) * at.RECORD)
        elif code == at.GROW_BLOB:
            extend(arrays, "blob", 2 * len(arrays["blob"]) + int(net[at.N_BLOB_MARGIN]))
        elif code == at.GROW_HEAP:
            self._grow_heap(2 * len(arrays["heap_time"]) + int(net[at.N_RESERVE]))
        self._state = None

    def _bind(self) -> Any:
        """The arrays as the core takes them: their addresses, or memoryviews."""
        arrays, net = self.arrays, self.arrays["net"]
        reserve, row, words = int(net[at.N_RESERVE]), int(net[at.N_ROW]), int(net[at.N_WORDS])
        net[at.N_MARGIN] = int(net[at.N_LINKS]) + 4 * reserve + len(arrays["packets"]) // at.PACKET
        net[at.N_BLOB_MARGIN] = (reserve + 8) * (row + 8 * words + 2 * at.TRAIL)
        net[at.N_JOURNAL_ROOM], net[at.N_BLOB_ROOM] = len(arrays["journal"]) // at.RECORD, len(arrays["blob"])
        net[at.N_HEAP_ROOM] = len(arrays["heap_time"])
        names = at.State._fields[:-1]
        if self._jit:
            net[at.N_PHV_AT], net[at.N_HEAD_AT] = arrays["phv"].ctypes.data, arrays["head"].ctypes.data
            self._addresses = np.array([arrays[name].ctypes.data for name in names], np.int64)
            return self._addresses.ctypes.data
        bound = tuple(
            Bound((s.program.ingress, s.program.egress, s.program.parse, s.program.reset), s.state)  # type: ignore[arg-type]
            for s in self.plan.switches
        )
        phv = memoryview(arrays["phv"]).cast("B").cast("Q")
        return at.State(**{name: memoryview(arrays[name]) for name in names}, foreign=Foreign(bound, phv))

    # Arrays

    def row(self, name: str, size: int, index: int) -> Any:
        """A record of a table, writable."""
        return self.arrays[name][index * size : (index + 1) * size]

    def _extend(self, name: str, size: int) -> None:
        extend(self.arrays, name, size)
        self._state = None

    def _grow_heap(self, size: int) -> None:
        for name in ("heap_time", "heap_id"):
            self._extend(name, size)

    def _push(self, time: int, event: int) -> None:
        if int(self.arrays["net"][at.N_HEAP]) + 1 >= len(self.arrays["heap_time"]):
            self._grow_heap(2 * len(self.arrays["heap_time"]))
        push(self._views(), time, event)

    def _views(self) -> at.State:
        empty = memoryview(b"")
        views = {name: memoryview(self.arrays[name]) for name in ("net", "heap_time", "heap_id")}
        return at.State(**{name: views.get(name, empty) for name in at.State._fields})

    def _frame(self, frame: bytes) -> int:
        """Where a frame stands in `frames`; heads are made long enough for it."""
        if frame not in self._frames:
            start = len(self.arrays["frames"])
            self._extend("frames", start + len(frame))
            self.arrays["frames"][start:] = np.frombuffer(frame, np.uint8)
            self._frames[frame] = start
        self._room_for(len(frame))
        return self._frames[frame]

    def _room_for(self, head: int) -> None:
        """Heads are made long enough."""
        if head + self._growth > self.arrays["net"][at.N_ROW]:
            grow_rows(self.arrays, head + 4 * self._growth)
            self._state = None

    def _add_source(
        self, kind: int, node: int, frame: bytes, size: int, gap: int, flow: int, start: int, stop: int
    ) -> int:
        source = len(self.arrays["sources"]) // at.SOURCE
        place = self._frame(frame)
        self._extend("sources", (source + 1) * at.SOURCE)
        row = self.row("sources", at.SOURCE, source)
        row[: at.E_SEED] = kind, node, flow, place, len(frame), max(size, len(frame)), gap, stop, 0
        row[at.E_SEED :] = seeds(self.plan.seed, (1 << 32) + source)
        self._push(max(start, self.now), (at.EVENT_SOURCE << at.EVENT_SHIFT) | source)
        return source

    def _line(
        self, time: int, fields: tuple[int, ...], action: Callable[[], None] | None = None, stop: bool = False
    ) -> None:
        self._drop_done()
        self._script_written = False
        insort(self._script, _Line(max(time, self.now), self._lines, fields, action, stop))
        self._lines += 1

    def _drop_done(self) -> None:
        net = self.arrays["net"]
        if net[at.N_SCRIPT]:
            del self._script[: int(net[at.N_SCRIPT])]
            net[at.N_SCRIPT] = 0
            self._script_written = False

    def _write_script(self) -> None:
        """The lines that are still to come, and the event of the first."""
        self._drop_done()
        if self._script_written:
            return
        self._script_written = True
        arrays, net = self.arrays, self.arrays["net"]
        net[at.N_SCRIPT_LINES] = len(self._script)
        lines = [(line.time, *line.fields) for line in self._script]
        arrays["script"] = np.array(lines, np.int64).reshape(-1)
        self._state = None
        count = int(net[at.N_HEAP])
        pending = zip(arrays["heap_time"][:count].tolist(), arrays["heap_id"][:count].tolist(), strict=True)
        events = sorted(pair for pair in pending if pair[1] != at.EVENT_SCRIPT)
        arrays["heap_time"][: len(events)] = [time for time, _ in events]
        arrays["heap_id"][: len(events)] = [event for _, event in events]
        net[at.N_HEAP] = len(events)
        if self._script:
            self._push(self._script[0].time, at.EVENT_SCRIPT)

    # Looking into it

    @property
    def totals(self) -> Totals:
        """Counters of the whole network."""
        return totals(self)

    def link_totals(self, link: int) -> LinkTotals:
        """Counters of one direction of a link, by its place in the plan."""
        return link_totals(self, link)

    def flow_totals(self, flow: int) -> FlowTotals:
        """Counters of a flow."""
        return flow_totals(self, flow)

    @property
    def journal(self) -> Journal:
        """Everything logged so far."""
        return Journal(self)

    # Snapshots

    def snapshot(self) -> Snapshot:
        """All of the network as it is now."""
        self._drop_done()
        copies = {name: copied(name, array) for name, array in self.arrays.items()}
        return Snapshot(copies, [bytes(switch.state.memory) for switch in self.plan.switches], tuple(self._script))

    def restore(self, snapshot: Snapshot) -> None:
        """Make the network what it was. Sources, flows and script lines added since are gone."""
        self.arrays = {name: copied(name, array) for name, array in snapshot.arrays.items()}
        for switch, memory in zip(self.plan.switches, snapshot.memories, strict=True):
            switch.state.memory[:] = memory
        self._script, self._script_written = list(snapshot.script), False
        frames = len(self.arrays["frames"])
        self._frames = {frame: start for frame, start in self._frames.items() if start + len(frame) <= frames}
        self._state = None

    def trace(
        self,
        node: str,
        frame: bytes,
        *,
        port: int = 0,
        size: int = 0,
        flow: int = at.NONE,
        for_ps: int = at.PICOSECONDS,
        look: Callable[[], None] | None = None,
    ) -> tuple[list[Step], list[Delivery]]:
        """What becomes of one packet in the network as it stands, all other packets and events suspended.

        The packet is sent by a host, or received by a switch at a port; of a `flow` it counts as delivered to a
        controller too. Returns what it looked like after each ingress
        and egress, and where it arrived. `look` is called at the end; then the
        network becomes again what it was before.
        """
        before = self.snapshot()
        try:
            self.suspend()
            self.log(delivered=True, heads=True, trace=True)
            number = self.add_flow() if flow else at.NONE
            self.inject(self.now, node, frame, port=port, size=size, flow=number)
            self.run(self.now + for_ps)
            if look is not None:
                look()
            journal = self.journal
            return list(journal.steps()), list(journal.deliveries())
        finally:
            self.restore(before)

    def suspend(self) -> None:
        """Forget all packets and events."""
        net, links = self.arrays["net"], self.arrays["links"].reshape(-1, at.LINK)
        links[:, [at.L_QUEUE, at.L_FLIGHT, at.L_TX_EVENT, at.L_ARRIVAL, at.L_KICK_NEXT, at.L_READY]] = at.NONE
        links[:, [at.L_FREE_AT, at.L_QUEUE_BYTES, at.L_QUEUE_PACKETS, at.L_KICKED, at.L_CAPTURE]] = 0
        links[:, [at.L_LOSS, at.L_DUPLICATE, at.L_REORDER]] = 0
        net[[at.N_HEAP, at.N_JOURNAL, at.N_BLOB, at.N_FREE_COUNT, at.N_DESK_COUNT]] = 0
        net[[at.N_KICK, at.N_WORK]] = at.NONE
        self._script.clear()
        self._script_written = False
        self._state = None
        for name in POOLS:
            self.arrays[name] = zeros(name, 0)
        grow_pool(self.arrays, 2 * int(net[at.N_RESERVE]))
        grow_words(self.arrays, 2 * int(net[at.N_RESERVE]))
