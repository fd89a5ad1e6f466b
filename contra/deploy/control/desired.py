"""What a switch of a deployment should hold: the build's entries, with what the deployment changes in them."""

from __future__ import annotations

from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Holding, Key, Match
from contra.engine.build import Build
from contra.p4.runtime import Entry
from contra.p4.typed import Key as TypedKey
from contra.p4.typed import KeyValue


def desired(build: Build, index: int) -> Holding:
    """X."""
    switch = build.switches[index]
    contents: dict[Key, Content] = {}
    provenance = {}
    entries = switch.entries
    for table in switch.program.typed.tables:
        if not table.constant_default:
            action = table.default
            contents[EntryKey(table.name, default=True)] = Action(
                action.name, tuple((p.name, v) for p, v in zip(action.data, table.default_arguments, strict=True))
            )
    for entry in (e for rows in entries.entries.values() for e in rows):
        key = EntryKey(entry.table.name, _matches(entry), entry.priority)
        contents[key], provenance[key] = _action(entry), entry.provenance
    for entry in entries.defaults.values():
        key = EntryKey(entry.table.name, default=True)
        contents[key], provenance[key] = _action(entry), entry.provenance
    for number, group in entries.groups.items():
        group_key = GroupKey(number)
        contents[group_key] = tuple(sorted(group.replicas, key=lambda r: (r.port, r.instance)))
        provenance[group_key] = group.provenance
    return Holding(contents, provenance)


def _matches(entry: Entry) -> tuple[Match, ...]:
    found = (_match(key, value) for key, value in zip(entry.table.keys, entry.keys, strict=True))
    return tuple(sorted((m for m in found if m is not None), key=lambda match: match.name))


def _match(key: TypedKey, value: KeyValue) -> Match | None:
    if key.match == "lpm":
        assert value.prefix is not None
        return Match(key.name, "lpm", value.value, value.prefix) if value.prefix else None
    if key.match == "ternary":
        assert value.mask is not None
        return Match(key.name, "ternary", value.value, value.mask) if value.mask else None
    if key.match == "exact":
        return Match(key.name, "exact", value.value)
    raise NotImplementedError


def _action(entry: Entry) -> Action:
    return Action(
        entry.action.name, tuple((p.name, v) for p, v in zip(entry.action.data, entry.arguments, strict=True))
    )
