"""One switch under control, against a switch in memory that can be told to misbehave."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from contra.deploy.control.client import Address, Deadlines, Kind, Pipeline, Refusal, Running, SwitchError
from contra.deploy.control.errors import ControlError
from contra.deploy.control.journal import Journal
from contra.deploy.control.model import Action, Content, EntryKey, GroupKey, Holding, Key, Match, Operation, Update
from contra.deploy.control.names import Names, TableNames
from contra.deploy.control.session import ATTEMPTS, BATCH, SwitchSession
from contra.p4.runtime import Replica

TABLE = TableNames(7, "in.hop_port", (), frozenset(), 2048, False, True)
NAMES = Names(tables={TABLE.name: TABLE}, actions={}, counters={}, packet_in=(), packet_out=())
PIPELINE = Pipeline(names=NAMES, cookie=42, config=b"")


def entry(hop: int, port: int) -> tuple[EntryKey, Action]:
    return EntryKey(TABLE.name, (Match("hop", "exact", hop),)), Action("in.to_port", (("port", port),))


def holding(ports: dict[int, int], groups: Sequence[int] = ()) -> Holding:
    contents: dict[Key, Content] = dict(entry(hop, port) for hop, port in ports.items())
    contents |= {GroupKey(group): (Replica(1, 1),) for group in groups}
    return Holding(contents, {key: {"link": f"A:1-B:{n}"} for n, key in enumerate(contents)})


class Memory:
    """A switch: what it holds, what was asked of it, and what it answers next (a failure or None)."""

    def __init__(self) -> None:
        self.contents: dict[Key, Content] = {}
        self.batches: list[tuple[Update, ...]] = []
        self.answers: list[SwitchError | None] = []
        self.cookie: int | None = None
        self.swallows = False

    def running(self) -> Running:
        return Running(None if self.cookie is None else NAMES, self.cookie)

    def push(self, pipeline: Pipeline) -> None:
        self.cookie, self.contents = pipeline.cookie, {}

    def write(self, updates: Sequence[Update]) -> None:
        self.batches.append(tuple(updates))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        for update in () if self.swallows else updates:
            assert (update.operation is Operation.INSERT) == (update.key not in self.contents)
            if update.content is None:
                del self.contents[update.key]
            else:
                self.contents[update.key] = update.content

    def read(self) -> Holding:
        return Holding(dict(self.contents))

    def counter(self, name: str) -> list[int]:
        return [1, 2]

    def packet_out(self, data: bytes) -> None:
        raise SwitchError(Kind.DIED, "gone")

    def alive(self) -> SwitchError | None:
        return None

    def close(self) -> None:
        return None


@pytest.fixture
def switch() -> Memory:
    return Memory()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.jsonl", "test", "r1") as opened:
        yield opened


@pytest.fixture
def session(switch: Memory, journal: Journal) -> SwitchSession:
    address = Address(target="127.0.0.1:1", device_id=1)
    connect = lambda *_: switch  # noqa: E731
    made = SwitchSession("A", address, PIPELINE, "transit", journal, connect, deadlines=Deadlines(retry=0.001))
    made.connect()
    made.push()
    return made


def lines(journal: Journal) -> list[dict[str, object]]:
    return [json.loads(line) for line in journal.path.read_text().splitlines()]


def test_only_the_difference_is_written(session: SwitchSession, switch: Memory) -> None:
    session.apply(holding({1: 1, 2: 2, 3: 3}, groups=[5]))
    switch.batches.clear()
    done = session.apply(holding({1: 1, 2: 9, 4: 4}, groups=[5]))
    assert (done.inserted, done.modified, done.deleted, done.kept) == (1, 1, 1, 2)
    assert switch.contents == holding({1: 1, 2: 9, 4: 4}, groups=[5]).contents
    assert sum(map(len, switch.batches)) == 3
    switch.batches.clear()
    session.apply(holding({1: 1, 2: 9, 4: 4}, groups=[5]))
    assert switch.batches == []


def test_what_comes_is_written_before_what_goes(session: SwitchSession, switch: Memory) -> None:
    session.apply(holding({1: 1}, groups=[5]))
    switch.batches.clear()
    session.apply(holding({2: 2}, groups=[6]))
    order = [(update.operation.value, type(update.key)) for batch in switch.batches for update in batch]
    assert order == [("insert", GroupKey), ("insert", EntryKey), ("delete", EntryKey), ("delete", GroupKey)]


def test_many_entries_go_in_batches(session: SwitchSession, switch: Memory) -> None:
    session.apply(holding(dict.fromkeys(range(BATCH + 1), 1)))
    assert [len(batch) for batch in switch.batches] == [BATCH, 1]


def test_a_busy_switch_gets_smaller_batches(session: SwitchSession, switch: Memory) -> None:
    switch.answers = [SwitchError(Kind.EXHAUSTED, "busy")] * 2
    session.apply(holding(dict.fromkeys(range(100), 1)))
    sizes = [len(batch) for batch in switch.batches]
    assert sizes[:2] == [100, 100]
    assert max(sizes[2:]) == BATCH // 16
    assert len(switch.contents) == 100


def test_a_switch_that_stays_busy_is_given_up(session: SwitchSession, switch: Memory) -> None:
    switch.answers = [SwitchError(Kind.EXHAUSTED, "busy")] * 100
    with pytest.raises(ControlError) as error:
        session.apply(holding({1: 1}))
    assert error.value.diagnostics[0].code == "CTR1108"
    assert len(switch.batches) == ATTEMPTS + 1


Make = Callable[[Update], SwitchError]


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (lambda u: SwitchError(Kind.REFUSED, "no", refusals=[Refusal(u, "INVALID_ARGUMENT", "bad port")]), "CTR1106"),
        (lambda u: SwitchError(Kind.EXHAUSTED, "no", refusals=[Refusal(u, "RESOURCE_EXHAUSTED", "full")]), "CTR1107"),
        (lambda u: SwitchError(Kind.DIED, "closed"), "CTR1110"),
        (lambda u: SwitchError(Kind.TIMEOUT, "late"), "CTR1109"),
        (lambda u: SwitchError(Kind.NOT_PRIMARY, "another"), "CTR1102"),
    ],
)
def test_failures_name_the_entry_and_are_in_the_journal(
    session: SwitchSession, switch: Memory, journal: Journal, failure: Make, code: str
) -> None:
    key, content = entry(1, 1)
    switch.answers = [failure(Update(Operation.INSERT, key, content))]
    with pytest.raises(ControlError) as error:
        session.apply(holding({1: 1}))
    assert error.value.diagnostics[0].code == code
    last = lines(journal)[-1]
    assert last["outcome"] != "ok"
    assert last["provenance"] == {"link": "A:1-B:0"}


def test_lost_writes_are_noticed(session: SwitchSession, switch: Memory) -> None:
    switch.swallows = True
    with pytest.raises(ControlError) as error:
        session.apply(holding({1: 1}))
    assert error.value.diagnostics[0].code == "CTR1111"


def test_another_program_is_noticed(session: SwitchSession, switch: Memory) -> None:
    session.check_program()
    switch.cookie = 41
    with pytest.raises(ControlError) as error:
        session.check_program()
    assert error.value.diagnostics[0].code == "CTR1104"


def test_every_write_has_a_line_in_the_journal(session: SwitchSession, journal: Journal) -> None:
    session.apply(holding({1: 1, 2: 2}, groups=[5]))
    assert [row["action"] for row in lines(journal)] == ["connect", "pipeline", "insert", "insert", "insert"]
    assert all(row["switch"] == "A" and row["outcome"] == "ok" for row in lines(journal))


def test_differences_are_told_apart(session: SwitchSession, switch: Memory) -> None:
    session.apply(holding({1: 1, 2: 2}))
    del switch.contents[entry(1, 1)[0]]
    switch.contents |= dict([entry(2, 7), entry(3, 3)])
    found = session.verify(holding({1: 1, 2: 2}))
    assert found.missing == (entry(1, 1)[0],)
    assert found.extra == (entry(3, 3)[0],)
    assert [each.key for each in found.altered] == [entry(2, 2)[0]]


def test_a_tick_that_cannot_be_sent_is_an_error_as_data(session: SwitchSession) -> None:
    with pytest.raises(ControlError) as error:
        session.tick()
    assert error.value.kind is Kind.DIED
