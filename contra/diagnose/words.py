"""Lines of the journal and causes in words."""

from __future__ import annotations

from collections.abc import Mapping
from signal import Signals
from typing import Any

from contra.deploy.control.journal import OK, Record
from contra.deploy.control.words import number_words

_LONG = 160
_END = 60


def line_words(record: Record) -> str:
    """What a line says: `12:00:01.250 insert hosts {address: 167772161}: RESOURCE_EXHAUSTED (no room)`."""
    clock = record.time.partition("T")[2].rstrip("Z") or record.time
    if record.action == "failure" and record.message:
        return _fit(" ".join(each for each in (clock, f"failure: {record.message} ({record.outcome})") if each))
    about = _about(record.object)
    if record.action == "exit":
        return _fit(f"{clock} exit: {_ended(record.outcome)}{_last_words(record.message)}")
    said = record.outcome if record.outcome != OK else "ok"
    message = f" ({record.message})" if record.message else ""
    text = " ".join(each for each in (clock, record.action, about) if each)
    return _fit(f"{text}: {said}{message}")


def _ended(outcome: str) -> str:
    """How a process ended, from its exit code; negative ones are signals."""
    try:
        return f"killed by {Signals(-int(outcome)).name}"
    except ValueError:
        return f"code {outcome}"


def _last_words(log: str) -> str:
    """The end of what it logged; the beginning is the same whatever happens."""
    text = " ".join(log.split())
    return f" (... {text[-_END:]})" if len(text) > _END else f" ({text})" if text else ""


def _about(row: Mapping[str, Any]) -> str:
    if "group" in row:
        return f"multicast group {row['group']}"
    if "table" in row and ("match" in row or "default_action" in row):
        table = str(row["table"]).rpartition(".")[2]
        match = row.get("match")
        keys = ", ".join(_key(*each) for each in match.items()) if isinstance(match, dict) else "default"
        return f"{table}[{keys}]"
    return ", ".join(f"{name} {value}" for name, value in row.items() if isinstance(value, str | int))


def _key(name: str, value: Any) -> str:
    """One key; lpm, ternary and range keys are pairs."""
    if type(value) is int and value >= 0:
        return f"{name}={number_words(name, value)}"
    if isinstance(value, list) and len(value) == 2 and all(type(each) is int and each >= 0 for each in value):
        return f"{name}={number_words(name, value[0])}/{value[1]}"
    return f"{name}={value}"


def _fit(text: str) -> str:
    text = " ".join(text.split())
    text = text if text.isprintable() else text.encode("unicode_escape").decode("ascii")
    return text if len(text) <= _LONG else f"{text[:_LONG]}..."
