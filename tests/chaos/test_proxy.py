"""The proxy between a session of ours and the fake switch: what it passes on, and what it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.control import QUICK, holding, port_key, session_of, small, to_port
from support.p4runtime_server import FakeServer

from contra.chaos.proxy import Proxy, Tampering
from contra.chaos.tampering import Breaking, Dropping, LessRoom
from contra.deploy.control.client import Kind, SwitchError
from contra.deploy.control.differ import changes, compare
from contra.deploy.control.errors import ControlError
from contra.deploy.control.model import EntryKey, GroupKey, Holding, Operation, Update
from contra.deploy.control.session import SwitchSession

WANTED = holding()
SHORT = replace(QUICK, connect_s=0.3)
"""Where a connection has broken for good."""
Through = Callable[[Tampering], SwitchSession]


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as made:
        yield made


@pytest.fixture
def through(server: FakeServer, tmp_path: Path) -> Iterator[Through]:
    """Makes a session with the switch through a proxy, which is closed at the end."""
    made: list[Proxy | SwitchSession] = []

    def make(tampering: Tampering) -> SwitchSession:
        proxy = Proxy(server.address, tampering)
        session = session_of(proxy.address, tmp_path)
        made.extend((session, proxy))
        session.connect()
        session.deadlines = SHORT
        return session

    yield make
    for each in made:
        each.close()


def read(server: FakeServer, folder: Path) -> Holding:
    """What the switch really holds."""
    session = session_of(server.address, folder)
    session.connect()
    try:
        return session.read()
    finally:
        session.close()


def test_without_tampering_nothing_is_different(through: Through, server: FakeServer, tmp_path: Path) -> None:
    session = through(Tampering())
    session.push()
    session.apply(WANTED)
    assert session.read() == WANTED
    assert session.counter("In.drops") == [0, 0, 0, 0]
    session.close()
    assert read(server, tmp_path) == WANTED


def test_packets_go_both_ways(server: FakeServer, tmp_path: Path) -> None:
    came, there = [], threading.Event()

    def take(packet: bytes) -> None:
        came.append(packet)
        there.set()

    proxy = Proxy(server.address, Tampering())
    session = session_of(proxy.address, tmp_path, packets=take)
    session.connect()
    try:
        session.push()
        session.packet_out(b"\x01out")
        assert server.switch.packets.get(timeout=10) == b"\x01out"
        server.switch.packet_in(b"\x02in")
        assert there.wait(10)
        assert came == [b"\x02in"]
    finally:
        session.close()
        proxy.close()


def test_refusals_come_through_by_name(through: Through) -> None:
    session = through(Tampering())
    session.push()
    twice = [Update(Operation.INSERT, port_key(1), to_port(1))] * 2
    with pytest.raises(SwitchError) as caught:
        session.client.write(twice)
    (refusal,) = caught.value.refusals
    assert (refusal.code, refusal.update) == ("ALREADY_EXISTS", twice[1])


def test_refusals_of_others_stay_theirs_when_writes_are_dropped(through: Through) -> None:
    """P4Runtime tells refusals by position: what was dropped must keep its place, as one that went well."""
    session = through(Dropping({port_key(1)}, small().names))
    session.push()
    session.client.write([Update(Operation.INSERT, port_key(2), to_port(2))])
    batch = [Update(Operation.INSERT, port_key(number), to_port(number)) for number in (1, 2, 3, 1)]
    with pytest.raises(SwitchError) as caught:
        session.client.write(batch)
    assert [(each.update.key, each.code) for each in caught.value.refusals] == [(port_key(2), "ALREADY_EXISTS")]


def test_dropped_writes_are_acknowledged(through: Through, server: FakeServer, tmp_path: Path) -> None:
    keys = {port_key(2), GroupKey(1)}
    session = through(Dropping(keys, small().names))
    session.push()
    for batch in changes(session.read(), WANTED):
        session.client.write(batch)
    session.close()
    found = compare(WANTED, read(server, tmp_path))
    assert (set(found.missing), found.extra, found.altered) == (keys, (), ())


def test_dropped_deletions(through: Through, server: FakeServer, tmp_path: Path) -> None:
    session = through(Dropping({port_key(2)}, small().names))
    session.push()
    session.close()
    direct = session_of(server.address, tmp_path)
    direct.connect()
    direct.apply(WANTED)
    direct.close()
    session.deadlines = QUICK
    session.connect()
    session.client.write([Update(Operation.DELETE, port_key(number), None) for number in (1, 2)])
    session.close()
    assert compare(WANTED, read(server, tmp_path)).missing == (port_key(1),)


def test_the_controller_finds_out_that_writes_are_dropped(through: Through) -> None:
    session = through(Dropping({port_key(2)}, small().names))
    session.push()
    with pytest.raises(ControlError) as caught:
        session.apply(WANTED)
    assert caught.value.diagnostics[0].code == "CTR1111"


@pytest.mark.parametrize("code", ["UNKNOWN", "RESOURCE_EXHAUSTED"])
def test_less_room(through: Through, server: FakeServer, code: str) -> None:
    session = through(LessRoom("In.ports", 2))
    session.push()
    assert server.switch.tables is not None
    server.switch.tables.full_code = code
    with pytest.raises(ControlError) as caught:
        session.apply(WANTED)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "CTR1107"
    assert diagnostic.data() == {"table": "In.ports", "size": 2, "wanted": 4}
    held = [key for key in session.read().contents if isinstance(key, EntryKey) and key.table == "In.ports"]
    assert len([key for key in held if not key.default]) == 2


def test_less_room_that_is_not_admitted(through: Through) -> None:
    """The controller cannot know why, and the journal has nothing but what the switch said."""
    session = through(LessRoom("In.ports", 2, admits=False))
    session.push()
    with pytest.raises(ControlError) as caught:
        session.apply(WANTED)
    assert caught.value.diagnostics[0].code == "CTR1106"
    held = [key for key in session.read().contents if isinstance(key, EntryKey) and key.table == "In.ports"]
    assert len([key for key in held if not key.default]) == 2


def test_less_room_is_in_the_program_that_is_loaded(server: FakeServer, through: Through) -> None:
    through(LessRoom("In.ports", 2)).push()
    assert b'"max_size": 2' in server.switch.config.p4_device_config


@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_connection_that_breaks(through: Through, server: FakeServer, tmp_path: Path, after: int) -> None:
    happened = []
    session = through(Breaking(after, lambda: happened.append(len(server.switch.writes))))
    session.push()
    before = session.read()
    with pytest.raises(ControlError) as caught:
        session.apply(WANTED)
    assert caught.value.kind in (Kind.GONE, Kind.DIED)
    assert len(happened) == 1
    now = read(server, tmp_path)
    written = compare(before, now)
    assert len(written.extra) + len(written.altered) == after


def test_a_switch_that_is_not_there(tmp_path: Path) -> None:
    with FakeServer() as gone:
        pass
    proxy = Proxy(gone.address, Tampering())
    session = session_of(proxy.address, tmp_path, deadlines=SHORT)
    try:
        with pytest.raises(ControlError) as caught:
            session.connect()
        assert caught.value.kind is Kind.UNREACHABLE
    finally:
        session.close()
        proxy.close()
