"""What the entries of a build share: the objects of an entry, from its provenance and the manifest.

`Origins` reads a manifest once; `rows` makes the rows of a risk model of entries and what became of them. Fields that
differ narrow the blame: who got the port of a link wrong did not get the clauses of the policy wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from contra.localize.model import Element, Object, Row


class Kind:
    """The kinds of objects in builds. (Other models have others, as the policy network of the benchmark.)"""

    CLAUSE = "clause"
    """Named LINE:COLUMN, as the manifest has it."""
    REGEX = "regex"
    """The same."""
    METRIC = "metric"
    PROBE_CLASS = "probe class"
    """Named by its pid."""
    NODE = "product node"
    DESTINATION = "destination"
    LINK = "link"
    HOST = "host"
    SWITCH = "switch"
    TABLE = "table"
    """Named SWITCH.TABLE: the table of one switch. Multicast groups are in the table `group`."""


KINDS = (
    Kind.CLAUSE,
    Kind.REGEX,
    Kind.METRIC,
    Kind.PROBE_CLASS,
    Kind.NODE,
    Kind.DESTINATION,
    Kind.LINK,
    Kind.HOST,
    Kind.TABLE,
    Kind.SWITCH,
)
GROUP_TABLE = "group"
"""The table of multicast groups."""

_PLACES = (("node", Kind.NODE), ("destination", Kind.DESTINATION), ("link", Kind.LINK), ("host", Kind.HOST))
"""Keys of provenance that name an object each."""
_POLICY = (Kind.CLAUSE, Kind.REGEX, Kind.METRIC)
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "hop": (Kind.LINK,),
    "pid": (Kind.PROBE_CLASS,),
    "address": (Kind.HOST, Kind.DESTINATION),
    "port": (Kind.LINK, Kind.HOST),
    "weight": (Kind.LINK,),
    "held_util": (Kind.LINK,),
    "mac": (Kind.HOST,),
    "self": (Kind.DESTINATION,),
    "tag": (Kind.NODE,),
    "group": (Kind.NODE,),
    "turn": (Kind.NODE,),
    "rule": _POLICY,
    "replicas": (Kind.NODE, Kind.PROBE_CLASS, Kind.DESTINATION),
}
"""Parameter of an action, or key of a table -> kinds of objects that it is taken from.

Metrics of links come with the manifest.
"""


class Outcome(NamedTuple):
    """What became of an entry.

    `fields`: which parameters or keys differ (`replicas` for a group); none if it is not there at all, never matches,
    or has another action.
    """

    fields: tuple[str, ...] = ()


class Entry(NamedTuple):
    """An entry as localization sees it; `outcome` is None for one that is as it should be.

    An entry that should not be there at all has no provenance, and an outcome.
    """

    switch: str
    table: str
    """Last part of its name; `GROUP_TABLE` for a multicast group."""
    provenance: Mapping[str, Any]
    pid: int | None = None
    """The probe class that it matches, if it matches one."""
    outcome: Outcome | None = None
    parameters: tuple[str, ...] = ()
    """Names of the parameters of its action."""
    key: Any = None
    """What it is, for whom the outcome is told; means nothing here."""

    @property
    def sort(self) -> str:
        """Entries of one sort can have the same fields wrong."""
        return f"{self.table}({', '.join(self.parameters)})"


@dataclass(frozen=True, slots=True)
class _Clause:
    thing: Object
    metrics: tuple[Object, ...]
    pid: int | None


class Origins:
    """Provenance -> objects, for one build. `manifest` is manifest.json as it is read; lacking keys are empty."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self.manifest = manifest
        names = [row["name"] for row in manifest.get("metrics", ())]
        self.clauses = tuple(map(_placed, manifest.get("clauses", ())))
        self.regexes = tuple(map(_placed, manifest.get("regexes", ())))
        rules = manifest.get("rules", ())
        self.rules = tuple(tuple(self._clause(branch, names) for branch in rule["branches"]) for rule in rules)
        self.regexes_of = tuple(tuple(Object(Kind.REGEX, self.regexes[i]) for i in rule["regexes"]) for rule in rules)
        self.classes = len(manifest.get("probe_classes", ()))
        self.fields = dict(_FIELDS)
        self.fields |= {row["field"]: (Kind.LINK, Kind.METRIC) for row in manifest.get("metrics", ())}
        self._policy = lru_cache(maxsize=None)(self._policy_of)

    def _clause(self, branch: Mapping[str, Any], names: Sequence[str]) -> _Clause:
        rank = branch["rank"]
        text = " ".join([branch["if"] or "", *([rank] if isinstance(rank, str) else rank)])
        words = set(re.findall(r"[A-Za-z_]\w*", text))
        metrics = tuple(Object(Kind.METRIC, name) for name in names if name in words)
        return _Clause(Object(Kind.CLAUSE, self.clauses[branch["clause"]]), metrics, branch["pid"])

    def objects(self, entry: Entry, *, switches: bool = True) -> tuple[Object, ...]:
        """What an entry comes from; `switches`: the switch that holds it too (model of the controller)."""
        origin = entry.provenance
        found = list(self._policy(self._rules(origin), entry.pid))
        for key, kind in _PLACES:
            name = origin.get(key)
            if name and isinstance(name, str):
                found.append(Object(kind, name))
        found.append(Object(Kind.TABLE, f"{entry.switch}.{entry.table}"))
        if switches:
            found.append(Object(Kind.SWITCH, entry.switch))
        return tuple(found)

    def _rules(self, origin: Mapping[str, Any]) -> tuple[int, ...]:
        """The rank rules of an entry, as far as there are such."""
        found = origin.get("rules")
        if not isinstance(found, list | tuple):
            return ()
        return tuple([each for each in found if type(each) is int and 0 <= each < len(self.rules)])

    def _policy_of(self, rules: tuple[int, ...], pid: int | None) -> tuple[Object, ...]:
        """The parts of the policy; where entries do not match a probe class, and there is but one, it is that one."""
        found: list[Object] = []
        pid = 0 if pid is None and self.classes == 1 and rules else pid
        for rule in rules:
            branches = [each for each in self.rules[rule] if each.pid == pid] or self.rules[rule]
            for each in branches:
                found += (each.thing, *each.metrics)
            found += self.regexes_of[rule]
        if pid is not None:
            found.append(Object(Kind.PROBE_CLASS, str(pid)))
        return tuple(dict.fromkeys(found))

    def blamed(self, outcome: Outcome, objects: tuple[Object, ...]) -> tuple[Object, ...]:
        """Those of the objects of an entry that may have brought the outcome about: all, unless fields tell more.

        Whoever holds an entry, its table and switch, may have broken any field of it.
        """
        if not outcome.fields or any(field not in self.fields for field in outcome.fields):
            return objects
        kinds = {Kind.TABLE, Kind.SWITCH}.union(*(self.fields[field] for field in outcome.fields))
        return tuple(thing for thing in objects if thing.kind in kinds)


def _placed(row: Mapping[str, Any]) -> str:
    return f"{row['line']}:{row['column']}"


def element_of(entry: Entry) -> Element:
    """(switch, product node, destination), with an empty text for what an entry has not."""
    return entry.switch, _name(entry, "node"), _name(entry, "destination")


def _name(entry: Entry, key: str) -> str:
    """A name in the provenance; empty if there is none."""
    found = entry.provenance.get(key)
    return found if isinstance(found, str) else ""


def rows(entries: Iterable[Entry], origins: Origins, *, switches: bool = True, narrow: bool = True) -> Iterator[Row]:
    """The rows of a risk model; with `switches` of the controller's, without of a switch's (give its entries only).

    Without `narrow` an altered entry is laid to all its objects, as a missing one is.
    """
    for entry in entries:
        objects = origins.objects(entry, switches=switches)
        blamed = objects
        if entry.outcome is None:
            blamed = ()
        elif narrow:
            blamed = origins.blamed(entry.outcome, objects)
        yield Row(element_of(entry), objects, blamed, entry.switch, entry.sort)
