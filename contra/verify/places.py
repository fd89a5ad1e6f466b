"""From an entry to the policy: the clauses and regexes that its rank rules come from, with their places in the file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from contra.deploy.control.model import EntryKey, Key
from contra.engine.build import Build
from contra.source import SourceFile, Span

_PID = "pid"
"""The key of tables that tell probe classes apart."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of the policy. Lines and columns count from 1."""

    kind: str
    """clause or regex."""
    index: int
    """In the manifest."""
    file: str
    line: int
    column: int
    text: str
    span: Span | None
    """In the policy as it is now; None where it has changed since, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Which parts of the policy an entry is there for."""

    places: tuple[Place, ...]
    direct: bool
    """Whether the entry names them itself; else they are those of entries with which it shares a link or a node."""


def pid_of(key: Key) -> int | None:
    """The probe class that an entry matches; None if it does not match one."""
    matches = key.matches if isinstance(key, EntryKey) else ()
    return next((match.value for match in matches if match.name == _PID), None)


class Policy:
    """The policy of a build: its parts, and what at each switch is there for which of them."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._source = _source(build)
        self._regexes = json.loads(build.manifest.file.text).get("regexes", [])
        self._rules: dict[tuple[str, str, str], set[int]] = {}
        self._by_switch: dict[str, set[int]] = {}
        for switch in build.switches:
            entries = switch.entries
            rows = [each.provenance for row in entries.entries.values() for each in row]
            rows += [each.provenance for each in entries.defaults.values()]
            rows += [group.provenance for group in entries.groups.values()]
            for why in rows:
                self._learn(switch.switch.name, why)

    def _learn(self, switch: str, why: Mapping[str, Any]) -> None:
        rules = _rules(why)
        self._by_switch.setdefault(switch, set()).update(rules)
        for kind in _SHARED:
            if kind in why:
                self._rules.setdefault((switch, kind, str(why[kind])), set()).update(rules)

    def origin(self, switch: str, why: Mapping[str, Any], key: Key | None = None) -> Origin:
        """The parts of the policy that an entry of a switch with this provenance is there for.

        With its key only the clauses whose paths the probes that it matches look for.
        """
        if rules := _rules(why):
            return Origin(tuple(self._places(rules, None if key is None else pid_of(key))), direct=True)
        for kind in _SHARED:
            if kind in why and (shared := self._rules.get((switch, kind, str(why[kind])))):
                return Origin(tuple(self._places(sorted(shared))), direct=False)
        return Origin(tuple(self._places(sorted(self._by_switch.get(switch, ())))), direct=False)

    def _places(self, rules: Iterable[int], pid: int | None = None) -> Iterator[Place]:
        """Clauses, then regexes, each once. `pid`: of clauses those of a probe class, where rules have such."""
        known = self._build.manifest.rules
        used = [known[index] for index in rules if index < len(known)]
        branches = [[each for each in rule.branches if each.pid == pid] or rule.branches for rule in used]
        for number in dict.fromkeys(branch.clause for row in branches for branch in row):
            clause = self._build.manifest.clauses[number]
            yield self._place("clause", number, clause.file, clause.line, clause.column, clause.text)
        file = next((each.file for each in self._build.manifest.inputs if each.kind == "policy"), "")
        for number in dict.fromkeys(number for rule in used for number in rule.regexes):
            row = self._regexes[number]
            yield self._place("regex", number, file, _whole(row.get("line")), _whole(row.get("column")), row["text"])

    def _place(self, kind: str, index: int, file: str, line: int, column: int, text: str) -> Place:
        return Place(kind, index, file, line, column, text, self._span(file, line, column, text))

    def _span(self, file: str, line: int, column: int, text: str) -> Span | None:
        """In the file as it was compiled, if it is still there."""
        source = self._source
        if source is None or source.name != file or not 0 < line <= source.text.count("\n") + 1:
            return None
        start = _offset(source, line) + column - 1
        length = len(text) if source.text.startswith(text, start) else 1
        return source.span(start, min(start + length, len(source.text)))


_SHARED = ("node", "link", "destination", "host")
"""By what an entry that names no rule is brought together with those that do: the closest first."""


def _rules(why: Mapping[str, Any]) -> list[int]:
    rules = why.get("rules", ())
    return [each for each in rules if type(each) is int and each >= 0] if isinstance(rules, list | tuple) else []


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _offset(source: SourceFile, line: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = source.text.index("\n", offset) + 1
    return offset


def _source(build: Build) -> SourceFile | None:
    """The policy as the user wrote it, if it is there and the same as when it was compiled."""
    for each in build.manifest.inputs:
        if each.kind == "policy":
            try:
                data = Path(each.file).read_bytes()
                text = data.decode("utf-8-sig")
            except (OSError, ValueError):
                return None
            return SourceFile(each.file, text) if sha256(data).hexdigest() == each.sha256 else None
    return None
