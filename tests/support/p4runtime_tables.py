"""The memory of a fake P4Runtime switch: its program, tables, groups and counters, as strict as P4Runtime's PI.

Codes and order of the checks are those of PI's device manager and of BMv2 behind it
(tests/deploy/control/test_real_fake.py compares the two). In one point this is stricter: values
have to be canonical (P4Runtime 1.3, 8.3), which PI asks of nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from google.rpc import code_pb2
from p4.config.v1 import p4info_pb2
from p4.v1 import p4runtime_pb2

Match = p4info_pb2.MatchField
_WHICH = {Match.EXACT: "exact", Match.LPM: "lpm", Match.TERNARY: "ternary", Match.RANGE: "range"}
_WHICH[Match.OPTIONAL] = "optional"


class Refused(Exception):
    """An update or a request that the switch does not carry out. `code` is a name of google.rpc.Code."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code, message)
        self.code, self.message = code_pb2.Code.Value(code), message


def number(value: bytes, bits: int, what: str) -> int:
    """A value in canonical form that fits."""
    if not value or (len(value) > 1 and value[0] == 0):
        raise Refused("INVALID_ARGUMENT", f"{what} is not in canonical form: {value!r}")
    result = int.from_bytes(value, "big")
    if result >> bits:
        raise Refused("INVALID_ARGUMENT", f"Bytestring provided does not fit within {bits} bits")
    return result


class Tables:
    """What a switch with a program holds."""

    def __init__(self, info: Any, config: bytes) -> None:
        self.info = info
        self.tables = {each.preamble.id: each for each in info.tables}
        self.actions = {each.preamble.id: each for each in info.actions}
        self.counters = {each.preamble.id: [0] * each.size for each in info.counters}
        self.entries: dict[int, dict[Any, Any]] = {each: {} for each in self.tables}
        self.groups: dict[int, Any] = {}
        self.defaults: dict[int, Any] = {}
        self.sizes: dict[int, int] = {}
        """Room in each table: BMv2 goes by its own program, whatever the P4Info says."""
        self.full_code = "UNKNOWN"
        """What a full table answers: UNKNOWN as BMv2 does, or RESOURCE_EXHAUSTED as the specification wants it."""
        self._read_program(json.loads(config))

    def _read_program(self, program: Any) -> None:
        """Default actions and constant entries, from what BMv2 reads them from."""
        names = {action["id"]: action["name"] for action in program["actions"]}
        tables = {table["name"]: table for pipeline in program["pipelines"] for table in pipeline["tables"]}
        by_name = {each.preamble.name: each for each in self.info.actions}
        for table in self.info.tables:
            row = tables[table.preamble.name]
            self.sizes[table.preamble.id] = row.get("max_size", table.size)
            default = row["default_entry"]
            entry = p4runtime_pb2.TableEntry(table_id=table.preamble.id, is_default_action=True)
            self._fill(entry.action.action, by_name[names[default["action_id"]]], default["action_data"])
            self.defaults[table.preamble.id] = entry
            for constant in row.get("entries", ()):
                entry = p4runtime_pb2.TableEntry(table_id=table.preamble.id)
                for field, key in zip(table.match_fields, constant["match_key"], strict=True):
                    entry.match.add(field_id=field.id).exact.value = canonical(int(key["key"], 16))
                action = constant["action_entry"]
                self._fill(entry.action.action, by_name[names[action["action_id"]]], action["action_data"])
                self.entries[table.preamble.id][self._key(entry)] = entry

    @staticmethod
    def _fill(action: Any, known: Any, data: list[str]) -> None:
        action.action_id = known.preamble.id
        for parameter, value in zip(known.params, data, strict=True):
            action.params.add(param_id=parameter.id, value=canonical(int(value, 16)))

    # ------------------------------------------------------------------------------------------ writes

    def apply(self, update: Any) -> None:
        """Carry out an update. Raises Refused."""
        kind = update.entity.WhichOneof("entity")
        if update.type not in (1, 2, 3):
            raise Refused("INVALID_ARGUMENT", "Update type is not set")
        if kind == "table_entry":
            self._apply_entry(p4runtime_pb2.Update.Type.Name(update.type), update.entity.table_entry)
        elif kind == "packet_replication_engine_entry":
            entry = update.entity.packet_replication_engine_entry
            self._apply_group(p4runtime_pb2.Update.Type.Name(update.type), entry.multicast_group_entry)
        else:
            raise Refused("UNIMPLEMENTED", f"{kind} writes are not supported yet")

    def _apply_entry(self, operation: str, entry: Any) -> None:
        table = self._table(entry.table_id)
        if entry.is_default_action:
            self._set_default(operation, entry, table)
            return
        if operation != "DELETE" and not entry.HasField("action"):
            raise Refused("INVALID_ARGUMENT", "'action' field must be set")
        self._check_match(entry, table)
        entry = self._normal(entry, table)
        key, held = self._key(entry), self.entries[entry.table_id]
        if operation != "DELETE":
            self._check_action(entry, table)
        if table.is_const_table:  # PI knows nothing of its entries, and BMv2 takes none
            raise Refused("UNKNOWN" if operation == "INSERT" else "NOT_FOUND", "Cannot find match entry")
        if operation == "INSERT" and key in held:
            raise Refused("ALREADY_EXISTS", "Match entry exists, use MODIFY if you wish to change action")
        if operation != "INSERT" and key not in held:
            raise Refused("NOT_FOUND", "Cannot find match entry")
        if operation == "INSERT" and len(held) >= self.sizes[table.preamble.id]:
            raise Refused(self.full_code, "Error when adding match entry to target")
        if operation == "DELETE":
            del held[key]
        else:
            held[key] = copy_of(entry)

    def _set_default(self, operation: str, entry: Any, table: Any) -> None:
        if operation != "MODIFY":
            raise Refused("INVALID_ARGUMENT", f"Cannot use {operation} for default entry")
        if entry.match:
            raise Refused("INVALID_ARGUMENT", "Non-empty key for default entry")
        if entry.priority:
            raise Refused("INVALID_ARGUMENT", "Non-zero priority for default entry")
        if table.const_default_action_id:
            raise Refused("PERMISSION_DENIED", "Cannot set / reset default action: it is const")
        self._check_action(entry, table)
        self.defaults[entry.table_id] = copy_of(entry)

    def _check_match(self, entry: Any, table: Any) -> None:
        given = {match.field_id: match for match in entry.match}
        if len(given) != len(entry.match) or given.keys() - {field.id for field in table.match_fields}:
            raise Refused("INVALID_ARGUMENT", "Unknown field in match key")
        overlapping = False
        for field in table.match_fields:
            overlapping |= field.match_type in (Match.TERNARY, Match.RANGE, Match.OPTIONAL)
            if field.id in given:
                self._check_field(given[field.id], field)
            elif field.match_type == Match.EXACT:
                raise Refused("INVALID_ARGUMENT", "Missing non-ternary field in match key")
        if overlapping != (entry.priority > 0):
            raise Refused("INVALID_ARGUMENT", "Zero priority for ternary match, or non-zero for non-ternary")

    def _check_field(self, match: Any, field: Any) -> None:
        which, bits = _WHICH[field.match_type], field.bitwidth
        if match.WhichOneof("field_match_type") != which:
            raise Refused("INVALID_ARGUMENT", "Invalid match type")
        part = getattr(match, which)
        if which in ("exact", "optional"):
            number(part.value, bits, "key")
        elif which == "lpm":
            value = number(part.value, bits, "key")
            if not 0 < part.prefix_len <= bits:
                raise Refused("INVALID_ARGUMENT", "Prefix length")
            if value & ((1 << bits - part.prefix_len) - 1):
                raise Refused("INVALID_ARGUMENT", "Invalid LPM value, incorrect number of trailing zeros")
        elif which == "ternary":
            value, mask = number(part.value, bits, "key"), number(part.mask, bits, "mask")
            if mask == 0 or value & ~mask:
                raise Refused("INVALID_ARGUMENT", "Invalid ternary value, make sure value & mask == value")
        else:
            if number(part.low, bits, "low") > number(part.high, bits, "high"):
                raise Refused("INVALID_ARGUMENT", "Invalid range value, make sure low <= high")

    @staticmethod
    def _normal(entry: Any, table: Any) -> Any:
        """A range of everything is taken, and read back as no key."""
        copy = copy_of(entry)
        for field in table.match_fields:
            for match in list(copy.match):
                full = canonical(0), canonical((1 << field.bitwidth) - 1)
                if match.field_id == field.id and (match.range.low, match.range.high) == full:
                    copy.match.remove(match)
        return copy

    def _check_action(self, entry: Any, table: Any) -> None:
        action = entry.action.action
        reference = next((each for each in table.action_refs if each.id == action.action_id), None)
        if reference is None:
            raise Refused("INVALID_ARGUMENT", "Invalid action for table")
        scopes = p4info_pb2.ActionRef
        if reference.scope == scopes.TABLE_ONLY and entry.is_default_action:
            raise Refused("PERMISSION_DENIED", "Cannot use TABLE_ONLY action as default action")
        if reference.scope == scopes.DEFAULT_ONLY and not entry.is_default_action:
            raise Refused("PERMISSION_DENIED", "Cannot use DEFAULT_ONLY action in table entry")
        known = {each.id: each for each in self.actions[action.action_id].params}
        if len(action.params) != len(known):
            raise Refused("INVALID_ARGUMENT", "Unexpected number of action parameters")
        for parameter in action.params:
            if parameter.param_id not in known:
                raise Refused("INVALID_ARGUMENT", "Unknown action parameter")
            number(parameter.value, known[parameter.param_id].bitwidth, "parameter")

    def _apply_group(self, operation: str, group: Any) -> None:
        held = group.multicast_group_id in self.groups
        if group.multicast_group_id == 0:
            raise Refused("INVALID_ARGUMENT", "0 is not a valid group id")
        if operation == "INSERT" and held:
            raise Refused("ALREADY_EXISTS", "Multicast group already exists")
        if operation != "INSERT" and not held:
            raise Refused("NOT_FOUND", "Multicast group does not exist")
        replicas = [(each.egress_port, each.instance) for each in group.replicas]
        if len(set(replicas)) != len(replicas):
            raise Refused("INVALID_ARGUMENT", "Duplicate replica in multicast group")
        if operation == "DELETE":
            del self.groups[group.multicast_group_id]
        else:
            self.groups[group.multicast_group_id] = copy_of(group)

    def _table(self, number_of_table: int) -> Any:
        if number_of_table not in self.tables:
            raise Refused("INVALID_ARGUMENT", "Invalid P4 id")
        return self.tables[number_of_table]

    @staticmethod
    def _key(entry: Any) -> Any:
        return frozenset((match.field_id, match.SerializeToString()) for match in entry.match), entry.priority

    # ------------------------------------------------------------------------------------------- reads

    def read(self, entity: Any) -> Iterator[Any]:
        """What a read of one entity answers. Raises Refused."""
        kind = entity.WhichOneof("entity")
        if kind == "table_entry":
            yield from self._read_entries(entity.table_entry)
        elif kind == "packet_replication_engine_entry":
            for number_of_group in sorted(self.groups, reverse=True):  # in no order to rely on
                answer = p4runtime_pb2.Entity()
                message = answer.packet_replication_engine_entry.multicast_group_entry
                message.CopyFrom(self.groups[number_of_group])
                replicas = sorted(message.replicas, key=lambda each: (each.instance, -each.egress_port))
                del message.replicas[:]
                message.replicas.extend(replicas)
                yield answer
        elif kind == "counter_entry":
            counts = self.counters.get(entity.counter_entry.counter_id)
            if counts is None:
                raise Refused("INVALID_ARGUMENT", "Invalid P4 id")
            for index, count in enumerate(counts):
                answer = p4runtime_pb2.Entity()
                answer.counter_entry.counter_id = entity.counter_entry.counter_id
                answer.counter_entry.index.index = index
                answer.counter_entry.data.packet_count = count
                yield answer
        else:
            raise Refused("UNIMPLEMENTED", f"{kind} reads are not supported yet")

    def _read_entries(self, asked: Any) -> Iterator[Any]:
        chosen = [self._table(asked.table_id).preamble.id] if asked.table_id else list(self.tables)
        for each in chosen:
            rows = [self.defaults[each]] if asked.is_default_action else reversed(self.entries[each].values())
            for row in rows:
                answer = p4runtime_pb2.Entity()
                answer.table_entry.CopyFrom(row)
                yield answer


def canonical(value: int) -> bytes:
    """The shortest bytes of a number."""
    return value.to_bytes(max(1, -(-value.bit_length() // 8)), "big")


def copy_of(message: Any) -> Any:
    """A copy that later changes of the original do not reach."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy
