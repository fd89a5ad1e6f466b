"""Writing a difference to a switch: batches, second attempts where they are safe, and what to say when it is no use.

After anything that leaves open what the switch has taken (a refusal, a broken connection, no answer in time) the next
attempt begins by reading back. So nothing is written twice, and what is there already is no error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from contra.deploy.control.client import Kind, Refusal, SwitchError
from contra.deploy.control.differ import changes, compare, entry_counts
from contra.deploy.control.explain import Full, Trouble, busy, entry_refused, still_differs, table_full
from contra.deploy.control.journal import Event
from contra.deploy.control.model import EntryKey, Holding, Operation, Update
from contra.deploy.control.words import as_json

if TYPE_CHECKING:
    from contra.deploy.control.session import SwitchSession

BATCH = 256
"""Updates in one request: enough that round trips do not count, few enough that a deadline covers them."""
ATTEMPTS = 6
"""How often it is tried again without any progress."""
_SHRINK = 4
"""Divides the batch of a switch that has no time for more; after four times it has one update."""
_RECONNECT_S = 3.0
"""A switch that was there a moment ago is not waited for as long as one that is being started."""
_OVERTAKEN = {(Operation.INSERT, "ALREADY_EXISTS"), (Operation.DELETE, "NOT_FOUND"), (Operation.MODIFY, "NOT_FOUND")}
"""Refusals which say that the switch holds something else than was read: reading back settles them."""
_PASSING = (Kind.DIED, Kind.TIMEOUT)
_NO_ROOM = ("RESOURCE_EXHAUSTED", "UNKNOWN")
"""What switches answer where a table is full. BMv2 has but the second for it, which may mean anything."""


@dataclass(frozen=True, slots=True)
class Applied:
    """How many updates a switch has carried out."""

    inserted: int
    modified: int
    deleted: int
    kept: int
    """Entries and groups that were right already."""

    @property
    def total(self) -> int:
        """All of them."""
        return self.inserted + self.modified + self.deleted


class Writer:
    """Brings one switch to one holding. Raises SwitchError, or Trouble where more is known."""

    def __init__(self, session: SwitchSession) -> None:
        self.session = session
        self.sizes = {table.name: table.size for table in session.target.pipeline.names.tables.values()}
        self.batch = BATCH
        self.stale = 0
        """Attempts since the difference last became smaller."""
        self.left: int | None = None
        """Updates that were left to do when it did."""
        self.done = dict.fromkeys(Operation, 0)

    def apply(self, target: Holding) -> Applied:
        """Write until the switch holds `target`, which a last reading proves."""
        while (failure := self.attempt(target)) is not None:
            if self.stale >= ATTEMPTS or self.session.stopped.is_set():
                raise failure
            self.stale += 1
        inserted, modified = self.done[Operation.INSERT], self.done[Operation.MODIFY]
        kept = max(0, len(target.contents) - inserted - modified)
        return Applied(inserted, modified, self.done[Operation.DELETE], kept)

    def attempt(self, target: Holding) -> SwitchError | Trouble | None:
        """Read, and write what differs. None: nothing does. Else what to say if another attempt is no use."""
        try:
            if self.stale:
                self.recover()
            found = self.session.client.read()
            batches = changes(found, target, self.sizes)
            if not batches:
                self.prove(found, target)
                return None
            self.measure(sum(map(len, batches)))
            for updates in batches:
                failure = self.write(updates, target)
                if failure is not None:
                    self.pause()
                    return failure
        except SwitchError as error:
            if error.kind not in _PASSING or self.session.stopped.is_set():
                raise
            self.pause()
            return error
        difference = compare(target, found)  # as far as we know written; the next reading tells
        return Trouble(Kind.REFUSED, diagnostic=still_differs(self.session.name, difference, target.provenance))

    def prove(self, found: Holding, target: Holding) -> None:
        """Nothing is left that an update could change."""
        difference = compare(target, found)
        if difference:  # a default action that the target says nothing about
            diagnostic = still_differs(self.session.name, difference, target.provenance)
            raise Trouble(Kind.REFUSED, diagnostic=diagnostic)

    def measure(self, left: int) -> None:
        """Is there progress?"""
        if self.left is None or left < self.left:
            self.left, self.stale = left, 0

    def recover(self) -> None:
        """After a failure: make sure that there is a switch, that we control it, and that it runs our program."""
        session = self.session
        if session.alive() is None:
            return
        try:
            session.reconnect(_RECONNECT_S)
        except SwitchError as error:
            if error.kind in (Kind.UNREACHABLE, Kind.TIMEOUT):
                raise SwitchError(Kind.GONE, error.message, code=error.code) from None
            raise
        session.note("connect", object={"address": session.target.address.target, "again": True})
        if session.client.running().cookie != session.target.pipeline.cookie:
            raise SwitchError(Kind.GONE, "it was started anew meanwhile, and has lost its program and its entries")

    def pause(self) -> None:
        """Wait before the next attempt, longer each time."""
        self.session.stopped.wait(self.session.deadlines.retry_s * 2**self.stale)

    # --------------------------------------------------------------------------------------- requests

    def write(self, updates: Sequence[Update], target: Holding) -> SwitchError | Trouble | None:
        """Write updates batch by batch. What failed is returned if another attempt may help, else raised."""
        rest = list(updates)
        while rest:
            batch, rest = rest[: self.batch], rest[self.batch :]
            try:
                self.session.client.write(batch)
            except SwitchError as error:
                self.note(batch, target, error)
                return self.judged(error, batch, target)
            self.note(batch, target)
        return None

    def judged(self, error: SwitchError, batch: Sequence[Update], target: Holding) -> SwitchError | Trouble:
        """A failed request: raise what will not pass, return what may."""
        name, provenance = self.session.name, target.provenance
        final = tuple(r for r in error.refusals if (r.update.operation, r.code) not in _OVERTAKEN)
        full = self.full(final, target)
        if full is not None:
            raise Trouble(Kind.EXHAUSTED, diagnostic=table_full(name, *full, provenance))
        if error.kind is Kind.EXHAUSTED:
            self.batch = max(1, min(self.batch, len(batch)) // _SHRINK)
            first = final[0].update.key if final else batch[0].key
            reason = error.message or error.code
            return Trouble(error.kind, diagnostic=busy(name, first, provenance, self.stale + 1, reason))
        if final:
            raise Trouble(error.kind, diagnostic=entry_refused(name, final, provenance))
        if error.refusals:
            return Trouble(error.kind, diagnostic=entry_refused(name, error.refusals, provenance))
        if error.kind in _PASSING:
            return error
        raise error

    def full(self, refusals: Sequence[Refusal], target: Holding) -> tuple[Full, Refusal] | None:
        """The first table that has no more room, and the entry that found none."""
        counts: Counter[str] | None = None
        for refusal in refusals:
            key = refusal.update.key
            inserts = refusal.update.operation is Operation.INSERT and isinstance(key, EntryKey)
            if not inserts or refusal.code not in _NO_ROOM:
                continue
            assert isinstance(key, EntryKey)
            if counts is None:
                counts = entry_counts(self.session.client.read())
                self.ask_sizes()
            if counts[key.table] >= self.sizes[key.table]:
                return Full(key.table, self.sizes[key.table], entry_counts(target)[key.table]), refusal
        return None

    def ask_sizes(self) -> None:
        """A switch may have less room than its program asked for; it says so in the P4Info that it gives back."""
        names = self.session.client.running().names
        for table in names.tables.values() if names is not None else ():
            self.sizes[table.name] = min(table.size, self.sizes.get(table.name, table.size))

    # ----------------------------------------------------------------------------------------- journal

    def note(self, batch: Sequence[Update], target: Holding, error: SwitchError | None = None) -> None:
        """A line per update, with what became of it."""
        self.session.journal.write(list(self.events(batch, target, error)))

    def events(self, batch: Sequence[Update], target: Holding, error: SwitchError | None) -> Iterator[Event]:
        """What became of each update of a batch: refused by name, or the fate of all."""
        refusals = {id(refusal.update): refusal for refusal in error.refusals} if error else {}
        for update in batch:
            refusal = refusals.get(id(update))
            code, message = ("ok", "")
            if refusal is not None:
                code, message = refusal.code, refusal.message
            elif error is not None and not refusals:
                code, message = error.code, error.message
            else:
                self.done[update.operation] += 1
            yield Event(
                switch=self.session.name,
                action=update.operation.value,
                object=as_json(update.key, update.content),
                provenance=target.provenance.get(update.key, {}),
                outcome=code,
                message=message,
            )
