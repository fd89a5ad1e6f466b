"""The arrays of a risk model, against the rows that it was made of."""

from __future__ import annotations

from hypothesis import given, settings
from support import risks
from support.risks import model_of, thing

from contra.localize import Row, risk_model
from contra.localize.greedy import alike


@settings(max_examples=200, deadline=None)
@given(risks.rows())
def test_edges(rows: list[Row]) -> None:
    model = risk_model(rows)
    found = {
        (model.elements[element], model.objects[other].name): bool(failed)
        for element, other, failed in zip(model.edges.element, model.edges.object, model.edges.failed, strict=True)
    }
    assert found == risks.edges_of(rows)
    assert len(model.edges.element) == len(found)


@settings(max_examples=200, deadline=None)
@given(risks.rows(objects="abcd", most=5))
def test_classes_are_objects_of_the_same_entries(rows: list[Row]) -> None:
    model = risk_model(rows)
    entries = {
        other: [(other in each.objects, other in each.blamed) for each in rows]
        for each in rows
        for other in each.objects
    }
    for other, own in entries.items():
        number = model.index[other]
        same = {model.index[each] for each, theirs in entries.items() if theirs == own}
        assert set(alike(model, [number])[number]) == same - {number}


def test_an_object_that_is_named_twice_counts_once() -> None:
    model = risk_model([Row("1", (thing("a"), thing("a"), thing("b")), (thing("a"), thing("a")))])
    assert list(model.object_of) == [0, 1]
    assert list(model.blamed) == [True, False]


def test_blame_of_what_an_entry_does_not_come_from_is_left_out() -> None:
    model = risk_model([Row("1", (thing("a"),), (thing("z"),)), Row("2", (thing("a"),))])
    assert not model.failed.any()


def test_places_and_sorts_have_numbers_of_their_own() -> None:
    rows = [Row("1", (thing("a"),), place="x", sort="t"), Row("2", (thing("a"),), place="y", sort="t")]
    model = risk_model(rows)
    assert (list(model.place_of), list(model.sort_of)) == ([0, 1], [0, 0])


def test_a_suspect_as_data() -> None:
    from contra.localize import localize

    model = model_of(("1", "ab", "*"), ("2", "ab", "*"))
    [one, two] = localize(model, risks.changed("a", 7.0), "scout").suspects
    assert one.json() == {
        "kind": "thing",
        "name": "a",
        "evidence": "hit ratio",
        "failed": 2,
        "dependants": 2,
        "explained": 2,
        "coverage": 1.0,
        "weight": 2.0,
        "alike": [{"kind": "thing", "name": "b"}],
        "changes": [{"at": 7.0, "text": ""}],
    }
    assert two.object == thing("b")
