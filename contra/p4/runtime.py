"""`runtime.json` of a switch -> entries, checked against the tables of its program.

The form is that of the p4lang tutorials, which `contrac` writes and P4Runtime loaders read: `table_entries` (exact
keys are a value, lpm [value, prefix length], ternary [value, mask], range [low, high]; for values see
`contra.p4.runtime_values`), `multicast_group_entries`, `clone_session_entries`. Tables and actions go by the control
plane's names, or by an unambiguous end of them.

What P4Runtime refuses is refused here: entries that may overlap without a priority, bits of a value that are not
compared, entries of constant tables. Places are worked out for messages only: a network has hundreds of these files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from contra.diagnostics import Reporter
from contra.jsontext import JsonDocument, read_json
from contra.p4.typed import Action, KeyValue, Program, Table
from contra.source import SourceFile, Span


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """An entry of a table, or its default action (no keys). `arguments` stand in the order of `action.data`.

    `priority`: larger is preferred; 0 in tables where entries cannot overlap. `number` counts within the file, from 0.
    """

    table: Table
    keys: tuple[KeyValue, ...]
    action: Action
    arguments: tuple[int, ...]
    priority: int
    provenance: Mapping[str, Any]
    number: int


@dataclass(frozen=True, slots=True)
class Replica:
    """One copy of a packet: out of which port, with which egress_rid."""

    port: int
    instance: int


@dataclass(frozen=True, slots=True)
class Group:
    """A multicast group."""

    replicas: tuple[Replica, ...]
    provenance: Mapping[str, Any] = field(compare=False)


@dataclass(frozen=True, slots=True)
class CloneSession:
    """Where clones go. `length` cuts them to so many bytes; 0 leaves them whole."""

    replicas: tuple[Replica, ...]
    length: int


@dataclass(frozen=True, eq=False)
class SwitchEntries:
    """All that is loaded into one switch. Every table of the program has its row in `entries`, in file order."""

    entries: Mapping[Table, tuple[Entry, ...]]
    defaults: Mapping[Table, Entry]
    """Default actions other than the program's own."""
    groups: Mapping[int, Group]
    sessions: Mapping[int, CloneSession]
    _document: JsonDocument = field(repr=False)

    def span(self, entry: Entry) -> Span:
        """Where an entry stands."""
        return self._document.span(("table_entries", entry.number))

    @property
    def count(self) -> int:
        """Entries, default actions included."""
        return sum(map(len, self.entries.values())) + len(self.defaults)


def read_entries(file: SourceFile, program: Program, reporter: Reporter) -> SwitchEntries:
    """The entries of a runtime.json for a program.

    All that is wrong with the file goes to `reporter` (CTR02xx for its JSON, CTR095x and CTR096x); raises CompileError
    if there is an error.
    """
    from contra.p4.runtime_read import RuntimeReader

    document = read_json(file, reporter, "a runtime.json")
    result = RuntimeReader(document, program, reporter).read()
    reporter.check()
    return result
