"""One finding and the journal: what must have happened for the switch to hold this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from contra.deploy.control.journal import OK
from contra.deploy.control.model import EntryKey, Key, Operation
from contra.deploy.control.words import as_json
from contra.diagnose.history import (
    BUSY_CODE,
    FULL_CODE,
    LOST,
    STILL_DIFFERS_CODE,
    WRITES,
    History,
    code_of,
    identity,
    writes,
)
from contra.diagnose.lines import Noted
from contra.diagnose.model import Cause, Sureness
from contra.verify import Finding, FindingKind

_AT_ODDS = {("insert", "ALREADY_EXISTS"), ("modify", "NOT_FOUND"), ("delete", "NOT_FOUND")}
"""Refusals that the controller answers by reading back; where they stay, memory and tables of the switch differ."""
_NO_ROOM, _VAGUE = "RESOURCE_EXHAUSTED", "UNKNOWN"
"""What switches answer where a table is full; BMv2 has but the second, which may mean anything."""


@dataclass(frozen=True, slots=True)
class Clue:
    """What a finding comes from, as far as can be told."""

    cause: Cause
    sureness: Sureness
    fact: str
    """What makes us think so; findings of one cause may share it."""
    lines: tuple[Noted, ...] = ()
    restart: bool = False
    """Whether writing again is of no use, because the switch is at odds with itself."""


@dataclass(frozen=True)
class Case:
    """A switch under investigation."""

    history: History
    revision: str
    """Of the build that it should hold."""
    wrong: Mapping[str, Finding]
    """All that was found there, by what it is about (`identity`)."""

    def clue(self, finding: Finding) -> Clue:
        """What a finding comes from."""
        if finding.kind is FindingKind.SHADOWED:
            return self._shadowed(finding)
        at = self.history.of(finding.key)
        if not at:
            return self._unwritten(finding)
        last = self.history.lines[at[-1]]
        outcome = last.record.outcome
        if outcome == OK:
            return self._acknowledged(finding, at)
        if outcome in LOST:
            return self._lost(finding, at)
        if (last.record.action, outcome) in _AT_ODDS:
            return self._at_odds(at)
        return self._refused(last, finding.key)

    def _shadowed(self, finding: Finding) -> Clue:
        """It is there, and what comes before it should not be, or not so: that is what happened."""
        before = (self.wrong.get(identity(as_json(key, None))) for key in finding.others)
        culprit = next((each for each in before if each is not None and each.kind is not FindingKind.SHADOWED), None)
        if culprit is not None:
            return self.clue(culprit)
        return Clue(Cause.UNKNOWN, Sureness.POSSIBLE, "it is there, and never matches")

    # ------------------------------------------------------------------------------------------ acknowledged

    def _acknowledged(self, finding: Finding, at: Sequence[int]) -> Clue:
        """The last write was acknowledged: was it the right one, and was it ever seen?"""
        last = self.history.lines[at[-1]]
        if not writes(last, finding.key, finding.expected):
            return self._older(finding, last)
        proof = self.history.proof(at[-1])
        if proof is not None:
            fact = "it was read back as it should be, and is not now: changed since, and not by this controller"
            return Clue(Cause.CORRUPTED_ENTRY, Sureness.CERTAIN, fact, (last, proof))
        lines = tuple(self.history.lines[each] for each in at[-3:])
        failure = self.history.failure
        if code_of(failure) == STILL_DIFFERS_CODE:
            assert failure is not None
            fact = "the switch said yes to the write, and did not hold it when it was read back at once"
            return Clue(Cause.DROPPED_WRITES, Sureness.CERTAIN, fact, (*lines, failure))
        fact = "the switch said yes to the write; nothing says that it was ever seen there"
        return Clue(Cause.DROPPED_WRITES, Sureness.LIKELY, fact, lines)

    def _older(self, finding: Finding, last: Noted) -> Clue:
        """The last write was another one than this build asks for."""
        revision = last.record.revision
        if writes(last, finding.key, finding.found) and finding.found is not None:
            other = revision != self.revision
            fact = f"what it holds is what revision {revision} wrote" if other else "what it holds was written before"
            sure = Sureness.CERTAIN if other else Sureness.LIKELY
            return Clue(Cause.STALE_REVISION, sure, fact, (last, *self._tried()))
        fact = f"what revision {revision} wrote there is neither what this build asks for nor what is there"
        return Clue(Cause.UNKNOWN, Sureness.POSSIBLE, fact, (last,))

    # ------------------------------------------------------------------------------------------ never written

    def _unwritten(self, finding: Finding) -> Clue:
        """No line is about it."""
        if finding.expected is None:
            return Clue(Cause.CORRUPTED_ENTRY, Sureness.LIKELY, "no line of the journal says that we wrote it")
        failure = self.history.failure
        if failure is not None:
            return self._never_tried(failure)
        proof = self.history.proved
        if proof is not None and proof.record.revision == self.revision:
            fact = "all was read back as it should be, and is not now: changed since, and not by this controller"
            return Clue(Cause.CORRUPTED_ENTRY, Sureness.LIKELY, fact, (proof,))
        if proof is not None:
            fact = f"it was last filled from revision {proof.record.revision}, and nothing of this build was written"
            return Clue(Cause.STALE_REVISION, Sureness.LIKELY, fact, (proof, *self._tried()))
        return Clue(Cause.UNKNOWN, Sureness.POSSIBLE, "the journal does not say that it was ever written")

    def _never_tried(self, failure: Noted) -> Clue:
        """Writing ended before it came to this entry."""
        fact = "writing ended before this entry was reached"
        if code_of(failure) == FULL_CODE:
            return Clue(Cause.TABLE_FULL, Sureness.LIKELY, fact, (failure,))
        if failure.record.outcome in LOST:
            if self._untouched:
                return Clue(Cause.STALE_REVISION, Sureness.LIKELY, fact, (*self._tried(), failure))
            return Clue(Cause.PARTIAL_PUSH, Sureness.LIKELY, fact, (failure,))
        return Clue(Cause.UNKNOWN, Sureness.POSSIBLE, fact, (failure,))

    # ------------------------------------------------------------------------------------------ failed writes

    def _lost(self, finding: Finding, at: Sequence[int]) -> Clue:
        """Nobody knows what became of the last write; the switch does."""
        last, failure = self.history.lines[at[-1]], self.history.failure
        ends = () if failure is None else (failure,)
        if self._untouched:
            fact = "the connection broke before anything was written, and it holds what it held before"
            before = self._before(finding, at)
            sure = Sureness.CERTAIN if before else Sureness.LIKELY
            return Clue(Cause.STALE_REVISION, sure, fact, (*before, *self._tried(), last, *ends))
        fact = f"the connection broke while it was written; {self._taken} other writes of this push are there"
        return Clue(Cause.PARTIAL_PUSH, Sureness.CERTAIN, fact, (last, *ends))

    def _before(self, finding: Finding, at: Sequence[int]) -> tuple[Noted, ...]:
        """The earlier line which says that what the switch holds was written."""
        older = (self.history.lines[each] for each in reversed(at[:-1]))
        done = next((each for each in older if each.record.outcome == OK), None)
        return () if done is None or not writes(done, finding.key, finding.found) else (done,)

    def _at_odds(self, at: Sequence[int]) -> Clue:
        """The switch refused a write by what it remembers, and shows something else."""
        rows = [self.history.lines[each] for each in at]
        done = [each for each in rows if each.record.outcome == OK][-1:]
        proof = [each for each in (self.history.proved,) if each is not None]
        fact = "the switch takes it for {}, and does not show it so: changed behind its P4Runtime server".format(
            "there already" if rows[-1].record.action == Operation.INSERT.value else "gone"
        )
        return Clue(Cause.CORRUPTED_ENTRY, Sureness.LIKELY, fact, (*done, *proof, rows[-1]), restart=True)

    def _refused(self, last: Noted, key: Key) -> Clue:
        """The switch said no."""
        failure, outcome = self.history.failure, last.record.outcome
        ends = () if failure is None else (failure,)
        said = last.record.message or outcome
        if code_of(failure) == FULL_CODE or (outcome == _NO_ROOM and code_of(failure) != BUSY_CODE):
            about = failure.record.object if failure is not None else {}
            size, wanted = about.get("size"), about.get("wanted")
            room = f": room for {size}, {wanted} wanted" if isinstance(size, int) and isinstance(wanted, int) else ""
            return Clue(
                Cause.TABLE_FULL, Sureness.CERTAIN, f"the switch refused it for want of room{room}", (last, *ends)
            )
        if outcome == _VAGUE and isinstance(key, EntryKey) and key.table == self._seems_full:
            fact = f"the switch refused to insert it ('{said}') after it had taken others of its table"
            return Clue(Cause.TABLE_FULL, Sureness.LIKELY, fact, (last, *ends))
        return Clue(Cause.UNKNOWN, Sureness.POSSIBLE, f"the switch refused it: {said}", (last, *ends))

    @cached_property
    def _seems_full(self) -> str:
        """The table, if of this push inserts into one alone were refused, and others of it were taken; else empty."""
        tried = [each.record for each in self.history.push if each.record.action in WRITES]
        refused = [each for each in tried if each.outcome == _VAGUE]
        tables = {str(each.object.get("table")) for each in refused}
        inserts = all(each.action == Operation.INSERT.value for each in refused)
        taken = any(each.outcome == OK and str(each.object.get("table")) in tables for each in tried)
        return tables.pop() if len(tables) == 1 and inserts and taken else ""

    # ------------------------------------------------------------------------------------------ the push

    @cached_property
    def _attempted(self) -> set[str]:
        """What the last push was about."""
        return {identity(each.record.object) for each in self.history.push if each.record.action in WRITES}

    @cached_property
    def _taken(self) -> int:
        """Writes of the last push that came to be."""
        return len(self._attempted - self.wrong.keys())

    @cached_property
    def _untouched(self) -> bool:
        """Whether the switch held all of something before, and nothing of the last push came to it."""
        return self.history.proved is not None and self._taken == 0

    def _tried(self) -> tuple[Noted, ...]:
        """The line that says that all switches were to change to another build."""
        return tuple(each for each in self.history.push if each.record.action == "apply")[-1:]
