"""Many switches at once: all are tried, all failures are told, an interruption ends everything."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from support.control import QUICK, holding, session_of
from support.p4runtime_server import Answer, FakeServer, Hang
from support.p4runtime_tables import Refused

from contra.deploy.control.fleet import on_all, try_all
from contra.deploy.control.journal import Journal, read_journal
from contra.deploy.control.session import SwitchSession
from contra.deploy.control.writer import Applied
from contra.deploy.errors import ToolError
from contra.diagnostics import Reporter

COUNT = 5
HOLDINGS = [holding(self_=number) for number in range(COUNT)]


@pytest.fixture
def servers() -> Iterator[list[FakeServer]]:
    with ExitStack() as stack:
        yield [stack.enter_context(FakeServer(device_id=number)) for number in range(COUNT)]


@pytest.fixture
def sessions(servers: list[FakeServer], tmp_path: Path) -> Iterator[list[SwitchSession]]:
    journal = Journal(tmp_path / "journal.jsonl", "test", "0" * 12)
    made = [
        session_of(server.address, tmp_path, name=f"s{number}", device_id=number, journal=journal)
        for number, server in enumerate(servers)
    ]
    yield made
    for session in made:
        session.close()
    journal.close()


def fill(sessions: list[SwitchSession], index: int) -> Applied:
    sessions[index].connect()
    sessions[index].push()
    return sessions[index].apply(HOLDINGS[index])


def test_all_are_filled(sessions: list[SwitchSession]) -> None:
    seen: list[tuple[int, int]] = []
    applied = on_all(COUNT, lambda index: fill(sessions, index), lambda done, total: seen.append((done, total)))
    assert all(each.total for each in applied)
    assert seen == [(number, COUNT) for number in range(1, COUNT + 1)]
    differences = on_all(COUNT, lambda index: sessions[index].verify(HOLDINGS[::-1][index]))
    assert [bool(each) for each in differences] == [True, True, False, True, True]


def test_all_failures_are_told(servers: list[FakeServer], sessions: list[SwitchSession]) -> None:
    servers[1].switch.push_faults.append(Answer("UNKNOWN"))
    servers[3].switch.refuse = lambda update: Refused("INTERNAL", "no")
    servers[4].kill()
    for session in sessions:
        session.deadlines = replace(QUICK, connect_s=0.3)
    with pytest.raises(ToolError) as caught:
        on_all(COUNT, lambda index: fill(sessions, index))
    assert [(each.code, each.title_text().split("'")[1]) for each in caught.value.diagnostics] == [
        ("CTR1105", "s1"),
        ("CTR1106", "s3"),
        ("CTR1101", "s4"),
    ]
    results, failures = try_all([0, 2, 4], lambda index: sessions[index].read())
    assert results == {0: HOLDINGS[0], 2: HOLDINGS[2]}
    assert [each.code for each in failures[4]] == ["CTR1110"]


def test_an_interruption_ends_everything(servers: list[FakeServer], sessions: list[SwitchSession]) -> None:
    for server in servers[1:]:
        server.switch.push_faults.append(Hang())
    for session in sessions:
        session.deadlines = replace(QUICK, request_s=60, pipeline_s=60)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        on_all(COUNT, lambda index: fill(sessions, index), interrupt, lambda index: sessions[index].abort())
    assert time.monotonic() - started < 30
    assert all(session.trouble for session in sessions)


def test_a_bug_in_a_step_is_not_taken_for_a_failing_switch() -> None:
    aborted: list[int] = []
    with pytest.raises(ZeroDivisionError):
        on_all(3, lambda index: 1 // index, abort=aborted.append)
    assert aborted == [0, 1, 2]


def test_no_switches() -> None:
    assert on_all(0, lambda index: index) == []


def test_one_journal_for_all(sessions: list[SwitchSession]) -> None:
    on_all(COUNT, lambda index: fill(sessions, index))
    reporter = Reporter()
    records = read_journal(sessions[0].journal.path, reporter)
    assert not reporter.diagnostics
    assert len(records) == COUNT * 15
    for number in range(COUNT):
        actions = [record.action for record in records if record.switch == f"s{number}"]
        assert actions[:2] == ["connect", "pipeline"]
