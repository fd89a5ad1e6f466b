"""Missing entries in whose place another one is held: the same but for one key, or for the priority.

A switch cannot change the key of an entry, but whoever writes it can, and so can a memory that loses a bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contra.deploy.control.model import EntryKey, Match
from contra.deploy.control.words import match_value
from contra.verify.model import FieldChange, Finding, FindingKind, Part

_Signature = tuple[object, ...]


def paired(findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with what differs between a missing entry and the extra one that stands in its place.

    Only where there is no doubt which belongs to which.
    """
    missing = [each for each in findings if each.kind is FindingKind.MISSING and isinstance(each.key, EntryKey)]
    extra = [each for each in findings if each.kind is FindingKind.EXTRA and isinstance(each.key, EntryKey)]
    if not missing or not extra:
        return list(findings)
    twins = {one.key: other.key for one, other in _pairs(missing, extra)}
    back = {other: one for one, other in twins.items()}
    result = []
    for each in findings:
        if each.kind is FindingKind.MISSING and each.key in twins:
            other = twins[each.key]
            assert isinstance(each.key, EntryKey)
            assert isinstance(other, EntryKey)
            result.append(replace(each, fields=tuple(_changes(each.key, other)), others=(other,)))
        elif each.kind is FindingKind.EXTRA and each.key in back:
            result.append(replace(each, others=(back[each.key],)))
        else:
            result.append(each)
    return result


def _pairs(missing: Sequence[Finding], extra: Sequence[Finding]) -> Iterator[tuple[Finding, Finding]]:
    """Each missing one with the one extra that resembles it, if that resembles no other."""
    by_signature: dict[_Signature, list[Finding]] = {}
    for each in extra:
        for signature in _signatures(each):
            by_signature.setdefault(signature, []).append(each)
    chosen: dict[int, list[Finding]] = {}
    candidates: list[tuple[Finding, Finding]] = []
    for one in missing:
        alike = {id(each): each for signature in _signatures(one) for each in by_signature.get(signature, ())}
        if len(alike) == 1:
            [other] = alike.values()
            candidates.append((one, other))
        for each in alike.values():
            chosen.setdefault(id(each), []).append(one)
    yield from ((one, other) for one, other in candidates if len(chosen[id(other)]) == 1)


def _signatures(finding: Finding) -> Iterator[_Signature]:
    """An entry with one field left out, in every way."""
    key, content = finding.key, finding.expected or finding.found
    assert isinstance(key, EntryKey)
    matches = key.matches
    for place, match in enumerate(matches):
        yield key.table, content, match.name, matches[:place] + matches[place + 1 :], key.priority
    if key.priority:
        yield key.table, content, "", matches, 0


def _changes(expected: EntryKey, found: EntryKey) -> Iterator[FieldChange]:
    there = {match.name: match for match in found.matches}
    for match in expected.matches:
        other = there.get(match.name)
        if other != match:
            yield FieldChange(Part.MATCH, match.name, _value(match), None if other is None else _value(other))
    if expected.priority != found.priority:
        yield FieldChange(Part.PRIORITY, "", expected.priority, found.priority)


def _value(match: Match) -> int | str:
    return match.value if match.kind in ("exact", "optional") else match_value(match)
