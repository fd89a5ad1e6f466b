"""Entry by entry: what differs, and in which field."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Holding, Key, Match
from contra.p4.runtime import Replica
from contra.verify.check import check_switch
from contra.verify.model import FieldChange, Finding, FindingKind, Part
from contra.verify.shapes import KeyShape, Shapes, TableShape

SHAPES: Shapes = {
    "In.ports": TableShape("In.ports", (KeyShape("port", "exact", 9), KeyShape("tag", "exact", 8)), {}, None),
    "In.routes": TableShape("In.routes", (KeyShape("address", "lpm", 32),), {}, None),
    "In.acl": TableShape("In.acl", (KeyShape("kind", "ternary", 16),), {}, None),
}


def port(number: int, tag: int = 0) -> EntryKey:
    return EntryKey("In.ports", (Match("port", "exact", number), Match("tag", "exact", tag)))


def route(value: int, length: int) -> EntryKey:
    return EntryKey("In.routes", (Match("address", "lpm", value, length),))


def acl(value: int, mask: int, priority: int) -> EntryKey:
    return EntryKey("In.acl", (Match("kind", "ternary", value, mask),), priority)


def go(where: int, weight: int = 1) -> Action:
    return Action("In.go", (("port", where), ("weight", weight)))


IDENTITY = EntryKey("In.identity", default=True)
WHOLE: Mapping[Key, Content] = {
    IDENTITY: Action("In.set", (("self", 1),)),
    port(1): go(1),
    port(2): go(2),
    port(3, tag=7): go(3),
    route(0x0A000000, 8): go(1),
    acl(0x0800, 0xFF00, 5): go(1),
    GroupKey(1): (Replica(1, 1), Replica(2, 1)),
}
WHY = {port(2): {"rules": [0], "link": "A:1-B:1"}, GroupKey(1): {"node": "A.0"}}


def found(changes: Mapping[Key, Content | None]) -> tuple[Finding, ...]:
    """The findings when some entries are others, or (None) are not there."""
    contents = {**WHOLE, **changes}
    left = {key: content for key, content in reversed(contents.items()) if content is not None}
    return check_switch(Holding(WHOLE, WHY), Holding(left), SHAPES).findings


def only(changes: Mapping[Key, Content | None]) -> Finding:
    [finding] = found(changes)
    return finding


def test_the_same_in_another_order() -> None:
    assert found({}) == ()


def test_missing() -> None:
    assert only({port(2): None}) == Finding(FindingKind.MISSING, port(2), go(2), None, (), WHY[port(2)])


def test_extra() -> None:
    assert only({port(9): go(9)}) == Finding(FindingKind.EXTRA, port(9), None, go(9), (), {})


@pytest.mark.parametrize(
    ("key", "content", "fields"),
    [
        (port(2), go(7), [FieldChange(Part.PARAMETER, "port", 2, 7)]),
        (port(2), go(7, 0), [FieldChange(Part.PARAMETER, "port", 2, 7), FieldChange(Part.PARAMETER, "weight", 1, 0)]),
        (port(2), Action("In.deny"), [FieldChange(Part.ACTION, "", "In.go", "In.deny")]),
        (IDENTITY, Action("In.set", (("self", 2),)), [FieldChange(Part.PARAMETER, "self", 1, 2)]),
        (GroupKey(1), (Replica(1, 1),), [FieldChange(Part.REPLICA, "2:1", 1, None)]),
        (
            GroupKey(1),
            (Replica(1, 1), Replica(2, 2)),
            [FieldChange(Part.REPLICA, "2:1", 1, None), FieldChange(Part.REPLICA, "2:2", None, 1)],
        ),
        (GroupKey(1), (), [FieldChange(Part.REPLICA, "1:1", 1, None), FieldChange(Part.REPLICA, "2:1", 1, None)]),
        (acl(0x0800, 0xFF00, 5), go(2), [FieldChange(Part.PARAMETER, "port", 1, 2)]),
    ],
)
def test_altered(key: Key, content: Content, fields: list[FieldChange]) -> None:
    finding = only({key: content})
    assert (finding.kind, finding.key, finding.expected, finding.found) == (
        FindingKind.ALTERED,
        key,
        WHOLE[key],
        content,
    )
    assert list(finding.fields) == fields
    assert finding.provenance == WHY.get(key, {})


@pytest.mark.parametrize(
    ("missing", "instead", "field"),
    [
        (port(2), port(5), FieldChange(Part.MATCH, "port", 2, 5)),
        (port(3, tag=7), port(3, tag=6), FieldChange(Part.MATCH, "tag", 7, 6)),
        (route(0x0A000000, 8), route(0x0B000000, 8), FieldChange(Part.MATCH, "address", "10.0.0.0/8", "11.0.0.0/8")),
        (
            acl(0x0800, 0xFF00, 5),
            acl(0x0800, 0xFF01, 5),
            FieldChange(Part.MATCH, "kind", "0x800&&&0xff00", "0x800&&&0xff01"),
        ),
    ],
)
def test_another_key(missing: EntryKey, instead: EntryKey, field: FieldChange) -> None:
    first, *rest = found({missing: None, instead: WHOLE[missing]})
    assert (first.kind, first.key, first.fields, first.others) == (FindingKind.MISSING, missing, (field,), (instead,))
    for each in rest:  # a narrower entry that does what the wide one did is no finding of its own
        assert (each.kind, each.key, each.others) == (FindingKind.EXTRA, instead, (missing,))


def test_another_priority_alone_is_harmless() -> None:
    assert found({acl(0x0800, 0xFF00, 5): None, acl(0x0800, 0xFF00, 6): WHOLE[acl(0x0800, 0xFF00, 5)]}) == ()


def test_no_twins_where_there_are_two() -> None:
    first, *rest = found({port(2): None, port(5): go(2), port(6): go(2)})
    assert (first.kind, first.fields, first.others) == (FindingKind.MISSING, (), ())
    assert [(each.kind, each.others) for each in rest] == [(FindingKind.EXTRA, ())] * 2


def test_no_twins_where_two_want_the_same() -> None:
    whole = {port(1): go(1), port(2): go(1)}
    result = check_switch(Holding(whole), Holding({port(5): go(1)}), SHAPES).findings
    assert [each.kind.value for each in result] == ["missing", "missing", "extra"]
    assert not any(each.others for each in result)


def test_findings_keep_the_order_of_the_build() -> None:
    kinds = found({port(1): None, IDENTITY: Action("In.set", (("self", 3),)), GroupKey(1): None, port(8): go(8)})
    assert [each.key for each in kinds] == [IDENTITY, port(1), GroupKey(1), port(8)]
