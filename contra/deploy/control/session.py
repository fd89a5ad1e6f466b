"""One switch under our control: connected, filled, compared, changed; all of it in the journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contra.deploy.control.client import Address, Client, Connect, Deadlines, Kind, Pipeline, SwitchError
from contra.deploy.control.differ import changes, compare
from contra.deploy.control.errors import (
    Busy,
    ControlError,
    EntryRefused,
    NoAnswer,
    NotPrimary,
    OtherProgram,
    ProgramRefused,
    ReadRefused,
    RequestRefused,
    StillDiffers,
    SwitchDied,
    TableFull,
    Unreachable,
    WrongDevice,
)
from contra.deploy.control.journal import Event, Journal
from contra.deploy.control.model import Difference, EntryKey, Holding, Operation, Update
from contra.deploy.control.names import differences
from contra.deploy.control.words import as_json, described, key_words
from contra.diagnostics import Diagnostic

BATCH = 500
"""Updates in one request."""
ATTEMPTS = 6
"""How often a request that found the switch busy is made."""
TICK = bytes([1])
_PADDING = bytes(59)


@dataclass(frozen=True, slots=True)
class Applied:
    """What was written to bring a switch from one holding to another."""

    inserted: int
    modified: int
    deleted: int
    kept: int


class SwitchSession:
    """The controller of one switch. All methods block, and raise ControlError in the words of the user."""

    def __init__(
        self,
        name: str,
        address: Address,
        pipeline: Pipeline,
        program: str,
        journal: Journal,
        connect: Connect,
        packets: Callable[[bytes], None] = lambda packet: None,
        deadlines: Deadlines | None = None,
    ) -> None:
        """`packets` takes packet-ins, on the connection's own thread."""
        self.name, self.address, self.program = name, address, program
        self._pipeline, self._journal, self._make = pipeline, journal, connect
        self._packets, self._deadlines = packets, deadlines or Deadlines()
        self._client: Client | None = None

    # ------------------------------------------------------------------------------------------ connection

    def connect(self) -> None:
        """Become the controller of the switch, waiting until it is up; anew if the connection broke."""
        self.close()
        try:
            names = self._pipeline.names
            self._client = self._make(self.address, names, self._packets, self._deadlines)
        except SwitchError as error:
            raise self._told(error, "connecting", "connect") from None
        self._note("connect", {"address": self.address.target, "device": self.address.device_id})

    def push(self) -> None:
        """Give the switch its program; it forgets everything else."""
        try:
            self._connected().push(self._pipeline)
        except SwitchError as error:
            raise self._told(error, "taking its program", "pipeline") from None
        self._note("pipeline", {"program": self.program, "cookie": f"{self._pipeline.cookie:016x}"})

    def check_program(self) -> None:
        """Raise ControlError (CTR1104) unless the switch runs the program of the build."""
        try:
            running = self._connected().running()
        except SwitchError as error:
            raise self._told(error, "telling its program", "failure") from None
        if running.cookie == self._pipeline.cookie:
            return
        if running.names is None:
            reasons: tuple[str, ...] = ("it runs no program",)
        else:
            found = tuple(differences(self._pipeline.names, running.names))
            reasons = found or ("its program has the same tables, but is another text",)
        raise self._error(
            Kind.WRONG_PIPELINE, OtherProgram(switch=self.name, program=self.program, reasons=reasons), "pipeline"
        )

    @property
    def trouble(self) -> str:
        """Why the switch is not ours at present; empty if it is."""
        if self._client is None:
            return "not connected"
        error = self._client.alive()
        return "" if error is None else error.message

    def close(self) -> None:
        """End the connection."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def write_to(self, journal: Journal) -> None:
        """Keep another journal from now on."""
        self._journal = journal

    # ------------------------------------------------------------------------------------------ entries

    def read(self) -> Holding:
        """All that the switch holds."""
        try:
            return self._connected().read()
        except SwitchError as error:
            raise self._told(error, "what it holds", "read") from None

    def verify(self, expected: Holding) -> Difference:
        """How what the switch holds differs from what it should hold."""
        return compare(expected, self.read())

    def apply(self, target: Holding) -> Applied:
        """Bring the switch to a holding: read back, write the difference only, look again."""
        current = self.read()
        sizes = {table.name: table.size for table in self._pipeline.names.tables.values()}
        written = [update for batch in changes(current, target, sizes) for update in self._write(batch, target)]
        left = self.verify(target) if written else Difference((), (), ())
        if left:
            keys = [*left.missing, *left.extra, *(each.key for each in left.altered)]
            texts = tuple(described(key, target.provenance.get(key)) for key in keys)
            raise self._error(Kind.REFUSED, StillDiffers(switch=self.name, differences=texts), "failure")
        count = {kind: sum(update.operation is kind for update in written) for kind in Operation}
        kept = len(target.contents) - count[Operation.INSERT] - count[Operation.MODIFY]
        return Applied(count[Operation.INSERT], count[Operation.MODIFY], count[Operation.DELETE], kept)

    def _write(self, updates: Sequence[Update], target: Holding) -> Sequence[Update]:
        """Write updates in requests of BATCH; a switch without time gets smaller ones."""
        at, size, attempts, pause = 0, BATCH, 0, self._deadlines.retry
        while at < len(updates):
            batch = updates[at : at + size]
            try:
                self._connected().write(batch)
            except SwitchError as error:
                self._journal_batch(batch, target, error)
                if error.kind is not Kind.EXHAUSTED or error.refusals or attempts == ATTEMPTS:
                    raise self._refused(error, batch, target, attempts) from None
                attempts, size = attempts + 1, max(1, size // 4)
                time.sleep(pause)
                pause *= 2
                continue
            self._journal_batch(batch, target, None)
            at, attempts, pause = at + len(batch), 0, self._deadlines.retry
        return updates

    def counter(self, name: str) -> list[int]:
        """Packets counted by an indirect counter, by index."""
        try:
            return self._connected().counter(name)
        except SwitchError as error:
            raise self._told(error, f"counter '{name}'", "read") from None

    # ------------------------------------------------------------------------------------------ packets

    def packet_out(self, packet: bytes) -> None:
        """Send a packet, packet_out header in front."""
        try:
            self._connected().packet_out(packet)
        except SwitchError as error:
            raise self._told(error, "sending a packet", "failure", quiet=True) from None

    def tick(self) -> None:
        """Let the switch start a round of probes."""
        self.packet_out(TICK + _PADDING)

    # ------------------------------------------------------------------------------------------ failures

    def _connected(self) -> Client:
        if self._client is None:
            raise SwitchError(Kind.DIED, "there is no connection")
        return self._client

    def _told(self, error: SwitchError, doing: str, action: str, quiet: bool = False) -> ControlError:
        return self._error(error.kind, self._diagnostic(error, doing, action), action, quiet)

    def _diagnostic(self, error: SwitchError, doing: str, action: str) -> Diagnostic:
        switch, reason, target = self.name, error.message, self.address.target
        if error.kind is Kind.UNREACHABLE:
            advice = "does the switch run? 'contra net status' tells"
            return Unreachable(switch=switch, address=target, reason=reason, advice=advice)
        if error.kind is Kind.NOT_PRIMARY:
            return NotPrimary(switch=switch, reason=reason)
        if error.kind is Kind.WRONG_DEVICE:
            return WrongDevice(switch=switch, address=target, device=self.address.device_id, reason=reason)
        if error.kind is Kind.TIMEOUT:
            return NoAnswer(switch=switch, doing=doing, reason=reason)
        if error.kind is Kind.DIED:
            return SwitchDied(switch=switch, doing=doing, reason=reason)
        if action == "pipeline":
            return ProgramRefused(switch=switch, program=self.program, reason=reason)
        if action == "read":
            return ReadRefused(switch=switch, what=doing, reason=reason)
        return RequestRefused(switch=switch, doing=doing, reason=reason)

    def _refused(self, error: SwitchError, batch: Sequence[Update], target: Holding, attempts: int) -> ControlError:
        """What to say where a batch was not written."""
        first = error.refusals[0].update if error.refusals else batch[0]
        entry = described(first.key, target.provenance.get(first.key))
        reason = error.refusals[0].message or error.refusals[0].code if error.refusals else error.message
        diagnostic: Diagnostic
        if error.kind is Kind.EXHAUSTED and error.refusals and isinstance(first.key, EntryKey):
            table = next(each for each in self._pipeline.names.tables.values() if each.name == first.key.table)
            wanted = sum(
                isinstance(key, EntryKey) and key.table == table.name and not key.default for key in target.contents
            )
            diagnostic = TableFull(
                switch=self.name, table=table.name, size=table.size, wanted=wanted, entry=entry, reason=reason
            )
        elif error.kind is Kind.EXHAUSTED:
            diagnostic = Busy(switch=self.name, entry=entry, attempts=attempts, reason=reason)
        elif error.refusals:
            others = tuple(f"{key_words(each.update.key)}: {each.message or each.code}" for each in error.refusals[1:])
            diagnostic = EntryRefused(
                switch=self.name, entry=entry, reason=reason, operation=first.operation.value, others=others
            )
        else:
            diagnostic = self._diagnostic(error, f"writing {entry}", "write")
        return ControlError(error.kind, diagnostic)

    def _error(self, kind: Kind, diagnostic: Diagnostic, action: str, quiet: bool = False) -> ControlError:
        if not quiet:
            self._note("failure", {"while": action}, outcome=diagnostic.code, message=diagnostic.title_text())
        return ControlError(kind, diagnostic)

    # ------------------------------------------------------------------------------------------ journal

    def _note(self, action: str, what: dict[str, object], outcome: str = "ok", message: str = "") -> None:
        self._journal.write([Event(switch=self.name, action=action, object=what, outcome=outcome, message=message)])

    def _journal_batch(self, batch: Sequence[Update], target: Holding, error: SwitchError | None) -> None:
        """One line per update; of a failed batch, what was refused, or that nobody knows."""
        refused = {} if error is None else {each.update.key: each for each in error.refusals}
        whole = "" if error is None or error.refusals else error.code
        self._journal.write(
            Event(
                switch=self.name,
                action=update.operation.value,
                object=as_json(update.key, update.content),
                provenance=target.provenance.get(update.key, {}),
                outcome=refused[update.key].code if update.key in refused else whole or "ok",
                message=refused[update.key].message
                if update.key in refused
                else error.message
                if error and whole
                else "",
            )
            for update in batch
        )
