"""Two holdings of one switch side by side: which entries differ, in which field, and whether it matters.

Where entries cannot overlap, equal means the same entries. Elsewhere two tables are equal if they decide every packet
alike (`contra.verify.overlap`): what differs without effect is counted, not reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from contra.deploy.control.model import Action, Content, EntryKey, Holding, Key
from contra.diagnostics import Diagnostic
from contra.p4.runtime import Replica
from contra.verify.errors import NoDiagrams, NotJudged
from contra.verify.model import FieldChange, Finding, FindingKind, Part
from contra.verify.overlap import Rows, TooLarge, judge
from contra.verify.shapes import Shapes, TableShape
from contra.verify.twins import paired

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a switch found."""

    findings: tuple[Finding, ...]
    harmless: int = 0
    """Differences that decide no packet otherwise."""
    notes: tuple[Diagnostic, ...] = ()
    """Tables that could not be judged as a whole."""


def check_switch(expected: Holding, found: Holding, shapes: Shapes) -> Checked:
    """How what was found differs from what is expected; `shapes` of the program that the switch runs."""
    findings = paired(_differences(expected, found))
    tables = {each.key.table for each in findings if isinstance(each.key, EntryKey) and not each.key.default}
    unclear = [shapes[name] for name in sorted(tables & shapes.keys()) if shapes[name].overlaps]
    if not unclear:
        return Checked(tuple(findings))
    judged = Judged()
    for shape in unclear:
        judged.judge(shape, rows_of(expected, shape), rows_of(found, shape))
    return judged.applied(findings, expected)


def rows_of(holding: Holding, shape: TableShape) -> dict[EntryKey, Action]:
    """What a table holds, its default action left out."""
    return {
        key: content
        for key, content in holding.contents.items()
        if isinstance(key, EntryKey) and key.table == shape.name and not key.default and isinstance(content, Action)
    }


class Judged:
    """What tables with overlapping entries come to."""

    def __init__(self) -> None:
        self.harmless: set[Key] = set()
        self.shadowed: dict[Key, tuple[Key, ...]] = {}
        self.notes: list[Diagnostic] = []

    def judge(self, shape: TableShape, expected: Rows, found: Rows) -> None:
        """Compare one table. Where that is not possible its differences stand as they are."""
        try:
            judgement = judge(shape, expected, found)
        except TooLarge:
            self.notes.append(NotJudged(table=shape.name))
        except ModuleNotFoundError:
            self.notes.append(NoDiagrams(table=shape.name))
        else:
            self.harmless |= judgement.harmless
            self.shadowed.update(judgement.shadowed)

    def applied(self, findings: Sequence[Finding], expected: Holding) -> Checked:
        """The findings that matter, with those of shadowed entries in their place."""
        left = [each for each in findings if each.key not in self.harmless]
        own = {each.key: each for each in left if each.kind is not FindingKind.EXTRA}
        for key, others in self.shadowed.items():
            content, why = expected.contents[key], expected.provenance.get(key, _NOTHING)
            own[key] = Finding(FindingKind.SHADOWED, key, content, content, (), why, others)
        ordered = [own[key] for key in expected.contents if key in own]
        ordered += [each for each in left if each.kind is FindingKind.EXTRA]
        return Checked(tuple(ordered), len(findings) - len(left), tuple(self.notes))


def _differences(expected: Holding, found: Holding) -> list[Finding]:
    """Entry by entry: missing and altered ones in the order of the build, then extra ones.

    Looking up keys costs most here, so each expected key is looked up once: what is left at the end is extra.
    """
    findings = []
    left = dict(found.contents)
    take, why = left.pop, expected.provenance
    for key, content in expected.contents.items():
        other = take(key, None)
        if other is None:
            findings.append(Finding(FindingKind.MISSING, key, content, None, (), why.get(key, _NOTHING)))
        elif other != content:
            fields = tuple(content_changes(content, other))
            findings.append(Finding(FindingKind.ALTERED, key, content, other, fields, why.get(key, _NOTHING)))
    findings += [Finding(FindingKind.EXTRA, key, None, content, (), _NOTHING) for key, content in left.items()]
    return findings


def content_changes(expected: Content, found: Content) -> Iterator[FieldChange]:
    """The fields in which the contents of one key differ."""
    if not isinstance(expected, Action) or not isinstance(found, Action):
        assert not isinstance(expected, Action)
        assert not isinstance(found, Action)
        yield from _replica_changes(expected, found)
        return
    if expected.name != found.name:
        yield FieldChange(Part.ACTION, "", expected.name, found.name)
        return
    values = dict(found.parameters)
    for name, value in expected.parameters:
        other = values.pop(name, None)
        if other != value:
            yield FieldChange(Part.PARAMETER, name, value, other)
    yield from (FieldChange(Part.PARAMETER, name, None, value) for name, value in values.items())


def _replica_changes(expected: Iterable[Replica], found: Iterable[Replica]) -> Iterator[FieldChange]:
    wanted, there = dict.fromkeys(expected), dict.fromkeys(found)
    for each in wanted:
        if each not in there:
            yield FieldChange(Part.REPLICA, f"{each.port}:{each.instance}", 1, None)
    for each in there:
        if each not in wanted:
            yield FieldChange(Part.REPLICA, f"{each.port}:{each.instance}", None, 1)
