"""Journals that are broken, of somebody else, or of another time: reported, and never the end of a diagnosis."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.control import port_key, to_port
from support.stories import NOBODY, OWN, Story, altered

from contra.deploy.control.journal import journal_path
from contra.diagnose.diagnose import diagnose
from contra.diagnose.lines import read_lines
from contra.diagnose.model import Cause, Diagnosis
from contra.verify import Report, Status, SwitchReport

KEY, RIGHT, WRONG = port_key(1), to_port(1), to_port(1, 2)
FINDING = altered(KEY, RIGHT, WRONG)


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path).pushed().wrote({KEY: RIGHT}).applied()


def edited(story: Story, edit: object) -> None:
    """Change the rows of a journal."""
    file = journal_path(story.build)
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for number, row in enumerate(rows):
        edit(number, row)  # type: ignore[operator]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def codes(told: Diagnosis) -> list[str]:
    return [each.code for each in told.notes]


def test_lines_that_are_none_are_reported_and_passed_over(story: Story) -> None:
    file = journal_path(story.build)
    lines = file.read_bytes().split(b"\n")
    noise = [b"\xff\xfe", b"[]", b'{"time": 3}', b"[" * 100_000, b"null", b'"x"']
    file.write_bytes(b"\n".join([*noise, *lines[:2], *noise, *lines[2:]]) + b'{"half')
    told = story.told(FINDING)
    assert told.verdicts[0].cause is Cause.CORRUPTED_ENTRY
    assert [each.line for each in told.verdicts[0].evidence] == [15, 16]
    assert codes(told) == ["CTR1115"] * 5 + ["CTR1955"]
    assert "8 more lines" in told.notes[-1].title_text()


def test_the_text_of_evidence_is_the_line(story: Story) -> None:
    lines = journal_path(story.build).read_text().splitlines()
    for each in story.told(FINDING).verdicts[0].evidence:
        assert each.text == lines[each.line - 1]


def test_a_journal_of_another_network(story: Story) -> None:
    story.network = "mine"
    told = story.told(FINDING)
    assert (told.verdicts[0].cause, codes(told)) == (Cause.UNKNOWN, ["CTR1952"])
    assert "its 4 lines are of 'net'" in told.notes[0].title_text()


def test_lines_of_two_networks_are_told_apart(story: Story) -> None:
    other = Story(story.build, network="another").pushed().wrote({KEY: RIGHT}, outcome="UNAVAILABLE")
    other.failed("GONE", "CTR1110")
    assert story.told(FINDING).verdicts[0].cause is Cause.CORRUPTED_ENTRY


@pytest.mark.parametrize("content", [b"", b"\n\n\n"])
def test_an_empty_journal(tmp_path: Path, content: bytes) -> None:
    journal_path(tmp_path).parent.mkdir()
    journal_path(tmp_path).write_bytes(content)
    assert Story(tmp_path).told(FINDING).verdicts[0].cause is Cause.UNKNOWN


def test_a_folder_in_place_of_a_journal(tmp_path: Path) -> None:
    journal_path(tmp_path).mkdir(parents=True)
    told = Story(tmp_path).told(FINDING)
    assert (told.verdicts[0].cause, codes(told)) == (Cause.UNKNOWN, ["CTR1951"])


# ------------------------------------------------------------------------------------------------ clocks


def shift(row: dict[str, object], seconds: float) -> None:
    at = datetime.fromisoformat(str(row["time"])) + timedelta(seconds=seconds)
    row["time"] = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.parametrize(("by", "word"), [(-3600, "back by 1:00:00"), (86400, "forward by 1 day, 0:00:00")])
def test_a_clock_that_was_set(story: Story, by: int, word: str) -> None:
    edited(story, lambda number, row: shift(row, by) if number >= 2 else None)
    told = story.told(FINDING)
    assert (told.verdicts[0].cause, codes(told)) == (Cause.CORRUPTED_ENTRY, ["CTR1953"])
    assert f"{word} between line 2 and line 3" in told.notes[0].title_text()


def test_a_clock_that_was_set_twice_is_told_once(story: Story) -> None:
    edited(story, lambda number, row: shift(row, 600 * (number % 2)))
    (note,) = story.told(FINDING).notes
    assert "it was set 2 more times" in note.note_texts()[0]


def test_the_machine_was_started_anew(story: Story) -> None:
    """Uptime begins anew, which is no clock that was set."""
    edited(story, lambda number, row: row.update(monotonic_ns=10**9 * (100 - number)) if number < 2 else None)
    edited(story, lambda number, row: row.update(monotonic_ns=5) if number >= 2 else None)
    told = story.told(FINDING)
    assert told.verdicts[0].cause is Cause.CORRUPTED_ENTRY


def test_times_that_are_none(story: Story) -> None:
    edited(story, lambda number, row: row.update(time=["yesterday", "", "2026-13-01", "12:00"][number]))
    assert story.told(FINDING, until="2026-11-23T00:00:00Z").verdicts[0].cause is Cause.CORRUPTED_ENTRY


def test_what_came_after_the_snapshot_does_not_count(story: Story) -> None:
    taken = datetime.now(UTC)
    edited(story, lambda number, row: shift(row, -600))
    story.wrote({KEY: RIGHT}, outcome="UNAVAILABLE").failed("GONE", "CTR1110")
    edited(story, lambda number, row: shift(row, 600) if number > 3 else None)
    assert story.told(FINDING, until=taken.isoformat()).verdicts[0].cause is Cause.CORRUPTED_ENTRY
    assert story.told(FINDING).verdicts[0].cause is not Cause.CORRUPTED_ENTRY


def test_a_snapshot_from_before_all_that_was_done(story: Story) -> None:
    told = story.told(FINDING, until="2001-01-01T00:00:00Z")
    assert (told.verdicts[0].cause, codes(told)) == (Cause.CORRUPTED_ENTRY, ["CTR1954"])


# ------------------------------------------------------------------------------------------------ anything


WORDS = st.sampled_from(
    ["A", "", "insert", "modify", "delete", "failure", "applied", "apply", "pipeline", "exit", "verify", "up"]
)
OUTCOMES = st.sampled_from(["ok", "UNKNOWN", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "GONE", "\x1b[31m", "-9"])
NAMES = st.sampled_from(
    ["table", "match", "port", "action", "parameters", "group", "replicas", "doing", "code", "from", "size", "wanted"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just("In.ports"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=6,
)
ROWS = st.fixed_dictionaries(
    {
        "time": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00", "", "\ud800"]),
        "monotonic_ns": st.integers(-(2**70), 2**70),
        "deployment": st.just("net"),
        "revision": st.sampled_from([OWN, "", "x"]),
        "switch": WORDS,
        "action": WORDS,
        "object": st.dictionaries(NAMES, VALUES, max_size=5),
        "provenance": st.just({}),
        "outcome": OUTCOMES,
        "message": st.text(max_size=8),
    }
)


@settings(max_examples=80)
@given(st.lists(ROWS, max_size=12), st.sampled_from([Status.DIFFERS, Status.UNREACHABLE, Status.OTHER_PROGRAM]))
def test_any_journal_gets_a_diagnosis(
    tmp_path_factory: pytest.TempPathFactory, rows: list[object], status: Status
) -> None:
    folder = tmp_path_factory.mktemp("any")
    journal_path(folder).parent.mkdir()
    journal_path(folder).write_text("".join(json.dumps(row) + "\n" for row in rows))
    findings = (FINDING,) if status is Status.DIFFERS else ()
    report = Report(folder, OWN, (SwitchReport("A", status, findings, compared=1),))
    told = diagnose(report, NOBODY, read_lines(folder, "net", "2026-01-01T12:00:00Z"))
    assert [each.switch for each in told.verdicts] == ["A"]
    assert all(line.words.isprintable() for line in told.verdicts[0].evidence)
