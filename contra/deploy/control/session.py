"""One switch and its controller: from the first connection to the last entry, every step in the journal.

What fails raises ControlError with one diagnostic that names the switch and what was being done. Requests are tried
again only where that is safe: before entries are written once more, what the switch holds is read back, and only what
is missing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Event, Lock
from time import monotonic
from typing import Any

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
from contra.deploy.control.errors import ControlError
from contra.deploy.control.explain import Trouble, explained
from contra.deploy.control.journal import Event as JournalEvent
from contra.deploy.control.journal import Journal
from contra.deploy.control.model import Difference, Holding
from contra.deploy.control.names import differences
from contra.deploy.control.writer import Applied, Writer

TICK = bytes([1])
"""The packet-out that starts a round of probes: opcode 1, and nothing behind it."""
_PARTING_S = 2.0
"""How long a switch may take to notice the end of a connection."""
_NO_CONNECTION = "there is no connection to it"


@dataclass(frozen=True, eq=False, kw_only=True)
class Target:
    """A switch as the control plane sees it."""

    name: str
    program: str
    """Name of its program in the manifest."""
    address: Address
    pipeline: Pipeline


def nobody(packet: bytes) -> None:
    """Takes packet-ins that nobody wants."""


class SwitchSession:
    """See the module. Requests come from one thread at a time; `packet_out`, `tick` and `abort` from any."""

    def __init__(
        self,
        name: str,
        address: Address,
        pipeline: Pipeline,
        program: str,
        journal: Journal,
        connect: Connect,
        packets: PacketSink = nobody,
        deadlines: Deadlines | None = None,
    ) -> None:
        """`packets` takes packet-ins, header in front, on the connection's own thread, which must not be kept."""
        self.target = Target(name=name, program=program, address=address, pipeline=pipeline)
        self.journal = journal
        self.deadlines = deadlines or Deadlines()
        self.stopped = Event()
        """Set once the session is to end: whoever waits gives up."""
        self._make, self._packets = connect, packets
        self._client: Client | None = None
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
            raise SwitchError(Kind.DIED, _NO_CONNECTION)
        return client

    def note(self, action: str, **fields: Any) -> None:
        """Write one line to the journal."""
        self.journal.write([JournalEvent(switch=self.name, action=action, **fields)])

    def write_to(self, journal: Journal) -> None:
        """Keep another journal from now on."""
        self.journal = journal

    @contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """What fails in here is explained and noted."""
        try:
            yield
        except (SwitchError, Trouble) as error:
            raise self.failed(error, what) from None

    def failed(self, error: SwitchError | Trouble, what: str) -> ControlError:
        """Explain a failure, and note it."""
        failure = explained(error, self.target, what)
        first = failure.diagnostics[0]
        about = {"doing": what, "code": first.code, **first.data()}
        self.note("failure", object=about, outcome=failure.kind.name, message=first.title_text())
        return failure

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

    def reach(self, address: Address, *, now: bool = True) -> None:
        """Go to the switch by another way from now on, at once or with the next `connect`; it keeps what it holds."""
        self._drop()
        self.target = replace(self.target, address=address)
        if now:
            with self.doing("connecting to it"):
                self._reconnect_soon()

    def _reconnect_soon(self) -> None:
        """Connect; the switch may take a moment to see that the connection there was has ended."""
        end = monotonic() + _PARTING_S
        while True:
            try:
                self.reconnect()
                return
            except SwitchError as error:
                if error.kind is not Kind.NOT_PRIMARY or monotonic() > end:
                    raise
            self.stopped.wait(_PARTING_S / 50)

    def _drop(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def alive(self) -> SwitchError | None:
        """None while we control the switch, else what ended that."""
        client = self._client
        return SwitchError(Kind.DIED, _NO_CONNECTION) if client is None else client.alive()

    @property
    def trouble(self) -> str:
        """Why the switch is not ours at present; empty if it is."""
        error = self.alive()
        return "" if error is None else error.message

    def abort(self) -> None:
        """End whatever is being done, from another thread: it fails, and so does all that comes later."""
        self.stopped.set()
        self._drop()

    def close(self) -> None:
        """End the connection. The switch goes on with what it holds; `connect` begins anew."""
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

    def require_program(self, within_s: float | None = None) -> None:
        """As `check_program`, without the explanation. Raises SwitchError, Trouble."""
        pipeline, running = self.target.pipeline, self.client.running(within_s)
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
        """What the switch holds. One that is stuck is given up after `Deadlines.look_s`."""
        with self.doing("reading its entries"):
            self.require_program(self.deadlines.look_s)
            return self.client.read()

    def verify(self, expected: Holding) -> Difference:
        """How what the switch holds differs from what it should; nothing is changed."""
        difference = compare(expected, self.read())
        differing = len(difference.missing) + len(difference.extra) + len(difference.altered)
        self.note("verify", outcome="differs" if difference else "ok", object={"differences": differing})
        return difference

    def apply(self, target: Holding) -> Applied:
        """Make the switch hold this: read back, write only the difference, read back again.

        The program is not touched; it has to be the build's. A line `applied` says that the last reading proved it.
        """
        with self.doing("writing its entries"):
            self.require_program()
            done = Writer(self).apply(target)
        counts = {"inserted": done.inserted, "modified": done.modified, "deleted": done.deleted, "kept": done.kept}
        self.note("applied", object=counts)
        return done

    def counter(self, name: str) -> list[int]:
        """Packets counted by a counter of the program, by index."""
        with self.doing(f"reading counter '{name}'"):
            return self.client.counter(name)

    # ----------------------------------------------------------------------------------------- packets

    def packet_out(self, packet: bytes) -> None:
        """Send a packet into the switch, packet_out header in front. Raises ControlError if we do not control it.

        That is not noted: a clock ticks too often.
        """
        try:
            self.client.packet_out(packet)
        except SwitchError as error:
            raise explained(error, self.target, "sending it a packet") from None

    def tick(self) -> None:
        """One tick of the probe clock."""
        self.packet_out(TICK)

    def _deliver(self, packet: bytes) -> None:
        """Give a packet-in to whom wants it; his bug must not end the connection."""
        try:
            self._packets(packet)
        except Exception as error:
            self.note("failure", object={"doing": "taking a packet-in"}, outcome="BUG", message=repr(error))
