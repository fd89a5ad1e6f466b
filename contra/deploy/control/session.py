"""One switch and its controller: from the first connection to the last entry, every step in the journal.

What fails raises ControlError with one diagnostic that names the switch and what was being done. Requests are tried
again only where that is safe: before entries are written once more, what the switch holds is read back, and only what
is missing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Lock

from contra.deploy.control.client import (
    Address,
    Client,
    Connect,
    Deadlines,
    Kind,
    PacketSink,
    Pipeline,
    SwitchError,
)
from contra.deploy.control.differ import compare
from contra.deploy.control.explain import Trouble, explained
from contra.deploy.control.journal import Event as JournalEvent
from contra.deploy.control.journal import Journal
from contra.deploy.control.model import Difference, Holding
from contra.deploy.control.names import differences
from contra.deploy.control.writer import Applied, Writer

TICK, INJECT, QUERY = 1, 2, 3
"""Opcodes of packet_out."""
DELIVERED, ANSWER = 1, 2
"""Reasons of packet_in."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Target:
    """A switch as the control plane sees it."""

    name: str
    program: str
    """Name of its program in the manifest."""
    address: Address
    pipeline: Pipeline


def p4runtime_connect(address: Address, *rest: object) -> Client:
    """The one `Connect` there is; its libraries are loaded when it is first used."""
    from contra.deploy.control.p4runtime import connect

    return connect(address, *rest)  # type: ignore[arg-type]


class SwitchSession:
    """See the module. Requests come from one thread at a time; `packet_out`, `tick` and `abort` from any."""

    def __init__(
        self,
        target: Target,
        journal: Journal,
        deadlines: Deadlines | None = None,
        connect: Connect = p4runtime_connect,
    ) -> None:
        self.target = target
        self.journal = journal
        self.deadlines = deadlines or Deadlines()
        self.stopped = Event()
        """Set once the session is to end: whoever waits gives up."""
        self._make = connect
        self._client: Client | None = None
        self._sinks: dict[int, list[PacketSink]] = {}
        self._lock = Lock()

    @property
    def name(self) -> str:
        """Of the switch."""
        return self.target.name

    @property
    def client(self) -> Client:
        """The connection. Raises SwitchError (DIED) if there is none."""
        client = self._client
        if client is None:
            raise SwitchError(Kind.DIED, "there is no connection to it")
        return client

    def note(self, action: str, **fields: object) -> None:
        """Write one line to the journal."""
        self.journal.write([JournalEvent(switch=self.name, action=action, **fields)])  # type: ignore[arg-type]

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """What fails in here is explained and noted."""
        try:
            yield
        except (SwitchError, Trouble) as error:
            failure = explained(error, self.target, what)
            message = failure.diagnostics[0].title_text()
            self.note("failure", object={"doing": what}, outcome=failure.kind.name, message=message)
            raise failure from None

    # -------------------------------------------------------------------------------------- connection

    def connect(self) -> None:
        """Become the switch's controller, waiting for it to come up."""
        with self.doing("connecting to it"):
            self.reconnect()
        address = self.target.address
        self.note("connect", object={"address": address.target, "device": address.device_id})

    def reconnect(self, longest_s: float | None = None) -> None:
        """Connect, in place of the connection there was. Raises SwitchError."""
        self._drop()
        limit = self.deadlines.connect_s if longest_s is None else min(longest_s, self.deadlines.connect_s)
        deadlines = replace(self.deadlines, connect_s=limit)
        client = self._make(self.target.address, self.target.pipeline.names, self._deliver, deadlines, self.stopped)
        with self._lock:
            self._client = client
        if self.stopped.is_set():
            self._drop()

    def _drop(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def alive(self) -> SwitchError | None:
        """None while we control the switch, else what ended that."""
        client = self._client
        return SwitchError(Kind.DIED, "there is no connection to it") if client is None else client.alive()

    def abort(self) -> None:
        """End whatever is being done, from another thread; it fails."""
        self.stopped.set()
        self._drop()

    def close(self) -> None:
        """End the connection. The switch goes on with what it holds."""
        self.stopped.set()
        self._drop()

    # ----------------------------------------------------------------------------------------- program

    def push(self) -> None:
        """Replace the switch's program by the build's; it forgets all entries and all state."""
        pipeline = self.target.pipeline
        with self.doing("pushing its program"):
            self.client.push(pipeline)
        self.note("pipeline", object={"program": self.target.program, "cookie": f"{pipeline.cookie:016x}"})

    def check_program(self) -> None:
        """Make sure that the switch runs the build's program. Raises ControlError (WRONG_PIPELINE)."""
        with self.doing("asking for its program"):
            self.require_program()

    def require_program(self) -> None:
        """As `check_program`, without the explanation. Raises SwitchError, Trouble."""
        pipeline, running = self.target.pipeline, self.client.running()
        if running.cookie == pipeline.cookie:
            return
        if running.names is None:
            reasons = ["it runs no program at all"]
        else:
            reasons = list(differences(pipeline.names, running.names))
            reasons = reasons or ["its tables are the same, the program behind them is not"]
        raise Trouble(Kind.WRONG_PIPELINE, reasons=tuple(reasons))

    # ----------------------------------------------------------------------------------------- entries

    def read(self) -> Holding:
        """What the switch holds."""
        with self.doing("reading its entries"):
            self.require_program()
            return self.client.read()

    def verify(self, expected: Holding) -> Difference:
        """How what the switch holds differs from what it should; nothing is changed."""
        difference = compare(expected, self.read())
        differing = len(difference.missing) + len(difference.extra) + len(difference.altered)
        self.note("verify", outcome="differs" if difference else "ok", object={"differences": differing})
        return difference

    def apply(self, target: Holding) -> Applied:
        """Make the switch hold this: read back, write only the difference, read back again.

        The program is not touched; it has to be the build's.
        """
        with self.doing("writing its entries"):
            self.require_program()
            return Writer(self).apply(target)

    def load(self, target: Holding) -> Applied:
        """Push the program and fill its tables."""
        self.push()
        return self.apply(target)

    def counter(self, name: str = "drops") -> list[int]:
        """Packets counted by a counter of the program, by index."""
        with self.doing(f"reading counter '{name}'"):
            return self.client.counter(name)

    # ----------------------------------------------------------------------------------------- packets

    def packet_out(self, data: bytes) -> None:
        """Send a packet into the switch, packet_out header in front. Raises ControlError if we do not control it."""
        with self.doing("sending it a packet"):
            self.client.packet_out(data)

    def tick(self) -> None:
        """One tick of the probe clock. Raises SwitchError: a clock ticks too often to note each failure."""
        self.client.packet_out(bytes([TICK]))

    def subscribe(self, reason: int, sink: PacketSink) -> Callable[[], None]:
        """Have packet-ins of one reason given to `sink`, header in front, until what is returned is called.

        They come on a thread of the connection, which must not be kept waiting. Survives reconnections.
        """
        with self._lock:
            self._sinks.setdefault(reason, []).append(sink)

        def end() -> None:
            with self._lock:
                if sink in self._sinks.get(reason, ()):
                    self._sinks[reason].remove(sink)

        return end

    def _deliver(self, packet: bytes) -> None:
        with self._lock:
            sinks: Sequence[PacketSink] = tuple(self._sinks.get(packet[0], ())) if packet else ()
        for sink in sinks:
            sink(packet)
