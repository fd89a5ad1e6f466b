"""What a check found, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from contra.deploy.control.model import Content, Key
from contra.diagnostics import Diagnostic


class FindingKind(Enum):
    """How an entry or a group is not as it should be."""

    MISSING = "missing"
    EXTRA = "extra"
    ALTERED = "altered"
    """Held under the right key, with another content."""
    SHADOWED = "shadowed"
    """Held as it should be, but it never matches: others that should not be there, or not so, come before it."""


class Part(Enum):
    """What of an entry a field belongs to."""

    ACTION = "action"
    """The name of the action."""
    PARAMETER = "parameter"
    REPLICA = "replica"
    """A copy of a group, named PORT:INSTANCE; 1 where it is, None where not."""
    MATCH = "match"
    """A key of an entry that is missing, and of the one in its place."""
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that differs. `expected` and `found` are None where there is no such field on that side.

    Numbers are as in the entry; of an action it is the name; of a match the value as text (`10.0.0.0/8`).
    """

    part: Part
    name: str
    """Of the parameter or key; `PORT:INSTANCE` of a replica; empty for an action and a priority."""
    expected: int | str | None
    found: int | str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One entry or group that is not as it should be."""

    kind: FindingKind
    key: Key
    expected: Content | None
    """None of an extra one."""
    found: Content | None
    """None of a missing one."""
    fields: tuple[FieldChange, ...]
    """Which fields differ: of an altered one; and of a missing one in whose place another one is held."""
    provenance: Mapping[str, Any]
    """Of the expected entry (docs/artifacts.md); empty for an extra one."""
    others: tuple[Key, ...] = ()
    """What shadows a shadowed one; what has taken the place of a missing one, and the other way round."""


class Status(Enum):
    """What became of the check of a switch."""

    EQUAL = "equal"
    DIFFERS = "differs"
    EMPTY = "empty"
    """It runs the right program, and holds nothing of what it should."""
    UNREACHABLE = "unreachable"
    """It does not answer, or does not tell."""
    OTHER_PROGRAM = "other program"
    """It runs none, or not that of the build: what it holds cannot be compared."""
    ABSENT = "absent"
    """Nothing is known about it: the snapshot does not have it."""
    UNREADABLE = "unreadable"
    """The snapshot cannot be read there."""


@dataclass(frozen=True, slots=True)
class SwitchReport:
    """What was found at one switch."""

    switch: str
    """Name in the build, or in the snapshot if the build has none of that name."""
    status: Status
    findings: tuple[Finding, ...] = ()
    """Missing, altered and shadowed ones in the order of the build, then extra ones."""
    compared: int = 0
    """Entries and groups that the switch should hold."""
    harmless: int = 0
    """Entries that are not those of the build, and yet decide every packet as those would."""
    reason: str = ""
    """Why nothing was compared; empty otherwise."""
    code: str = ""
    """Of the message that `reason` is (CTRnnnn), where there is one."""
    notes: tuple[Diagnostic, ...] = ()
    """What could not be read or judged at this switch."""

    @property
    def good(self) -> bool:
        """Whether the switch does what it should."""
        return self.status is Status.EQUAL and not self.notes


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a network."""

    build: Path
    revision: str
    """Of the build (`contra.deploy.control.journal.revision_of`)."""
    switches: tuple[SwitchReport, ...]
    """In the order of the build; at the end those that the build does not have."""
    found_revision: str = ""
    """What the network was filled from; empty if nobody says."""
    taken: str = ""
    """When the network was read, as the snapshot says: UTC, ISO 8601."""
    notes: tuple[Diagnostic, ...] = ()
    """What concerns the whole network."""

    @property
    def good(self) -> bool:
        """Whether all switches do what they should."""
        return all(each.good for each in self.switches)

    def count(self, kind: FindingKind) -> int:
        """Findings of a kind."""
        return sum(each.kind is kind for switch in self.switches for each in switch.findings)
