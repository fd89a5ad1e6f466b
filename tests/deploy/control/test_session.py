"""One switch and its controller, with everything that may go wrong between them."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from p4.v1 import p4runtime_pb2
from support.control import QUICK, default, holding, port_key, session_of, small, to_port
from support.deployment import wait_for
from support.p4runtime_server import Answer, Die, FakeServer, Hang, LoseAnswer
from support.p4runtime_tables import Refused

from contra.deploy.control.client import Address, Kind
from contra.deploy.control.errors import ControlError
from contra.deploy.control.journal import Journal, read_journal
from contra.deploy.control.model import Action, Altered, GroupKey, Holding
from contra.deploy.control.p4runtime import connect
from contra.deploy.control.session import SwitchSession, nobody
from contra.diagnostics import Reporter
from contra.p4.runtime import Replica

WANTED = holding()
UPDATES = 12


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with FakeServer() as fake:
        yield fake


@pytest.fixture
def session(server: FakeServer, tmp_path: Path) -> Iterator[SwitchSession]:
    """Connected, nothing pushed."""
    made = session_of(server.address, tmp_path)
    made.connect()
    yield made
    made.close()
    made.journal.close()


@pytest.fixture
def pushed(session: SwitchSession) -> SwitchSession:
    session.push()
    return session


def failing(kind: Kind, code: str, step: Callable[..., object], *arguments: object) -> str:
    """The title of the failure of a step."""
    with pytest.raises(ControlError) as caught:
        step(*arguments)
    (diagnostic,) = caught.value.diagnostics
    assert (caught.value.kind, diagnostic.code) == (kind, code), diagnostic
    return diagnostic.title_text()


def notes(error: pytest.ExceptionInfo[ControlError]) -> str:
    return "\n".join(error.value.diagnostics[0].note_texts())


def journalled(session: SwitchSession) -> list[tuple[str, str]]:
    """(action, outcome) of all lines."""
    reporter = Reporter()
    records = read_journal(session.journal.path, reporter)
    assert not reporter.diagnostics
    return [(record.action, record.outcome) for record in records]


# ---------------------------------------------------------------------------------------------- loading


def test_load_and_verify(server: FakeServer, session: SwitchSession) -> None:
    session.push()
    applied = session.apply(WANTED)
    assert (applied.inserted, applied.modified, applied.deleted, applied.kept) == (UPDATES - 1, 1, 0, 1)
    assert not session.verify(WANTED)
    assert session.read() == WANTED
    assert server.switch.pushes == 1


def test_the_journal_has_a_line_for_each_step(session: SwitchSession) -> None:
    session.push()
    session.apply(WANTED)
    lines = journalled(session)
    assert lines[:2] == [("connect", "ok"), ("pipeline", "ok")]
    assert sorted(lines[2:-1]) == [("insert", "ok")] * (UPDATES - 1) + [("modify", "ok")]
    assert lines[-1] == ("applied", "ok")
    first = next(
        row
        for row in map(json.loads, session.journal.path.read_text(encoding="utf-8").splitlines())
        if row["object"].get("match") == {"port": 1}
    )
    assert first["provenance"] == {"link": "A:1-B:1", "rules": [0]}
    assert first["object"]["parameters"] == {"port": 1, "weight": 2**47 + 1}


def test_loading_again_writes_nothing(server: FakeServer, pushed: SwitchSession) -> None:
    assert pushed.apply(WANTED).total == UPDATES
    server.switch.writes.clear()
    assert pushed.apply(WANTED).total == 0
    assert server.switch.writes == []


def test_applying_writes_only_the_difference(server: FakeServer, pushed: SwitchSession) -> None:
    pushed.apply(WANTED)
    other = dict(WANTED.contents)
    del other[port_key(2)]
    other[port_key(6)] = to_port(6)
    other[port_key(1)] = to_port(1, 1)
    other[GroupKey(1)] = (Replica(3, 1),)
    applied = pushed.apply(Holding(other))
    assert (applied.inserted, applied.modified, applied.deleted) == (1, 2, 1)
    assert applied.kept == len(other) - 3
    assert server.switch.pushes == 1
    assert pushed.read().contents == other


def test_verify_names_what_somebody_else_changed(server: FakeServer, pushed: SwitchSession) -> None:
    pushed.apply(WANTED)
    assert server.switch.tables is not None
    entries = server.switch.tables.entries[small().names.tables["In.ports"].id]
    first, second, *_ = list(entries)
    entries[first].action.action.params[0].value = b"\x63"
    del entries[second]
    server.switch.tables.groups[9] = p4runtime_pb2.MulticastGroupEntry(multicast_group_id=9)
    difference = pushed.verify(WANTED)
    assert difference.missing == (port_key(2),)
    assert difference.extra == (GroupKey(9),)
    assert difference.altered == (Altered(port_key(1), to_port(1, 2**47 + 1), to_port(99, 2**47 + 1)),)
    assert journalled(pushed)[-1] == ("verify", "differs")
    pushed.apply(WANTED)
    assert not pushed.verify(WANTED)


def test_many_entries_go_in_batches(server: FakeServer, pushed: SwitchSession) -> None:
    many = {GroupKey(number): (Replica(1, number),) for number in range(1, 601)}
    pushed.apply(Holding({**pushed.read().contents, **many}))
    assert server.switch.writes == [256, 256, 88]


# --------------------------------------------------------------------------------------------- programs


def test_a_switch_without_a_program(session: SwitchSession) -> None:
    with pytest.raises(ControlError) as caught:
        session.apply(WANTED)
    assert caught.value.diagnostics[0].code == "CTR1104"
    assert notes(caught) == "it runs no program at all"


@pytest.mark.parametrize("step", ["check_program", "read"])
def test_a_switch_with_an_old_p4info(server: FakeServer, pushed: SwitchSession, step: str) -> None:
    server.switch.config.cookie.cookie = 1
    server.switch.config.p4info.tables[1].size = 9
    with pytest.raises(ControlError) as caught:
        getattr(pushed, step)()
    assert caught.value.kind is Kind.WRONG_PIPELINE
    assert notes(caught) == "table 'In.ports' has size 9 instead of 8"


def test_the_same_tables_with_another_program_behind_them(server: FakeServer, pushed: SwitchSession) -> None:
    server.switch.config.cookie.cookie = 1
    with pytest.raises(ControlError) as caught:
        pushed.apply(WANTED)
    assert notes(caught) == "its tables are the same, the program behind them is not"
    assert server.switch.writes == []


def test_a_program_that_is_refused(server: FakeServer, session: SwitchSession) -> None:
    server.switch.push_faults.append(Answer("UNKNOWN"))
    assert failing(Kind.WRONG_PIPELINE, "CTR1105", session.push).endswith("program 'destination': told to fail")
    assert journalled(session)[-1] == ("failure", "WRONG_PIPELINE")


# --------------------------------------------------------------------------------------- what may pass


@pytest.mark.parametrize(
    "fault",
    [
        Answer("UNAVAILABLE"),
        LoseAnswer("UNAVAILABLE"),
        Answer("DEADLINE_EXCEEDED"),
        LoseAnswer("DEADLINE_EXCEEDED"),
        Answer("RESOURCE_EXHAUSTED"),
        LoseAnswer("RESOURCE_EXHAUSTED"),
    ],
    ids=str,
)
def test_what_passes_is_tried_again(server: FakeServer, pushed: SwitchSession, fault: Answer | LoseAnswer) -> None:
    server.switch.write_faults.append(fault)
    pushed.apply(WANTED)
    assert pushed.read() == WANTED
    carried_out = 0 if isinstance(fault, Answer) else server.switch.writes[0]
    assert sum(server.switch.writes) == UPDATES + server.switch.writes[0] - carried_out, "nothing is written twice"
    assert any(outcome == fault.code for _, outcome in journalled(pushed))


@pytest.mark.parametrize("faults", ["write_faults", "read_faults"])
def test_a_request_that_hangs_once(server: FakeServer, tmp_path: Path, faults: str) -> None:
    session = session_of(server.address, tmp_path, deadlines=replace(QUICK, request_s=0.2))
    session.connect()
    session.push()
    getattr(server.switch, faults).append(Hang())
    session.apply(WANTED)
    assert session.read() == WANTED
    session.close()


def test_a_busy_switch_gets_smaller_batches(server: FakeServer, pushed: SwitchSession) -> None:
    server.switch.max_batch = 20
    many = {GroupKey(number): (Replica(1, number),) for number in range(1, 101)}
    pushed.apply(Holding({**pushed.read().contents, **many}))
    assert server.switch.writes[0] == 100
    assert max(server.switch.writes[2:]) <= 20
    assert len(server.switch.tables.groups) == 100  # type: ignore[union-attr]


def test_somebody_else_was_faster(server: FakeServer, pushed: SwitchSession) -> None:
    """What the switch refuses because it is there already is not an error, if it is what is wanted."""
    said: list[int] = []

    def already(update: object) -> Refused | None:
        if not said:
            said.append(1)
            assert server.switch.tables is not None
            server.switch.tables.apply(update)
            return Refused("ALREADY_EXISTS", "Match entry exists")
        return None

    server.switch.refuse = already
    pushed.apply(WANTED)
    assert said
    assert pushed.read() == WANTED


def test_a_broken_connection_is_made_again(server: FakeServer, pushed: SwitchSession) -> None:
    """The server goes in the middle of a batch and comes back with what it held."""
    taken = threading.Event()

    def die() -> None:
        server.kill()
        taken.set()

    def back() -> None:
        assert taken.wait(5)
        server._server.stop(None).wait()
        server.switch.connections.clear()
        server.start()

    server.switch.die = die
    server.switch.write_faults.append(Die(after=1))
    helper = threading.Thread(target=back)
    helper.start()
    pushed.apply(WANTED)
    helper.join()
    assert pushed.read() == WANTED
    assert ("connect", "ok") in journalled(pushed)[2:]


# --------------------------------------------------------------------------------------- what does not


def test_a_switch_that_dies_in_the_middle(server: FakeServer, pushed: SwitchSession) -> None:
    server.switch.write_faults.extend([None, Die(after=3)])
    pushed.deadlines = replace(QUICK, connect_s=0.2)
    title = failing(Kind.GONE, "CTR1110", pushed.apply, WANTED)
    assert title == "switch 'A' is gone: writing its entries"
    outcomes = [outcome for action, outcome in journalled(pushed) if action in ("insert", "modify")]
    assert outcomes.count("ok") == 2, "the groups, which were in the request before"
    assert set(outcomes[2:]) <= {"UNAVAILABLE", "CANCELLED"}, outcomes
    assert server.switch.tables is not None
    assert len(server.switch.tables.entries[small().names.tables["In.ports"].id]) == 2, "half of the batch is there"


def test_a_switch_that_was_started_anew(server: FakeServer, pushed: SwitchSession) -> None:
    taken = threading.Event()

    def die() -> None:
        server.kill()
        taken.set()

    def back() -> None:
        assert taken.wait(5)
        server.restart()

    server.switch.die = die
    server.switch.write_faults.append(Die(after=1))
    helper = threading.Thread(target=back)
    helper.start()
    with pytest.raises(ControlError) as caught:
        pushed.apply(WANTED)
    helper.join()
    assert caught.value.kind is Kind.GONE
    assert notes(caught) == "it was started anew meanwhile, and has lost its program and its entries"


def test_refused_entries_are_named(server: FakeServer, pushed: SwitchSession) -> None:
    ports = small().names.tables["In.ports"].id

    def refuse(update: object) -> Refused | None:
        entry = update.entity.table_entry  # type: ignore[attr-defined]
        return Refused("INTERNAL", "no\x1bway") if entry.table_id == ports else None

    server.switch.refuse = refuse
    with pytest.raises(ControlError) as caught:
        pushed.apply(WANTED)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "CTR1106"
    assert diagnostic.title_text() == (
        "switch 'A' refuses to insert ports[port=1] (of link A:1-B:1, rank rule 0): no\\x1bway (INTERNAL)"
    )
    assert "ports[port=4]: INTERNAL" in notes(caught)
    assert len(server.switch.writes) <= 3, "what is refused for good is not tried again"


@pytest.mark.parametrize("code", ["UNKNOWN", "RESOURCE_EXHAUSTED"])
def test_a_full_table_is_named(server: FakeServer, pushed: SwitchSession, code: str) -> None:
    assert server.switch.tables is not None
    server.switch.tables.full_code = code
    title = failing(Kind.EXHAUSTED, "CTR1107", pushed.apply, holding(ports=11))
    assert title == "table 'In.ports' of switch 'A' is full: 11 entries, and room for 8"


def test_the_first_entry_without_room_is_named(server: FakeServer, pushed: SwitchSession) -> None:
    with pytest.raises(ControlError) as caught:
        pushed.apply(holding(ports=11))
    assert notes(caught).startswith("the first entry without room is ports[port=9]\n")


def test_a_full_table_makes_room_first(server: FakeServer, pushed: SwitchSession) -> None:
    pushed.apply(holding(ports=8))
    other = {**holding(ports=0).contents, **{port_key(port): to_port(port) for port in range(100, 108)}}
    pushed.apply(Holding(other))
    assert pushed.read().contents == other


def test_a_switch_that_is_always_busy(server: FakeServer, pushed: SwitchSession) -> None:
    server.switch.max_batch = 0
    with pytest.raises(ControlError) as caught:
        pushed.apply(WANTED)
    assert caught.value.diagnostics[0].code == "CTR1108"
    assert server.switch.writes[-1] == 1
    assert "multicast group 1 (of product node A.0); it was tried 7 times" in notes(caught)


def test_a_switch_that_loses_writes(server: FakeServer, pushed: SwitchSession) -> None:
    server.switch.drop_writes = True
    with pytest.raises(ControlError) as caught:
        pushed.apply(WANTED)
    assert caught.value.diagnostics[0].code == "CTR1111"
    assert notes(caught).startswith("missing: ports[port=1] (of link A:1-B:1, rank rule 0)\n")
    assert "more differences" in notes(caught)


def test_a_switch_that_never_answers(server: FakeServer, tmp_path: Path) -> None:
    session = session_of(server.address, tmp_path, deadlines=replace(QUICK, request_s=0.05))
    session.connect()
    session.push()
    server.switch.write_faults.extend([Hang()] * 20)
    assert failing(Kind.TIMEOUT, "CTR1109", session.apply, WANTED) == (
        "switch 'A' did not answer in time: writing its entries"
    )
    assert len(server.switch.writes) == 7
    session.close()


def test_mastership_is_lost(server: FakeServer, pushed: SwitchSession) -> None:
    primary = server.switch.connections[0]
    other = type(primary)()
    other.election_id = 99
    server.switch.connections.append(other)
    assert failing(Kind.NOT_PRIMARY, "CTR1102", pushed.apply, WANTED).endswith("Not primary")
    server.switch.connections.remove(other)


def test_mastership_comes_back_when_the_other_leaves(server: FakeServer, pushed: SwitchSession) -> None:
    address = Address(target=server.address, device_id=pushed.target.address.device_id, election_id=9)
    other = connect(address, pushed.target.pipeline.names, nobody, QUICK, threading.Event())
    wait_for(lambda: bool(pushed.trouble))
    assert "another controller (election id 9)" in pushed.trouble
    failing(Kind.NOT_PRIMARY, "CTR1102", pushed.apply, WANTED)
    failing(Kind.NOT_PRIMARY, "CTR1102", pushed.tick)
    other.close()
    wait_for(lambda: not pushed.trouble)
    pushed.tick()
    pushed.apply(WANTED)


def test_no_switch(tmp_path: Path) -> None:
    session = session_of("127.0.0.1:1", tmp_path, deadlines=replace(QUICK, connect_s=0.05))
    assert failing(Kind.UNREACHABLE, "CTR1101", session.connect) == "switch 'A' cannot be reached at 127.0.0.1:1"
    assert failing(Kind.DIED, "CTR1110", session.read) == "switch 'A' is gone: reading its entries"
    assert journalled(session) == [("failure", "UNREACHABLE"), ("failure", "DIED")]


def test_another_device(server: FakeServer, tmp_path: Path) -> None:
    session = session_of(server.address, tmp_path, device_id=8)
    session.connect()
    title = failing(Kind.WRONG_DEVICE, "CTR1103", session.push)
    assert title.startswith(f"what answers at {server.address} is not switch 'A' (device 8)")
    session.close()


def test_a_switch_that_does_not_tell_what_it_holds(server: FakeServer, pushed: SwitchSession) -> None:
    """What PI answers after entries were added by Thrift."""
    server.switch.read_faults.append(Answer("INTERNAL"))
    assert failing(Kind.REFUSED, "CTR1112", pushed.read) == "switch 'A' does not tell what it holds: told to fail"


# ---------------------------------------------------------------------------------------------- the rest


def test_abort_ends_what_is_under_way(server: FakeServer, tmp_path: Path) -> None:
    session = session_of(server.address, tmp_path, deadlines=replace(QUICK, request_s=60))
    session.connect()
    session.push()
    server.switch.write_faults.append(Hang())
    threading.Timer(0.1, session.abort).start()
    started = time.monotonic()
    with pytest.raises(ControlError):
        session.apply(WANTED)
    assert time.monotonic() - started < 30


def test_ticks_and_queries(server: FakeServer, tmp_path: Path) -> None:
    answers: queue.Queue[bytes] = queue.Queue()
    session = session_of(server.address, tmp_path, packets=answers.put)
    session.connect()
    session.push()
    session.tick()
    assert server.switch.packets.get(timeout=5) == b"\x01"
    session.packet_out(b"\x03\x01\x00\x00\x00\x02\x00")
    assert server.switch.packets.get(timeout=5) == b"\x03\x01\x00\x00\x00\x02\x00"
    server.switch.packet_in(b"\x02\x01\x00\x00\x00\x02\x2a")
    assert answers.get(timeout=5) == b"\x02\x01\x00\x00\x00\x02\x2a"
    session.close()
    assert session.trouble == "there is no connection to it"
    failing(Kind.DIED, "CTR1110", session.tick)
    assert ("failure", "DIED") not in journalled(session), "a clock ticks too often"


def test_a_sink_that_fails_does_not_end_the_connection(server: FakeServer, tmp_path: Path) -> None:
    came: queue.Queue[bytes] = queue.Queue()

    def fail(packet: bytes) -> None:
        came.put(packet)
        raise RuntimeError("no")

    session = session_of(server.address, tmp_path, packets=fail)
    session.connect()
    session.push()
    for _ in range(2):
        server.switch.packet_in(b"\x02")
        assert came.get(timeout=5) == b"\x02"
    assert session.trouble == ""
    session.close()
    assert journalled(session).count(("failure", "BUG")) == 2


def test_a_session_can_be_connected_again(server: FakeServer, pushed: SwitchSession) -> None:
    """As after the restart of its switch."""
    pushed.close()
    server.restart()
    pushed.connect()
    pushed.push()
    pushed.apply(WANTED)
    assert pushed.read() == WANTED


def test_another_journal(server: FakeServer, pushed: SwitchSession, tmp_path: Path) -> None:
    before = journalled(pushed)
    with Journal(tmp_path / "other.jsonl", "test", "1" * 12) as other:
        old, _ = pushed.journal, pushed.write_to(other)
        pushed.apply(WANTED)
        assert len(journalled(pushed)) == UPDATES + 1
        pushed.write_to(old)
    assert journalled(pushed) == before


def test_counters(server: FakeServer, pushed: SwitchSession) -> None:
    assert server.switch.tables is not None
    next(iter(server.switch.tables.counters.values()))[1] = 3
    assert pushed.counter("In.drops") == [0, 3, 0, 0]


def test_a_default_action_that_was_changed_is_put_back(server: FakeServer, pushed: SwitchSession) -> None:
    pushed.apply(WANTED)
    pushed.apply(Holding({**WANTED.contents, default("In.routes"): Action("NoAction")}))
    difference = pushed.verify(WANTED)
    assert difference.altered == (Altered(default("In.routes"), Action("In.deny"), Action("NoAction")),)
    assert pushed.apply(WANTED).modified == 1
