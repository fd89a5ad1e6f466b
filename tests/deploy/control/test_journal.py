"""The deploy journal: what is written can be read, also after a crash, and by several writers at once."""

from __future__ import annotations

import json
import os
import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.control import default, port_key, to_port

from contra.deploy.control.journal import Event, Journal, Record, journal_path, read_journal, revision_of
from contra.deploy.control.model import Action, GroupKey
from contra.deploy.control.words import as_json, content_words, key_words
from contra.deploy.errors import ToolError
from contra.diagnostics import Reporter
from contra.p4.runtime import Replica


def journal(path: Path) -> Journal:
    return Journal(path, "net", "abc")


def read(path: Path) -> tuple[list[Record], list[str]]:
    reporter = Reporter()
    records = read_journal(path, reporter)
    return records, [each.title_text() for each in reporter.diagnostics]


def test_a_line_has_time_place_object_and_reason(tmp_path: Path) -> None:
    path = journal_path(tmp_path)
    before = datetime.now(UTC)
    with journal(path) as each:
        event = Event(
            switch="Ä",
            action="insert",
            object=as_json(port_key(3), to_port(4, 5)),
            provenance={"link": "A:1-B:1"},
            outcome="UNKNOWN",
            message="no\nway",
        )
        each.write([event])
    (line,) = path.read_text(encoding="utf-8").splitlines()
    row = json.loads(line)
    assert path == tmp_path / "deploy" / "journal.jsonl"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["time"])
    assert abs((datetime.fromisoformat(row["time"]) - before).total_seconds()) < 60
    assert {key: row[key] for key in row if key not in ("time", "monotonic_ns")} == {
        "deployment": "net",
        "revision": "abc",
        "switch": "Ä",
        "action": "insert",
        "object": {
            "table": "In.ports",
            "match": {"port": 3},
            "action": "In.to_port",
            "parameters": {"port": 4, "weight": 5},
        },
        "provenance": {"link": "A:1-B:1"},
        "outcome": "UNKNOWN",
        "message": "no\nway",
    }
    (record,), said = read(path)
    assert not said
    assert (record.switch, record.action, record.object, record.message) == ("Ä", "insert", row["object"], "no\nway")


def test_a_batch_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writes = []
    real = os.write
    with journal(tmp_path / "j") as each:
        monkeypatch.setattr(os, "write", lambda file, data: writes.append(data) or real(file, data))
        each.write(Event(switch="A", action="insert") for _ in range(50))
        each.write([])
        monkeypatch.undo()
    assert len(writes) == 1
    assert len(read(tmp_path / "j")[0]) == 50


def test_a_torn_last_line_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "j"
    with journal(path) as each:
        each.write([Event(switch="A", action="connect"), Event(switch="B", action="connect")])
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    records, said = read(path)
    assert [record.switch for record in records] == ["A"]
    assert said == ["the last line of the journal was cut short: its writer was stopped"]
    with journal(path) as each:  # the next writer is not glued to it
        each.write([Event(switch="C", action="connect")])
    records, said = read(path)
    assert [(record.switch, record.line) for record in records] == [("A", 1), ("C", 3)]
    assert said == ["line 2 of the journal is no JSON"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[1]", "is no JSON object"),
        ("nonsense", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"time": 1}', "has no proper 'time'"),
        ('{"time": "x", "monotonic_ns": true}', "has no proper 'monotonic_ns'"),
        ("\udcff", "is no JSON"),
        ("9" * 10_000, "is no JSON"),
        (" " + "x" * (1 << 20), "is too long"),
    ],
)
def test_bad_lines_are_told(tmp_path: Path, line: str, reason: str) -> None:
    path = tmp_path / "j"
    with journal(path) as each:
        each.write([Event(switch="A", action="connect")])
    with path.open("ab") as file:
        file.write(line.encode("utf-8", "surrogateescape") + b"\n")
    records, said = read(path)
    assert len(records) == 1
    assert said == [f"line 2 of the journal {reason}"]


def test_many_writers_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "j"
    journals = [journal(path), journal(path)]

    def write(number: int) -> None:
        for round_ in range(20):
            journals[number % 2].write(
                [Event(switch=str(number), action="insert", object={"n": round_, "x": "y" * 200}) for _ in range(5)]
            )

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in journals:
        each.close()
    records, said = read(path)
    assert not said
    assert len(records) == 6 * 20 * 5


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    assert read(tmp_path / "none") == ([], [])


def test_a_journal_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "deploy").write_text("in the way", encoding="utf-8")
    with pytest.raises(ToolError, match="cannot be opened"):
        journal(journal_path(tmp_path))
    with pytest.raises(ToolError, match="cannot be read"):
        read_journal(tmp_path, Reporter())


def test_a_full_disk_does_not_stop_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with journal(tmp_path / "j") as each:

        def fail(file: int, data: bytes) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "write", fail)
        each.write([Event(switch="A", action="connect")])
        monkeypatch.undo()
        assert each.failure is not None
        assert "No space left on device" in each.failure.title_text()
    each.write([Event(switch="A", action="connect")])  # closed: lost, not an error


def test_keys_of_authentication_are_nowhere() -> None:
    secret = Action("ContraIngress.set_probe_key", (("key_0", 123456789), ("key_1", 987654321)))
    shown = json.dumps(as_json(default("ContraIngress.probe_key"), secret)) + content_words(secret)
    assert "123456789" not in shown
    assert "987654321" not in shown
    assert "key_0" in shown


def test_words() -> None:
    assert key_words(default("In.identity")) == "default action of identity"
    assert key_words(GroupKey(3)) == "multicast group 3"
    assert content_words((Replica(1, 2),)) == "copies to port 1 as 2"
    assert content_words(Action("A.to_host", (("port", 4), ("mac", 0x02000A000402)))) == (
        "to_host(port=4, mac=02:00:0a:00:04:02)"
    )


def test_a_revision_is_the_hash_of_the_manifest() -> None:
    # printf '{}\n' | sha256sum
    assert revision_of("{}\n") == "ca3d163bab05"
