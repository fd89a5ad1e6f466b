"""What the journal says about one switch since it was given its program."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contra.deploy.control.journal import OK
from contra.deploy.control.model import Content, Key
from contra.deploy.control.words import as_json
from contra.diagnose.lines import Lines, Noted

WRITES = ("insert", "modify", "delete")
LOST = frozenset(
    {"UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "DIED", "GONE", "TIMEOUT", "UNREACHABLE"}
    | {"PERMISSION_DENIED", "NOT_PRIMARY"}
)
"""Outcomes of a request that was not answered, or that came to a switch which is somebody else's at that moment."""
FULL_CODE, BUSY_CODE, STILL_DIFFERS_CODE = "CTR1107", "CTR1108", "CTR1111"
_IDENTITY = ("table", "match", "priority", "default_action", "group")
_CONTENT = ("action", "parameters", "replicas")


@dataclass(frozen=True)
class History:
    """The lines of one switch, oldest first."""

    switch: str
    lines: Sequence[Noted]
    """Since it was last given a program; all, if it never was."""
    by_key: Mapping[str, Sequence[int]] = field(repr=False)
    """What a write was about -> positions in `lines`."""

    def of(self, key: Key) -> list[int]:
        """Positions of the writes of an entry or group."""
        return list(self.by_key.get(identity(as_json(key, None)), ()))

    @cached_property
    def _proofs(self) -> Sequence[int]:
        """Positions of the lines which say that the switch was read, and held all it should."""
        return [at for at, each in enumerate(self.lines) if is_proof(each)]

    def proof(self, after: int) -> Noted | None:
        """The first such line behind a position."""
        at = bisect_right(self._proofs, after)
        return self.lines[self._proofs[at]] if at < len(self._proofs) else None

    @cached_property
    def proved(self) -> Noted | None:
        """The last such line."""
        return self.lines[self._proofs[-1]] if self._proofs else None

    @cached_property
    def push(self) -> Sequence[Noted]:
        """What was tried since it last held all it should; all of `lines` if it never did."""
        return self.lines[self._proofs[-1] + 1 :] if self._proofs else self.lines

    @cached_property
    def failure(self) -> Noted | None:
        """What ended the last attempt to write, if it failed."""
        ends = (each for each in reversed(self.push) if each.record.action == "failure")
        return next((each for each in ends if _doing(each).startswith(("writing", "pushing", "connecting"))), None)


def is_proof(noted: Noted) -> bool:
    """Whether a line says that a switch (or all) held what it should."""
    return noted.record.action in ("applied", "verify", "up") and noted.record.outcome == OK


def history_of(switch: str, lines: Lines) -> History:
    """The history of a switch."""
    rows = lines.of(switch)
    starts = [at for at, each in enumerate(rows) if each.record.action == "pipeline" and each.record.outcome == OK]
    own = rows[starts[-1] :] if starts else rows
    by_key: dict[str, list[int]] = {}
    for position, each in enumerate(own):
        if each.record.action in WRITES:
            by_key.setdefault(identity(each.record.object), []).append(position)
    return History(switch, own, by_key)


def identity(row: Mapping[str, Any]) -> str:
    """What tells entries and groups of a switch apart, of an object as the journal has it; empty for nonsense."""
    try:
        return json.dumps({name: row[name] for name in _IDENTITY if name in row}, sort_keys=True)
    except RecursionError:
        return ""


def writes(noted: Noted, key: Key, content: Content | None) -> bool:
    """Whether a write gave an entry this content; None: took it away."""
    if content is None:
        return noted.record.action == "delete"
    if noted.record.action == "delete":
        return False
    wanted = as_json(key, content)
    return all(noted.record.object.get(name) == wanted.get(name) for name in _CONTENT)


def code_of(noted: Noted | None) -> str:
    """The message code of a failure line (CTRnnnn); empty where it has none."""
    return "" if noted is None else str(noted.record.object.get("code", ""))


def any_lost(lines: Iterable[Noted], keys: Collection[str] = ()) -> list[Noted]:
    """Writes that were not answered."""
    found = (each for each in lines if each.record.action in WRITES and each.record.outcome in LOST)
    return [each for each in found if not keys or identity(each.record.object) in keys]


def _doing(noted: Noted) -> str:
    return str(noted.record.object.get("doing", ""))
