"""Another way to a switch while the controller runs; and what the journal says of an end, good or bad."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.control import holding, session_of
from support.p4runtime_server import FakeServer

from contra.deploy.control.client import Kind
from contra.deploy.control.errors import ControlError
from contra.deploy.control.journal import Record, read_journal
from contra.deploy.control.session import SwitchSession
from contra.diagnostics import Reporter

WANTED = holding()


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def session(server: FakeServer, tmp_path: Path) -> Iterator[SwitchSession]:
    made = session_of(server.address, tmp_path)
    made.connect()
    made.push()
    yield made
    made.close()
    made.journal.close()


def records(session: SwitchSession) -> list[Record]:
    return read_journal(session.journal.path, Reporter())


def test_another_address(session: SwitchSession) -> None:
    session.apply(WANTED)
    before, own = records(session), session.target.address
    with FakeServer() as other:
        session.reach(replace(own, target=other.address))
        session.push()
        assert session.read() != WANTED
        session.reach(own)
        assert session.read() == WANTED
    assert [each.action for each in records(session)[len(before) :]] == ["pipeline"]


def test_not_now(session: SwitchSession, server: FakeServer) -> None:
    own = session.target.address
    server.kill()
    session.reach(own, now=False)
    assert session.trouble
    server.start()
    session.connect()
    assert not session.trouble


def test_a_connection_that_is_just_ending_is_waited_for(
    session: SwitchSession, server: FakeServer, tmp_path: Path
) -> None:
    """Two controllers of one election id: the switch takes the second when the first has gone."""
    session.close()
    other = session_of(server.address, tmp_path, name="other")
    other.connect()
    leaving = threading.Timer(0.3, other.close)
    leaving.start()
    session.reach(session.target.address)
    assert not session.trouble
    leaving.join()


def test_a_connection_that_stays_is_not_waited_for_for_ever(
    session: SwitchSession, server: FakeServer, tmp_path: Path
) -> None:
    session.close()
    other = session_of(server.address, tmp_path, name="other")
    other.connect()
    try:
        with pytest.raises(ControlError) as caught:
            session.reach(session.target.address)
        assert caught.value.kind is Kind.NOT_PRIMARY
    finally:
        other.close()


def test_a_good_end_is_noted(session: SwitchSession) -> None:
    session.apply(WANTED)
    session.apply(WANTED)
    ends = [each for each in records(session) if each.action == "applied"]
    counts = [dict(each.object) for each in ends]
    assert counts == [
        {"inserted": 11, "modified": 1, "deleted": 0, "kept": 1},
        {"inserted": 0, "modified": 0, "deleted": 0, "kept": 13},
    ]


def test_a_bad_end_is_noted_with_its_code_and_the_room(session: SwitchSession) -> None:
    with pytest.raises(ControlError):
        session.apply(holding(ports=11))
    (end,) = [each for each in records(session) if each.action == "failure"]
    about = {"doing": "writing its entries", "code": "CTR1107", "table": "In.ports", "size": 8, "wanted": 11}
    assert (end.outcome, dict(end.object)) == ("EXHAUSTED", about)
    assert not any(each.action == "applied" for each in records(session))
