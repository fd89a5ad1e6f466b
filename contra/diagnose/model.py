"""What a diagnosis says."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from contra.deploy.control.model import EntryKey, Key
from contra.diagnostics import Diagnostic
from contra.localize import Suspect
from contra.verify import Finding


class Cause(Enum):
    """What happened to a switch."""

    TABLE_FULL = "table full"
    """It refused entries for want of room."""
    UNREACHABLE = "switch unreachable"
    """It does not answer: dead, hanging, or cut off."""
    PARTIAL_PUSH = "partial push"
    """The controller was interrupted while it wrote, and some of what it had to write is there."""
    STALE_REVISION = "stale revision"
    """It holds what another compilation wrote, and nothing of the present one came to it."""
    CORRUPTED_ENTRY = "corrupted entry"
    """It held what it should, and somebody else has changed that since."""
    DROPPED_WRITES = "dropped writes"
    """It acknowledged writes, and does not hold what was written."""
    UNKNOWN = "unknown"


class Sureness(Enum):
    """How well a cause is founded."""

    CERTAIN = "certain"
    """Journal and switch say so, and nothing says otherwise."""
    LIKELY = "likely"
    """One of the two says so."""
    POSSIBLE = "possible"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of a journal."""

    file: Path
    line: int
    """From 1."""
    text: str
    """The line itself."""
    words: str
    """What it says, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One fault: a switch, and what happened to it."""

    switch: str
    cause: Cause
    sureness: Sureness
    table: str = ""
    """Full name, where all of it is about one table."""
    findings: tuple[Finding, ...] = ()
    """What this explains; nothing where the switch does not answer."""
    total: int = 0
    """Entries and groups of the switch that are not as they should be."""
    facts: tuple[str, ...] = ()
    """What was read back, and what of it follows, in words."""
    evidence: tuple[Evidence, ...] = ()
    restart: bool = False
    """Whether nothing but a new start of the switch helps."""
    suspects: tuple[Suspect, ...] = ()
    """Of the hypothesis: the objects that are broken because of this, the surest first."""

    @property
    def keys(self) -> tuple[Key, ...]:
        """Entries and groups that this explains."""
        return tuple(each.key for each in self.findings)

    @property
    def tables(self) -> tuple[str, ...]:
        """Tables of the entries that this explains, by name."""
        return tuple(sorted({key.table for key in self.keys if isinstance(key, EntryKey)}))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is wrong with a network; the first verdict is the first guess."""

    verdicts: tuple[Verdict, ...]
    notes: tuple[Diagnostic, ...] = ()
    """What was wrong with the journal; reported already."""
