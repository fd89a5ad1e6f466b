"""The reader behind `contra.p4.runtime.read_entries`: a walk over the JSON, with a message for all that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from contra.diagnostics import Diagnostic, Reporter, report, shown
from contra.jsontext import JsonDocument, Path, kind_of
from contra.p4.runtime import CloneSession, Entry, Group, Replica, SwitchEntries
from contra.p4.runtime_errors import (
    BadPriority,
    BadValue,
    DuplicateEntry,
    FixedTable,
    MissingField,
    MissingName,
    OtherTarget,
    TableFull,
    UnknownAction,
    UnknownField,
    UnknownName,
    UnknownTable,
)
from contra.p4.runtime_names import ActionPlan, TablePlan, plans_of
from contra.p4.runtime_values import Slot, UnfitError, example_of, key_value, number_of
from contra.p4.typed import Program, Table
from contra.source import Span
from contra.suggest import did_you_mean

MAX_GROUP = 0xFFFF
"""v1model's mcast_grp has 16 bits; group 0 is none."""
MAX_INSTANCE = 0xFFFF
"""v1model's egress_rid has 16 bits."""
MAX_SESSION = 0x7FFF
"""simple_switch keeps 15 bits of a session."""
MAX_PORT = 510
"""v1model's ports have 9 bits, and 511 means drop."""
MAX_PRIORITY = 2**31 - 1
"""An int32 in P4Runtime."""
MAX_LENGTH = 2**31 - 1

_TOP = ("target", "p4info", "bmv2_json", "table_entries", "multicast_group_entries", "clone_session_entries")
_ENTRY = ("table", "match", "action_name", "action_params", "default_action", "priority", "provenance")
_GROUP = ("multicast_group_id", "replicas", "provenance")
_SESSION = ("clone_session_id", "replicas", "packet_length_bytes", "provenance")
_REPLICA = ("egress_port", "instance")
_NOTHING: Mapping[str, Any] = MappingProxyType({})

_T = TypeVar("_T")


class _Unusable(Exception):
    """Leaves an entry that has been reported."""


class RuntimeReader:
    """Reads one document for one program."""

    def __init__(self, document: JsonDocument, program: Program, reporter: Reporter) -> None:
        self.document = document
        self.reporter = reporter
        self.plans = plans_of(program)
        self.entries: dict[Table, list[Entry]] = {table: [] for table in program.tables}
        self.defaults: dict[Table, Entry] = {}
        self.seen: dict[tuple[object, ...], Path] = {}

    def read(self) -> SwitchEntries:
        """All of the file; what is wrong goes to the reporter."""
        top = self.document.value
        if not isinstance(top, dict):
            self.wrong((), "a runtime.json", "an object", top)
            self.reporter.check()
        self.known_fields((), top, "a runtime.json", _TOP)
        target = top.get("target", "bmv2")
        if target != "bmv2":
            found = shown(target) if isinstance(target, str) else kind_of(target)
            self.report(OtherTarget(target=found, span=self.span(("target",))))
        self.each(top, "table_entries", self.entry)
        self.check_room()
        groups: dict[int, Group] = {}
        sessions: dict[int, CloneSession] = {}
        self.each(top, "multicast_group_entries", lambda path, row: groups.update(self.group(path, row)))
        self.each(top, "clone_session_entries", lambda path, row: sessions.update(self.session(path, row)))
        entries = {table: tuple(rows) for table, rows in self.entries.items()}
        return SwitchEntries(entries, self.defaults, groups, sessions, self.document)

    # ------------------------------------------------------------------------------------------ messages

    def span(self, path: Path) -> Span:
        """The place of a value."""
        return self.document.span(path)

    def report(self, diagnostic: Diagnostic) -> None:
        """Report; gives up after very many."""
        report(self.reporter, diagnostic)

    def wrong(self, path: Path, what: str, expected: str, value: Any) -> None:
        """Report a JSON value of the wrong kind."""
        self.report(BadValue(what=what, expected=expected, found=kind_of(value), span=self.span(path)))

    def known_fields(self, path: Path, value: Mapping[str, Any], where: str, known: tuple[str, ...]) -> None:
        """Warn of JSON keys that nobody reads."""
        for name in value:
            if name not in known:
                near, names = did_you_mean(name, known), ", ".join(known)
                span = self.document.span((*path, name), key=True)
                self.report(UnknownField(where=where, field=shown(name), near=near, known=names, span=span))

    def field(self, path: Path, row: Mapping[str, Any], name: str, kind: type[_T], what: str, example: str) -> _T:
        """A value that has to be there, of a JSON type."""
        value = row.get(name)
        if type(value) is kind:
            return value
        if name in row:
            self.wrong((*path, name), f'"{name}"', what, value)
        else:
            self.report(MissingField(where="this", field=name, example=example, span=self.span(path)))
        raise _Unusable

    def whole(self, path: Path, row: Mapping[str, Any], name: str, low: int, high: int) -> int:
        """A whole number that has to be there."""
        value = self.field(path, row, name, int, f"a whole number from {low} to {high:,}", f'"{name}": {low}')
        if not low <= value <= high:
            self.wrong((*path, name), f'"{name}"', f"a whole number from {low} to {high:,}", value)
            raise _Unusable
        return value

    def mapping(self, path: Path, row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        """An object that may be absent."""
        value = row.get(name, _NOTHING)
        if not isinstance(value, Mapping):
            self.wrong((*path, name), f'"{name}"', "an object", value)
            raise _Unusable
        return value

    def once(self, identity: tuple[object, ...], path: Path, what: str) -> None:
        """Refuse what was there before."""
        first = self.seen.setdefault(identity, path)
        if first is not path:
            self.report(DuplicateEntry(what=what, first=self.span(first), span=self.span(path)))
            raise _Unusable

    def each(self, top: Mapping[str, Any], name: str, read: Callable[[Path, dict[str, Any]], object]) -> None:
        """Read the rows of a list that may be absent."""
        rows = top.get(name, [])
        if not isinstance(rows, list):
            self.wrong((name,), f'"{name}"', "a list", rows)
            return
        for number, row in enumerate(rows):
            path = (name, number)
            if not isinstance(row, dict):
                self.wrong(path, f'an element of "{name}"', "an object", row)
                continue
            try:
                read(path, row)
            except _Unusable:
                continue

    # ------------------------------------------------------------------------------------------ entries

    def one(self, number: int, row: dict[str, Any]) -> Entry | None:
        """Entry `number` of the file alone; None if it was reported."""
        try:
            return self.entry(("table_entries", number), row)
        except _Unusable:
            return None

    def entry(self, path: Path, row: dict[str, Any]) -> Entry:
        """One of the table entries."""
        if len(row) > len(_ENTRY) or not all(map(_ENTRY.__contains__, row)):
            self.known_fields(path, row, "an entry", _ENTRY)
        plan = self.table(path, row)
        table = plan.table
        default = row.get("default_action", False)
        if type(default) is not bool:
            self.wrong((*path, "default_action"), '"default_action"', "true or false", default)
            raise _Unusable
        self.check_loadable(path, plan, default)
        match = self.mapping(path, row, "match")
        if default and match:
            self.wrong((*path, "match"), '"match" of a default action', "absent or {}", match)
            raise _Unusable
        owner = f"table '{table.name}'"
        of_table = (owner, "key", table.span)
        slots = () if default else plan.keys
        keys = self.values(path, "match", match, slots, key_value, lambda slot: slot.anything, of_table)
        action = self.action(path, row, plan, default)
        params = self.mapping(path, row, "action_params")
        of_action = (f"action '{action.action.name}'", "parameter", action.action.span)
        arguments = self.values(path, "action_params", params, action.data, number_of, lambda slot: None, of_action)
        priority = self.priority(path, row, plan) if "priority" in row or (plan.may_overlap and not default) else 0
        number = path[1]
        assert isinstance(number, int)
        provenance = self.mapping(path, row, "provenance")
        entry = Entry(table, keys, action.action, arguments, priority, provenance, number)
        if default:
            self.once((table,), path, f"the default action of {owner}")
            self.defaults[table] = entry
        else:
            self.once((table, keys, priority), path, f"an entry of {owner} with these keys")
            self.entries[table].append(entry)
        return entry

    def table(self, path: Path, row: Mapping[str, Any]) -> TablePlan:
        """The table of an entry."""
        example = '"table": "ContraIngress.ingress_port"'
        name = self.field(path, row, "table", str, "the name of a table", example)
        plan = self.plans.get(name)
        if plan is not None:
            return plan
        known = [plan.table.name for plan in self.plans.full.values() if plan.table.entries is None]
        near, table = self._near(name, self.plans.full, self.plans.ambiguous)
        self.report(
            UnknownTable(
                name=shown(name),
                near=near,
                known=", ".join(known),
                declared=table.table.span if table else None,
                span=self.span((*path, "table")),
            )
        )
        raise _Unusable

    def _near(self, name: str, full: Mapping[str, _T], ambiguous: Mapping[str, list[str]]) -> tuple[str, _T | None]:
        """What a name may have been meant to be: words for it, and the thing."""
        if name in ambiguous:
            return f"is it {' or '.join(ambiguous[name])}?", None
        by_last: dict[str, str] = {}
        for each in full:
            by_last.setdefault(each.rpartition(".")[2], each)
        for candidates in ({each: each for each in full}, by_last):
            for asked in (name, name.rpartition(".")[2]):
                words = did_you_mean(asked, candidates)
                if words:
                    meant = candidates[words.split("'")[1]]
                    return f"did you mean '{meant}'?", full[meant]
        return "", None

    def check_loadable(self, path: Path, plan: TablePlan, default: bool) -> None:
        """Refuse what the program fixes."""
        table = plan.table
        if default and table.constant_default:
            what, reason = "the default action", "its default action is constant"
        elif not default and table.entries is not None:
            what, reason = "the entries", "its entries are constant"
        elif not default and not table.keys:
            what, reason = "the entries", 'it has no keys: only its default action can be set ("default_action": true)'
        else:
            return
        self.report(FixedTable(what=what, table=table.name, reason=reason, declared=table.span, span=self.span(path)))
        raise _Unusable

    def action(self, path: Path, row: Mapping[str, Any], plan: TablePlan, default: bool) -> ActionPlan:
        """The action of an entry."""
        example = f'"action_name": "{next(iter(plan.actions.full), "NoAction")}"'
        name = self.field(path, row, "action_name", str, "the name of an action", example)
        found = plan.actions.get(name)
        if found is None:
            reason = f"table '{plan.table.name}' has no action '{shown(name)}'"
            near = self._near(name, plan.actions.full, plan.actions.ambiguous)[0]
        elif found.use.table_only if default else found.use.default_only:
            only = "entries" if default else "default action"
            reason, near = f"action '{name}' can only stand in the {only} of table '{plan.table.name}'", ""
        else:
            return found
        fitting = (
            each.action.name
            for each in plan.actions.full.values()
            if not (each.use.table_only if default else each.use.default_only)
        )
        span = self.span((*path, "action_name"))
        self.report(UnknownAction(reason=reason, near=near, known=", ".join(fitting), table=plan.table.span, span=span))
        raise _Unusable

    def values(
        self,
        path: Path,
        part: str,
        given: Mapping[str, Any],
        slots: tuple[Slot, ...],
        convert: Callable[[Slot, Any], _T],
        absent: Callable[[Slot], _T | None],
        about: tuple[str, str, Span],
    ) -> tuple[_T, ...]:
        """The values of keys or parameters in their order. `about`: whose they are, what they are called, where."""
        found: list[_T] = []
        used = 0
        for slot in slots:
            if slot.name not in given:
                default = absent(slot)
                if default is not None:
                    found.append(default)
                continue
            used += 1
            try:
                found.append(convert(slot, given[slot.name]))
            except UnfitError as unfit:
                self.unfit((*path, part, slot.name), f"{about[1]} '{slot.name}' of {about[0]}", unfit)
        if used != len(given) or len(found) != len(slots):
            self.report_names(path, part, given, slots, about)
            raise _Unusable
        return tuple(found)

    def unfit(self, path: Path, what: str, unfit: UnfitError) -> None:
        """Report a value that does not fit."""
        self.report(
            BadValue(
                what=what,
                expected=unfit.expected,
                found=kind_of(unfit.raw),
                reason=unfit.reason,
                hint=unfit.hint,
                span=self.span((*path, *unfit.path)),
            )
        )

    def report_names(
        self, path: Path, part: str, given: Mapping[str, Any], slots: Iterable[Slot], about: tuple[str, str, Span]
    ) -> None:
        """Report what is missing and what is too much."""
        owner, what, declared = about
        names = [slot.name for slot in slots]
        for name in given:
            if name not in names:
                near = did_you_mean(name, [each for each in names if each not in given])
                span = self.document.span((*path, part, name), key=True)
                args = {"owner": owner, "what": what, "name": shown(name), "near": near, "known": ", ".join(names)}
                self.report(UnknownName(**args, declared=declared, span=span))
        place = self.span((*path, part))
        for slot in slots:
            if slot.name not in given and slot.anything is None:
                args = {"owner": owner, "what": what, "name": slot.name, "example": example_of(slot)}
                self.report(MissingName(**args, declared=declared, span=place))

    def priority(self, path: Path, row: Mapping[str, Any], plan: TablePlan) -> int:
        """The priority of an entry."""
        overlap = plan.may_overlap and row.get("default_action") is not True
        if overlap and "priority" in row:
            return self.whole(path, row, "priority", 1, MAX_PRIORITY)
        if not overlap and row["priority"] == 0 and type(row["priority"]) is int:
            return 0
        name = plan.table.name
        if overlap:
            reason = f"entries of table '{name}' may overlap, and this one has no priority"
            hint = 'add "priority": 1, or more; where two entries match, the greater one is taken'
        else:
            reason = f"entries of table '{name}' cannot overlap, so they have no priority"
            hint = 'remove "priority"'
        span = self.span((*path, "priority"))
        self.report(BadPriority(reason=reason, hint=hint, declared=plan.table.span, span=span))
        raise _Unusable

    def check_room(self) -> None:
        """Refuse more entries than a table has room for."""
        for table, entries in self.entries.items():
            if len(entries) > table.size:
                span = self.span(("table_entries", entries[table.size].number))
                count = len(entries)
                self.report(TableFull(count=count, size=table.size, table=table.name, declared=table.span, span=span))

    # ------------------------------------------------------------------------------------------ groups

    def group(self, path: Path, row: dict[str, Any]) -> Mapping[int, Group]:
        """A multicast group by its number."""
        self.known_fields(path, row, "a multicast group", _GROUP)
        number = self.whole(path, row, "multicast_group_id", 1, MAX_GROUP)
        self.once(("group", number), path, f"multicast group {number}")
        return {number: Group(self.replicas(path, row), self.mapping(path, row, "provenance"))}

    def session(self, path: Path, row: dict[str, Any]) -> Mapping[int, CloneSession]:
        """A clone session by its number."""
        self.known_fields(path, row, "a clone session", _SESSION)
        number = self.whole(path, row, "clone_session_id", 1, MAX_SESSION)
        self.once(("session", number), path, f"clone session {number}")
        has_length = "packet_length_bytes" in row
        length = self.whole(path, row, "packet_length_bytes", 0, MAX_LENGTH) if has_length else 0
        return {number: CloneSession(self.replicas(path, row), length)}

    def replicas(self, path: Path, row: dict[str, Any]) -> tuple[Replica, ...]:
        """The copies of a group or session, each once."""
        example = '"replicas": [{"egress_port": 1, "instance": 1}]'
        rows = self.field(path, row, "replicas", list, "a list", example)
        result: dict[Replica, int] = {}
        for number, each in enumerate(rows):
            place = (*path, "replicas", number)
            if type(each) is not dict:
                self.wrong(place, "a replica", "an object", each)
                raise _Unusable
            if len(each) != len(_REPLICA):
                self.known_fields(place, each, "a replica", _REPLICA)
            port = self.whole(place, each, "egress_port", 0, MAX_PORT)
            instance = self.whole(place, each, "instance", 0, MAX_INSTANCE)
            replica = Replica(port, instance)
            if replica in result:
                first = self.span((*path, "replicas", result[replica]))
                what = f"the copy to port {port} with instance {instance}"
                self.report(DuplicateEntry(what=what, first=first, span=self.span(place)))
                raise _Unusable
            result[replica] = number
        return tuple(result)
