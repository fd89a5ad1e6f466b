"""What the proxy does to programs and writes: less room in a table, writes that vanish, a connection that breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any

from contra.chaos.proxy import Broken, Forward, Tampering
from contra.deploy.control.codec import read_entry, read_group
from contra.deploy.control.model import Key
from contra.deploy.control.names import Names


class LessRoom(Tampering):
    """The switch gets a program whose table is smaller, as if it had less memory than others.

    Where it `admits` that, the P4Info that it gives back says so too. The cookie stays, so that the switch counts as
    running the build's program.
    """

    def __init__(self, table: str, size: int, *, admits: bool = True) -> None:
        self.table, self.size, self.admits = table, size, admits

    def program(self, config: Any) -> None:
        """Make the table smaller, in the P4Info and in what BMv2 loads."""
        for table in config.p4info.tables:
            if self.admits and table.preamble.name == self.table:
                table.size = self.size
        program = json.loads(config.p4_device_config)
        for pipeline in program["pipelines"]:
            for row in pipeline["tables"]:
                if row["name"] == self.table:
                    row["max_size"] = self.size
        config.p4_device_config = json.dumps(program).encode()


class Dropping(Tampering):
    """Writes of some entries and groups are acknowledged, and never come to the switch."""

    def __init__(self, keys: Collection[Key], names: Names) -> None:
        self.keys, self.names = frozenset(keys), names

    def write(self, updates: Sequence[Any], forward: Forward) -> Sequence[bool]:
        """Pass on all others."""
        goes = [key_of(update.entity, self.names) not in self.keys for update in updates]
        rest = [update for update, passed in zip(updates, goes, strict=True) if passed]
        if rest:
            forward(rest)
        return goes


class Breaking(Tampering):
    """The connection breaks after some updates; `then` is done at that moment, before anybody hears of it."""

    def __init__(self, after: int, then: Callable[[], None] = lambda: None) -> None:
        self.left, self.then = after, then

    def write(self, updates: Sequence[Any], forward: Forward) -> Sequence[bool]:
        """Pass on as many as may still go."""
        first = updates[: self.left]
        if first:
            forward(first)
        self.left -= len(first)
        if len(first) < len(updates):
            self.then()
            raise Broken
        return [True] * len(updates)


def key_of(entity: Any, names: Names) -> Key:
    """What an update is about."""
    if entity.WhichOneof("entity") == "table_entry":
        return _entry_key(entity.table_entry, names)
    return read_group(entity.packet_replication_engine_entry.multicast_group_entry)[0]


def _entry_key(entry: Any, names: Names) -> Key:
    """Deletions come without an action, which `read_entry` wants."""
    if entry.HasField("action"):
        return read_entry(entry, names)[0]
    copy = type(entry)()
    copy.CopyFrom(entry)
    copy.action.action.action_id = next(iter(names.tables_by_id[entry.table_id].actions))
    return read_entry(copy, names)[0]
