"""Entries and groups of one switch in a snapshot -> `Holding`.

Rows as `contra` writes them are taken as they are; all others go through the reader of runtime.json, which knows other
spellings (addresses, hexadecimal numbers) and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contra.deploy.control.desired import action_of, matches_of
from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Holding, Key, Match
from contra.deploy.control.words import key_words
from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.jsontext import JsonDocument, Path, kind_of
from contra.p4.runtime import Replica
from contra.p4.runtime_read import RuntimeReader
from contra.p4.typed import Program
from contra.source import Span
from contra.verify.errors import BadSnapshot, MoreUnread, Twice
from contra.verify.shapes import KeyShape, Shapes, TableShape

ENTRIES, GROUPS = "table_entries", "multicast_group_entries"
_ROW = frozenset(("table", "match", "action_name", "action_params", "default_action", "priority", "provenance"))
_MOST_NOTES = 5
_NOTHING: Mapping[str, Any] = {}


class _Part(JsonDocument):
    """A part of a document, with places in the whole."""

    def __init__(self, whole: JsonDocument, prefix: Path, value: Any) -> None:
        super().__init__(whole.file, value, whole.has_repeated_keys)
        self._whole, self._prefix = whole, prefix

    def span(self, path: Path, *, key: bool = False, which: int = -1) -> Span:
        """As in the whole."""
        return self._whole.span((*self._prefix, *path), key=key, which=which)


class EntriesReader:
    """Reads what one switch holds. `notes` afterwards: what could not be read, a few in full and the rest counted."""

    def __init__(self, document: JsonDocument, path: Path, shapes: Shapes, program: Program) -> None:
        self.part = _Part(document, path, None)
        self.switch = str(path[-1])
        self.shapes, self.program = shapes, program
        self.contents: dict[Key, Content] = {}
        self.places: dict[Key, Path] = {}
        self.notes: list[Diagnostic] = []
        self.rows = self.known = 0
        """Entries and groups that the snapshot names, and those that can be read."""
        self._careful: RuntimeReader | None = None
        self._unread = 0

    def read(self, row: Mapping[str, Any]) -> Holding:
        """All that can be read. A default action that is not named is the program's own."""
        self.each(row, ENTRIES, self.entry)
        self.each(row, GROUPS, self.group)
        self.known = len(self.contents)
        if self._unread:
            self.notes.append(MoreUnread(switch=self.switch, count=self._unread))
        for shape in self.shapes.values():
            if shape.default is not None:
                self.contents.setdefault(EntryKey(shape.name, default=True), shape.default)
        return Holding(self.contents)

    def each(self, row: Mapping[str, Any], name: str, read: Callable[[int, dict[str, Any]], None]) -> None:
        """The rows of a list that may be absent."""
        rows = row.get(name, [])
        if not isinstance(rows, list):
            self.bad((name,), f"'{name}'", "a list", rows)
            return
        self.rows += len(rows)
        for number, each in enumerate(rows):
            if isinstance(each, dict):
                read(number, each)
            else:
                self.bad((name, number), f"an element of '{name}'", "an object", each)

    def bad(self, path: Path, what: str, expected: str, value: Any) -> None:
        """Something else is expected at a place."""
        if self.room():
            span = self.part.span(path)
            self.notes.append(BadSnapshot(what=what, expected=expected, found=kind_of(value), span=span))

    def room(self) -> bool:
        """Whether one more note is of use; if not, it is counted."""
        if len(self.notes) < _MOST_NOTES:
            return True
        self._unread += 1
        return False

    def add(self, key: Key, content: Content, path: Path) -> None:
        """Keep an entry or a group, unless it was there before."""
        if key not in self.contents:
            self.contents[key] = content
            self.places[key] = path
        elif self.room():
            first, again = self.part.span(self.places[key]), self.part.span(path)
            self.notes.append(Twice(switch=self.switch, what=key_words(key), first=first, span=again))

    def entry(self, number: int, row: dict[str, Any]) -> None:
        """An entry of a table, or a default action."""
        name = row.get("table")
        shape = self.shapes.get(name) if type(name) is str else None
        plain = None if shape is None else plain_entry(shape, row)
        key, action = plain or self.careful(number, row)
        if key is not None and action is not None:
            self.add(key, action, (ENTRIES, number))

    def careful(self, number: int, row: dict[str, Any]) -> tuple[EntryKey, Action] | tuple[None, None]:
        """By the reader of runtime.json."""
        if self._careful is None:
            self._careful = RuntimeReader(self.part, self.program, Reporter())
        reporter = self._careful.reporter = Reporter()
        try:
            entry = self._careful.one(number, row)
        except CompileError:  # a hundred mistakes in one row
            entry = None
        for diagnostic in reporter.diagnostics:
            if self.room():
                self.notes.append(diagnostic)
        if entry is None:
            return None, None
        default = row.get("default_action") is True
        return EntryKey(entry.table.name, matches_of(entry), entry.priority, default), action_of(entry)

    def group(self, number: int, row: dict[str, Any]) -> None:
        """A multicast group."""
        path: Path = (GROUPS, number)
        group, rows = row.get("multicast_group_id"), row.get("replicas", [])
        if type(group) is not int or group < 0:
            self.bad((*path, "multicast_group_id"), "'multicast_group_id'", "a whole number", group)
            return
        replicas = [_replica(each) for each in rows] if isinstance(rows, list) else [None]
        known = [each for each in replicas if each is not None]
        if len(known) != len(replicas):
            expected = "a list of objects with 'egress_port' and 'instance', whole numbers"
            self.bad((*path, "replicas"), f"'replicas' of group {group}", expected, rows)
            return
        ordered = sorted(known, key=lambda replica: (replica.port, replica.instance))
        self.add(GroupKey(group), tuple(ordered), path)


def _replica(row: Any) -> Replica | None:
    if not isinstance(row, dict):
        return None
    port, instance = row.get("egress_port"), row.get("instance")
    if type(port) is not int or type(instance) is not int or port < 0 or instance < 0:
        return None
    return Replica(port, instance)


def _whole(value: Any) -> bool:
    return type(value) is int and value >= 0


def plain_entry(shape: TableShape, row: Mapping[str, Any]) -> tuple[EntryKey, Action] | None:
    """An entry as `contra` writes it; None if it is written otherwise, or something is wrong with it."""
    if not _ROW.issuperset(row):
        return None
    action = _plain_action(shape, row.get("action_name"), row.get("action_params", _NOTHING))
    match, priority = row.get("match", _NOTHING), row.get("priority", 0)
    if action is None or not isinstance(match, dict) or type(priority) is not int:
        return None
    if row.get("default_action", False) is True:
        fits = not match and not priority and shape.default is not None
        return (EntryKey(shape.name, default=True), action) if fits else None
    if not shape.keys or (priority > 0) is not shape.prioritised or "default_action" in row:
        return None
    found = [plain for key in shape.keys if (plain := _plain_match(key, match.get(key.name))) is not None]
    if len(found) != len(match) or sum(each.kind == "exact" for each in found) != shape.exact:
        return None
    if len(found) > 1:
        found.sort()
    return EntryKey(shape.name, tuple(found), priority), action


def _plain_action(shape: TableShape, name: Any, params: Any) -> Action | None:
    names = shape.actions.get(name) if type(name) is str else None
    if names is None or not isinstance(params, dict) or len(params) != len(names):
        return None
    values = tuple([(each, params[each]) for each in names if _whole(params.get(each))])
    return Action(str(name), values) if len(values) == len(names) else None


def _plain_match(key: KeyShape, value: Any) -> Match | None:
    """A key in the form that P4Runtime wants; None if it is not."""
    full = (1 << key.bits) - 1
    if key.kind in ("exact", "optional"):
        return Match(key.name, key.kind, value) if _whole(value) and value <= full else None
    if not isinstance(value, list) or len(value) != 2 or not all(map(_whole, value)):
        return None
    first, second = value
    if key.kind == "lpm":
        fits = 0 < second <= key.bits and first <= full and not first & (full >> second)
    elif key.kind == "ternary":
        fits = 0 < second <= full and not first & ~second
    else:
        fits = first <= second <= full and (first, second) != (0, full)
    return Match(key.name, key.kind, first, second) if fits else None
