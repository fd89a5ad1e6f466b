"""What a switch holds, by the names of its program: no protobuf, no ids, no bytes.

Both sides are brought into this form before they are compared: the build (`desired`) and what a switch answers
(`p4runtime`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from contra.p4.runtime import Replica


class Match(NamedTuple):
    """One key of an entry. What `extra` is depends on the kind.

    exact: 0; lpm: length of the prefix; ternary: mask; range: upper bound, with the lower one in `value`. Keys that
    match everything (prefix of length 0, mask 0, full range) are left out of an entry, as P4Runtime wants it.
    """

    name: str
    kind: str
    """exact, lpm, ternary, range or optional."""
    value: int
    extra: int = 0


class EntryKey(NamedTuple):
    """What tells entries of a switch apart. The default action of a table has no matches, and `default` set."""

    table: str
    """Full name, as `ContraIngress.route.hop_port`."""
    matches: tuple[Match, ...] = ()
    """Ordered by name."""
    priority: int = 0
    default: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An action with its parameters, in the order of the program."""

    name: str
    parameters: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupKey:
    """A multicast group."""

    group: int


Key = EntryKey | GroupKey
Content = Action | tuple[Replica, ...]
"""Of an entry its action; of a group its replicas, ordered by port and instance."""


@dataclass(frozen=True, slots=True)
class Holding:
    """All entries and groups of one switch. Constant entries of the program are not among them."""

    contents: Mapping[Key, Content]
    provenance: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict, compare=False)
    """Why each is there (docs/artifacts.md); only of what comes from a build."""


class Operation(Enum):
    """What an update does."""

    INSERT = "insert"
    MODIFY = "modify"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Update:
    """One change of what a switch holds. `content` is None for a deletion."""

    operation: Operation
    key: Key
    content: Content | None


@dataclass(frozen=True, slots=True)
class Altered:
    """Held under the right key, with another content."""

    key: Key
    expected: Content
    found: Content


@dataclass(frozen=True, slots=True)
class Difference:
    """How what a switch holds differs from what it should hold."""

    missing: tuple[Key, ...]
    extra: tuple[Key, ...]
    altered: tuple[Altered, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.extra or self.altered)
