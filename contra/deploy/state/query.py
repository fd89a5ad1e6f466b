"""State by query packets (docs/protocol.md, Queries): for switches whose registers nothing else can read."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Protocol

from contra.deploy.state.errors import BadAnswer, NoQueries, NoSuchCell, QueriesLost, Unreadable
from contra.deploy.state.source import cell_of
from contra.engine.build import Build

PACKET_OUT_QUERY = 3
PACKET_IN_ANSWER = 2

WINDOW = 64
"""Queries to one switch that are under way at a time: as many packets as BMv2's queues to the CPU port take."""
PATIENCE = 0.5
"""Seconds of silence after which all queries under way are asked again."""
TRIES = 4
_SEQUENCE_BYTES = 4


class Transport(Protocol):
    """Packets to and from the control-plane ports of switches, with packet_out or packet_in header in front."""

    def send(self, switch: int, packet: bytes) -> None:
        """Send a packet-out. Raises CompileError where the switch is gone."""

    def receive(self, switch: int, timeout: float) -> bytes | None:
        """The next packet-in of a switch, None if there is none within `timeout` seconds."""


class Mailboxes:
    """A `Transport` out of a function that sends, and sinks that are given what comes in on any thread."""

    def __init__(self, switches: int, send: Callable[[int, bytes], None]) -> None:
        self._send = send
        self._boxes: list[SimpleQueue[bytes]] = [SimpleQueue() for _ in range(switches)]

    def sink(self, switch: int) -> Callable[[bytes], None]:
        """Takes the packet-ins of a switch; what is no answer to a query is not kept."""
        box = self._boxes[switch]

        def take(packet: bytes) -> None:
            if packet[:1] == bytes([PACKET_IN_ANSWER]):
                box.put(packet)

        return take

    def send(self, switch: int, packet: bytes) -> None:
        """Send a packet-out."""
        self._send(switch, packet)

    def receive(self, switch: int, timeout: float) -> bytes | None:
        """The next answer."""
        try:
            return self._boxes[switch].get(timeout=timeout)
        except Empty:
            return None


class QuerySource:
    """A `StateSource` by query packets. `counters` reads the drop counters of a switch, which are no cells."""

    def __init__(
        self,
        build: Build,
        transport: Transport,
        counters: Callable[[int], Sequence[int]],
        *,
        patience: float = PATIENCE,
        progress: Callable[[int, int, int], None] | None = None,
    ) -> None:
        """`progress` is told of (switch, slots known, slots asked for), on the thread that reads."""
        self._build = build
        self._transport = transport
        self._counters = counters
        self._patience = patience
        self._progress = progress
        self._locks = [Lock() for _ in build.switches]
        self._sequence = time.monotonic_ns() // 1000  # answers to somebody's earlier queries carry other numbers

    def read(self, switch: int, cell: str) -> Sequence[int]:
        """All slots of a cell. Raises `Unreadable`."""
        layout = cell_of(self._build, switch, cell)
        return self.read_at(switch, cell, range(layout.slots if layout is not None else 0))

    def read_at(self, switch: int, cell: str, indices: Sequence[int]) -> Sequence[int]:
        """Some slots of a cell. Raises `Unreadable`."""
        conversation = self._conversation(switch, cell, indices)
        with self._locks[switch]:
            found = conversation.run(self._sequence)
            self._sequence += conversation.sent
        return found

    def drops(self, switch: int) -> Sequence[int]:
        """Packets dropped, by index of the drop reason."""
        return self._counters(switch)

    def close(self) -> None:
        """Nothing to do: the connections are those of the transport."""

    def _conversation(self, switch: int, cell: str, indices: Sequence[int]) -> _Conversation:
        program = self._build.switches[switch].program.row
        label = self._build.switches[switch].switch.label
        number = next((place for place, each in enumerate(program.cells) if each.name == cell), None)
        if number is None:
            raise Unreadable([NoSuchCell(switch=label, cell=cell, problem="has no state of the name")])
        if any(not 0 <= index < program.cells[number].slots for index in indices):
            raise Unreadable([NoSuchCell(switch=label, cell=cell, problem="knows no such index of")])
        if not program.query_value_bits:
            raise Unreadable([NoQueries(switch=label, program=program.name)])
        return _Conversation(
            transport=self._transport,
            switch=switch,
            label=label,
            cell=cell,
            number=number,
            bits=program.cells[number].bits,
            value_bytes=program.query_value_bits // 8,
            indices=indices,
            patience=self._patience,
            progress=self._progress,
        )


@dataclass(kw_only=True, eq=False)
class _Conversation:
    """One round of questions to one switch."""

    transport: Transport
    switch: int
    label: str
    cell: str
    number: int
    bits: int
    value_bytes: int
    indices: Sequence[int]
    patience: float
    progress: Callable[[int, int, int], None] | None
    sent: int = 0

    def run(self, first: int) -> list[int]:
        """The values, in the order asked for. Numbers of queries are counted from `first` on."""
        found: dict[int, int] = {}
        waiting = deque((place, 1) for place in range(len(self.indices)))
        under_way: dict[int, int] = {}  # place in what is asked for -> how many tries
        asked: dict[int, int] = {}  # number of a query -> place; late answers to earlier tries are welcome
        heard = time.monotonic()
        while len(found) < len(self.indices):
            while waiting and len(under_way) < WINDOW:
                place, tries = waiting.popleft()
                if place not in found:
                    asked[self._ask(first, place)] = place
                    under_way[place] = tries
                    heard = time.monotonic()
            packet = self.transport.receive(self.switch, max(0.0, heard + self.patience - time.monotonic()))
            answer = None if packet is None else self._answer(packet)
            if answer is not None and answer[0] in asked:
                place = asked.pop(answer[0])
                if self.indices[place] == answer[1] and place not in found:
                    found[place] = answer[2]
                    under_way.pop(place, None)
                    heard = time.monotonic()
                    self._tell(len(found))
            elif time.monotonic() >= heard + self.patience:
                if TRIES in under_way.values():
                    self._give_up(len(found))
                waiting.extendleft((place, tries + 1) for place, tries in under_way.items())
                under_way.clear()
                heard = time.monotonic()
        return [found[place] for place in range(len(self.indices))]

    def _ask(self, first: int, place: int) -> int:
        number = (first + self.sent) % (1 << (8 * _SEQUENCE_BYTES))
        self.sent += 1
        head = bytes([PACKET_OUT_QUERY, self.number]) + self.indices[place].to_bytes(4, "big")
        self.transport.send(self.switch, head + bytes(self.value_bytes) + number.to_bytes(_SEQUENCE_BYTES, "big"))
        return number

    def _answer(self, packet: bytes) -> tuple[int, int, int] | None:
        """(number, index, value), None for what is no answer to a query of ours."""
        value_end = 6 + self.value_bytes
        number = packet[value_end : value_end + _SEQUENCE_BYTES]
        if packet[:2] != bytes([PACKET_IN_ANSWER, self.number]) or len(number) < _SEQUENCE_BYTES:
            return None
        value = int.from_bytes(packet[6:value_end], "big")
        if value >> self.bits:
            reason = f"it gives a value of {value.bit_length()} bits for '{self.cell}', which has {self.bits}"
            raise Unreadable([BadAnswer(switch=self.label, way="to query packets", reason=reason)])
        return int.from_bytes(number, "big"), int.from_bytes(packet[2:6], "big"), value

    def _tell(self, known: int) -> None:
        if self.progress is not None:
            self.progress(self.switch, known, len(self.indices))

    def _give_up(self, known: int) -> None:
        asked = len(self.indices)
        lost = QueriesLost(switch=self.label, cell=self.cell, lost=asked - known, asked=asked, tries=TRIES)
        raise Unreadable([lost])
