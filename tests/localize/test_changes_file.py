"""Change logs as files: what is read, and what is said of those that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contra.diagnostics import CompileError, Reporter
from contra.localize import Change, Object
from contra.localize.changes_file import check_clock, read_changes
from contra.source import SourceFile

KNOWN = (Object("link", "A:1-B:1"), Object("link", "B:2-C:1"), Object("switch", "A"))
GOOD = {"kind": "link", "name": "A:1-B:1", "at": "1970-01-01T00:01:40Z"}


def read(text: str) -> tuple[tuple[Change, ...], list[str]]:
    """The changes, and the codes of what was said."""
    reporter = Reporter()
    try:
        found = read_changes(SourceFile("changes.json", text), KNOWN, reporter)
    except CompileError as error:
        return (), [each.code for each in error.diagnostics]
    return found, [each.code for each in reporter.diagnostics]


@pytest.mark.parametrize(
    "at",
    ["1970-01-01T00:01:40Z", "1970-01-01T00:01:40", "1970-01-01T01:01:40+01:00", 100, 100.0],
)
def test_times(at: object) -> None:
    found, said = read(json.dumps([{**GOOD, "at": at, "text": "moved"}]))
    assert (found, said) == ((Change(KNOWN[0], 100.0, "moved"),), [])


@pytest.mark.parametrize(
    "value",
    [{}, "x", None, 3, [3], [[]], [{**GOOD, "kind": 1}], [{**GOOD, "name": None}], [{**GOOD, "text": []}]]
    + [[{**GOOD, "at": at}] for at in ("yesterday", "", -1, True, None, [], "9" * 5000, "2026-13-01", 1e300)]
    + [[{key: value for key, value in GOOD.items() if key != lacking}] for lacking in GOOD],
)
def test_what_is_no_change_log(value: object) -> None:
    assert read(json.dumps(value)) == ((), ["CTR1741"])


@pytest.mark.parametrize(
    ("text", "code"), [("", "CTR0206"), ("[", "CTR0206"), ("[" * 100_000, "CTR0207"), ("[NaN]", "CTR0208")]
)
def test_what_is_no_json(text: str, code: str) -> None:
    assert read(text) == ((), [code])


def test_strange_objects_are_left_out() -> None:
    rows = [{**GOOD, "kind": "lnik"}, {**GOOD, "name": "A:1-B:2"}, GOOD]
    assert read(json.dumps(rows)) == ((Change(KNOWN[0], 100.0),), ["CTR1742", "CTR1743"])


def test_thousands_of_bad_changes_end_early() -> None:
    _, said = read(json.dumps([{}] * 5000))
    assert set(said) == {"CTR1741"}
    assert len(said) <= 102


def test_changes_of_the_future() -> None:
    reporter = Reporter()
    check_clock([Change(KNOWN[0], 101.0)], 100.0, reporter)
    assert not reporter.diagnostics
    check_clock([Change(KNOWN[0], 500.0), Change(KNOWN[2], 200.0)], 100.0, reporter)
    assert [each.title_text() for each in reporter.diagnostics] == [
        "2 changes are dated after the moment when the switches were read: clocks disagree"
    ]
    assert reporter.diagnostics[0].note_texts()[0] == "the first of them is of switch A, 0:01:40 later"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "name", "at", "text"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=3))
def test_whatever_it_is_it_is_read_or_refused(value: Any) -> None:
    read(json.dumps(value))
