"""Entries and groups <-> P4Runtime messages, by the names of a P4Info.

Messages are filled and read by attribute, so nothing is imported here. Values travel in the canonical form of
P4Runtime (spec 8.3): big-endian without leading zero bytes, one byte for 0.
"""

from __future__ import annotations

from typing import Any

from contra.deploy.control.client import Kind, SwitchError
from contra.deploy.control.model import Action, EntryKey, GroupKey, Match, Update
from contra.deploy.control.names import Field, Names, TableNames
from contra.p4.runtime import Replica


def number_to_bytes(value: int) -> bytes:
    """A value in canonical form."""
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


def fill_update(update: Update, names: Names, entity: Any) -> None:
    """Write what an update is about into an empty Entity. Raises SwitchError (WRONG_PIPELINE) for unknown names."""
    key, content = update.key, update.content
    if isinstance(key, GroupKey):
        group = entity.packet_replication_engine_entry.multicast_group_entry
        group.multicast_group_id = key.group
        assert content is None or isinstance(content, tuple)
        for replica in content or ():
            group.replicas.add(egress_port=replica.port, instance=replica.instance)
        return
    table = names.tables.get(key.table)
    if table is None:
        raise unknown("table", key.table)
    entry = entity.table_entry
    entry.table_id = table.id
    if key.default:
        entry.is_default_action = True
    fill_matches(key, table, entry)
    if content is not None:
        assert isinstance(content, Action)
        _fill_action(content, names, entry.action.action)


def fill_matches(key: EntryKey, table: TableNames, entry: Any) -> None:
    """Write the match fields and the priority of an entry."""
    ids = {each.name: each for each in table.keys}
    for match in key.matches:
        if match.name not in ids:
            raise unknown("key", f"{match.name}' of table '{table.name}")
        field = entry.match.add(field_id=ids[match.name].id)
        value, extra = number_to_bytes(match.value), match.extra
        if match.kind == "exact":
            field.exact.value = value
        elif match.kind == "lpm":
            field.lpm.value, field.lpm.prefix_len = value, extra
        elif match.kind == "ternary":
            field.ternary.value, field.ternary.mask = value, number_to_bytes(extra)
        elif match.kind == "range":
            field.range.low, field.range.high = value, number_to_bytes(extra)
        else:
            field.optional.value = value
    entry.priority = key.priority


def _fill_action(content: Action, names: Names, action: Any) -> None:
    known = names.actions.get(content.name)
    if known is None:
        raise unknown("action", content.name)
    action.action_id = known.id
    ids = {each.name: each.id for each in known.parameters}
    for name, value in content.parameters:
        if name not in ids:
            raise unknown("parameter", f"{name}' of action '{content.name}")
        action.params.add(param_id=ids[name], value=number_to_bytes(value))


def unknown(what: str, name: str) -> SwitchError:
    """The program has nothing of this name."""
    return SwitchError(Kind.WRONG_PIPELINE, f"the program has no {what} '{name}'")


def read_entry(entry: Any, names: Names) -> tuple[EntryKey, Action]:
    """The key and the action of a TableEntry."""
    table = names.tables_by_id.get(entry.table_id)
    if table is None:
        raise unknown("table with the id", str(entry.table_id))
    fields = {each.id: each for each in table.keys}
    matches = []
    for match in entry.match:
        if match.field_id not in fields:
            raise unknown("key", f"{match.field_id}' of table '{table.name}")
        matches.append(_read_match(match, fields[match.field_id]))
    matches.sort(key=lambda match: match.name)
    key = EntryKey(table.name, tuple(matches), entry.priority, entry.is_default_action)
    return key, _read_action(entry.action.action, names)


def _read_match(match: Any, field: Field) -> Match:
    number = int.from_bytes
    kind = match.WhichOneof("field_match_type")
    value = getattr(match, kind)
    if kind == "lpm":
        return Match(field.name, kind, number(value.value, "big"), value.prefix_len)
    if kind == "ternary":
        return Match(field.name, kind, number(value.value, "big"), number(value.mask, "big"))
    if kind == "range":
        return Match(field.name, kind, number(value.low, "big"), number(value.high, "big"))
    return Match(field.name, kind, number(value.value, "big"))


def _read_action(action: Any, names: Names) -> Action:
    known = names.actions_by_id.get(action.action_id)
    if known is None:
        raise unknown("action with the id", str(action.action_id))
    values = {each.param_id: int.from_bytes(each.value, "big") for each in action.params}
    return Action(known.name, tuple((each.name, values.get(each.id, 0)) for each in known.parameters))


def read_group(group: Any) -> tuple[GroupKey, tuple[Replica, ...]]:
    """A MulticastGroupEntry."""
    replicas = [
        Replica(
            int.from_bytes(each.port, "big") if each.WhichOneof("port_kind") == "port" else each.egress_port,
            each.instance,
        )
        for each in group.replicas
    ]
    replicas.sort(key=lambda replica: (replica.port, replica.instance))
    return GroupKey(group.multicast_group_id), tuple(replicas)


def split_header(data: bytes, fields: tuple[Field, ...]) -> tuple[list[tuple[int, bytes]], bytes]:
    """A packet with its header in front -> (id, value) of the header's fields, and what follows it."""
    bits = sum(field.bits for field in fields)
    size = (bits + 7) // 8
    if len(data) < size:
        raise ValueError(f"a packet-out has a header of {size} bytes, this is {len(data)}")
    header, left = int.from_bytes(data[:size], "big"), size * 8
    values = []
    for field in fields:
        left -= field.bits
        values.append((field.id, number_to_bytes(header >> left & (1 << field.bits) - 1)))
    return values, data[size:]


def join_header(values: dict[int, bytes], payload: bytes, fields: tuple[Field, ...]) -> bytes:
    """The inverse of `split_header`."""
    bits = sum(field.bits for field in fields)
    size = (bits + 7) // 8
    header, left = 0, size * 8
    for field in fields:
        left -= field.bits
        header |= int.from_bytes(values.get(field.id, b""), "big") << left
    return header.to_bytes(size, "big") + payload
