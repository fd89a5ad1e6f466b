"""Entries, groups and their provenance in words and as JSON: for messages, the journal and `verify`."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Key, Match

_SECRET = "set_probe_key"
"""The parameters of this action are keys: they are neither shown nor written anywhere."""
_NAMES = {
    "link": "link",
    "host": "host",
    "destination": "destination",
    "node": "product node",
    "rules": "rank rule",
}
"""The keys of provenance (docs/artifacts.md) in the order in which they are told."""


def key_words(key: Key) -> str:
    """What an entry is: `hop_port[hop=1]`, `default action of identity`, `multicast group 2`."""
    if isinstance(key, GroupKey):
        return f"multicast group {key.group}"
    table = key.table.rpartition(".")[2]
    if key.default:
        return f"default action of {table}"
    priority = f" priority {key.priority}" if key.priority else ""
    return f"{table}[{', '.join(map(_match_words, key.matches))}]{priority}"


def _match_words(match: Match) -> str:
    return f"{match.name}={match_value(match)}"


def match_value(match: Match) -> str:
    """What a key has to be: `10.0.0.0/8`, `0x800&&&0xff00`, `5..9`, `3`."""
    if match.kind == "lpm":
        return f"{number_words(match.name, match.value)}/{match.extra}"
    if match.kind == "ternary":
        return f"0x{match.value:x}&&&0x{match.extra:x}"
    if match.kind == "range":
        return f"{match.value}..{match.extra}"
    return number_words(match.name, match.value)


def number_words(name: str, value: int) -> str:
    """A number of an entry; addresses as such, by the name of their field."""
    if name == "address" and value < 2**32:
        return str(IPv4Address(value))
    if name == "mac" and value < 2**48:
        return value.to_bytes(6, "big").hex(":")
    return str(value)


def content_words(content: Content) -> str:
    """What an entry does: `to_port(port=1, weight=327680)`; of a group, where its copies go."""
    if not isinstance(content, Action):
        copies = ", ".join(f"port {replica.port} as {replica.instance}" for replica in content)
        return f"copies to {copies}" if copies else "no copies"
    name = content.name.rpartition(".")[2]
    if name == _SECRET:
        return f"{name}(...)"
    values = (f"{parameter}={number_words(parameter, value)}" for parameter, value in content.parameters)
    return f"{name}({', '.join(values)})"


def provenance_words(provenance: Mapping[str, Any] | None) -> str:
    """Why an entry is there: `link CHIN:1-IPLS:2, product node CHIN.1, rank rule 0`; empty if nothing is known."""
    if not provenance:
        return ""
    names = [name for name in _NAMES if name in provenance] + sorted(provenance.keys() - set(_NAMES))
    return ", ".join(_reason(_NAMES.get(name, name), provenance[name]) for name in names)


def _reason(name: str, value: Any) -> str:
    if not isinstance(value, list | tuple):
        return f"{name} {value}"
    return f"{name}{'s' * (len(value) != 1)} {', '.join(map(str, value))}"


def described(key: Key, provenance: Mapping[str, Any] | None) -> str:
    """An entry with its provenance, on one line."""
    why = provenance_words(provenance)
    return f"{key_words(key)} (of {why})" if why else key_words(key)


def as_json(key: Key, content: Content | None) -> dict[str, Any]:
    """An entry or a group as the journal has it."""
    if isinstance(key, GroupKey):
        row: dict[str, Any] = {"group": key.group}
        if content is not None and not isinstance(content, Action):
            row["replicas"] = [[replica.port, replica.instance] for replica in content]
        return row
    return {**_entry_json(key), **_action_json(content)}


def _entry_json(key: EntryKey) -> dict[str, Any]:
    row: dict[str, Any] = {"table": key.table}
    if key.default:
        row["default_action"] = True
    else:
        row["match"] = {
            match.name: match.value if match.kind in ("exact", "optional") else [match.value, match.extra]
            for match in key.matches
        }
    if key.priority:
        row["priority"] = key.priority
    return row


def _action_json(content: Content | None) -> dict[str, Any]:
    if not isinstance(content, Action):
        return {}
    secret = content.name.rpartition(".")[2] == _SECRET
    return {
        "action": content.name,
        "parameters": {name: "secret" if secret else value for name, value in content.parameters},
    }
