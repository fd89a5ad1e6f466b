"""The key of authenticated probes, which a running network's control plane sets: see docs/protocol.md."""

from __future__ import annotations

from hashlib import sha256

from contra.p4.tables import Contents
from contra.p4.typed import Table

KEY_TABLE = "probe_key"
KEY_ACTION = "set_probe_key"

ProbeKey = tuple[int, int]
"""The two halves of a key, 32 bits each, as the action takes them."""


def probe_key(seed: int) -> ProbeKey:
    """The key of a simulated network; another one for each seed."""
    data = sha256(f"probe key {seed}".encode()).digest()
    return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")


def keyed(table: Table, key: ProbeKey) -> Contents | None:
    """What the table of the key holds; None for every other table."""
    if table.name.rpartition(".")[2] != KEY_TABLE or table.keys or table.constant_default:
        return None
    for position, use in enumerate(table.actions):
        if use.action.name.rpartition(".")[2] == KEY_ACTION and len(use.action.data) == len(key):
            return Contents((), position, key)
    return None
