"""The faults, and the truth about one that was injected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from contra.deploy.control.model import Content, EntryKey, Key
from contra.diagnose.model import Cause


class Fault(Enum):
    """What can be broken on purpose."""

    TABLE_FULL = "table-full"
    """A switch has less room in a table than its program says; it is filled anew, and refuses the rest."""
    AGENT_CRASH = "agent-crash"
    """The process of a switch is killed while its entries are written."""
    DROP_WRITES = "drop-writes"
    """A proxy between controller and switch acknowledges all writes and drops some."""
    CORRUPT = "corrupt"
    """An entry is altered through the switch's own interface."""
    STALE = "stale"
    """A switch cannot be reached while all change to another compilation, and keeps the entries of the old one."""
    CUT_PUSH = "cut-push"
    """The connection to a switch breaks while its entries are written; the switch itself lives on."""


CAUSES: Mapping[Fault, Cause] = {
    Fault.TABLE_FULL: Cause.TABLE_FULL,
    Fault.AGENT_CRASH: Cause.UNREACHABLE,
    Fault.DROP_WRITES: Cause.DROPPED_WRITES,
    Fault.CORRUPT: Cause.CORRUPTED_ENTRY,
    Fault.STALE: Cause.STALE_REVISION,
    Fault.CUT_PUSH: Cause.PARTIAL_PUSH,
}
"""What a diagnosis has to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is to break; only what the fault needs is set."""

    fault: Fault
    switch: int
    table: str = ""
    """TABLE_FULL: which."""
    size: int = 0
    """TABLE_FULL: the room that is left."""
    admits: bool = True
    """TABLE_FULL: whether the switch says so when it is asked for its program."""
    keys: frozenset[Key] = frozenset()
    """DROP_WRITES: of the entries and groups whose writes vanish. CORRUPT: of the altered entry."""
    after: int = 0
    """AGENT_CRASH, CUT_PUSH: updates that are still carried out."""
    seed: int = 0
    """For what is drawn later."""
    changing: bool = False
    """Whether it happens while all switches change to another build, not while one is filled anew. What it strikes is
    drawn once that build is there."""
    among: tuple[int, ...] = ()
    """The switches that it may be; all, if none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What a diagnosis should find."""

    fault: Fault
    switch: str
    """Its name."""
    table: str = ""
    keys: frozenset[Key] = frozenset()
    told: str
    """In words, for the report."""

    @property
    def cause(self) -> Cause:
        """Of the fault."""
        return CAUSES[self.fault]


@dataclass(frozen=True, slots=True)
class Alteration:
    """An entry with its new content."""

    key: EntryKey
    content: Content
