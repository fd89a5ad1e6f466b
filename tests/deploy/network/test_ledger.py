"""The ledger: written before, read after, and what it removes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from contra.deploy.errors import ToolError
from contra.deploy.network import ledger, processes
from contra.deploy.network.ledger import HostEntry, Ledger, SwitchEntry
from contra.deploy.network.processes import MARK, Process

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


def made(folder: Path, token: str | None = None, interfaces: tuple[str, ...] = ()) -> Ledger:
    return ledger.create(folder, Path("/some/build"), interfaces, token or ledger.new_token(), isolated=False)


def code(error: pytest.ExceptionInfo[ToolError]) -> str:
    (problem,) = error.value.diagnostics
    return problem.code


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    wrote = made(tmp_path / "net", interfaces=("s1-eth1", "s2-eth1"))
    assert wrote.name == "net"
    assert ledger.read(tmp_path / "net") == wrote
    host = HostEntry(process=Process(3, 4), index=0, label="Zürich", address="10.0.0.2", interface="h-eth0")
    switch = SwitchEntry(process=Process(5, 6), index=1, log="/x/y")
    changed = wrote.written(hosts={"h": host}, switches={"s": switch})
    assert ledger.read(tmp_path / "net") == changed != wrote
    assert sorted(path.name for path in (tmp_path / "net").iterdir()) == ["ledger.json"]


def test_addresses_are_legal_and_different() -> None:
    token = ledger.new_token()
    found = [ledger.address(token, number) for number in (0, 1, 255, 256, 65535)]
    assert len(set(found)) == 5
    for address in found:
        octets = [int(part, 16) for part in address.split(":")]
        assert len(octets) == 6
        assert octets[0] & 3 == 2  # local, and of one station: IEEE 802, 8.2
    assert ledger.address(ledger.new_token(), 0) != found[0]


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    first = made(tmp_path / "net")
    with pytest.raises(ToolError) as error:
        made(tmp_path / "net")
    assert code(error) == "CTR1231"
    assert ledger.read(tmp_path / "net") == first
    assert [path.name for path in (tmp_path / "net").iterdir()] == ["ledger.json"]


def test_a_folder_that_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "daemon.log").write_text("started\n")
    assert ledger.read(tmp_path / "net") is None
    assert ledger.names(tmp_path) == []
    made(tmp_path / "net")
    assert ledger.names(tmp_path) == ["net"]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ToolError) as error:
        made(tmp_path / "file" / "net")
    assert code(error) == "CTR1232"
    assert ledger.read(tmp_path / "file" / "net") is None


GOOD = {
    "version": 1,
    "token": "a" * 32,
    "build": "b",
    "isolated": True,
    "namespace": 1,
    "owner": {"pid": 1, "start": 2},
    "interfaces": [{"name": "a", "mac": "b"}],
    "hosts": {},
    "switches": {},
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        json.dumps({}),
        json.dumps(GOOD | {"version": 2}),
        json.dumps(GOOD | {"token": ""}),
        json.dumps(GOOD | {"token": 5}),
        json.dumps(GOOD | {"token": "=" * 32}),
        json.dumps(GOOD | {"owner": None}),
        json.dumps(GOOD | {"owner": {"pid": "x", "start": 1}}),
        json.dumps(GOOD | {"interfaces": ["a"]}),
        json.dumps(GOOD | {"hosts": {"h": {}}}),
        json.dumps(GOOD | {"hosts": []}),
        json.dumps(GOOD | {"switches": {"s": {"process": None}}}),
    ],
)
def test_a_broken_ledger_removes_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "ledger.json").write_text(text)
    with pytest.raises(ToolError) as error:
        ledger.read(tmp_path)
    assert code(error) == "CTR1234"
    (tmp_path / "ledger.json").write_text(json.dumps(GOOD))
    assert ledger.read(tmp_path) is not None


def test_removal_takes_what_is_marked_and_nothing_else(tmp_path: Path) -> None:
    wrote = made(tmp_path / "net")
    (tmp_path / "net" / "logs").mkdir()
    (tmp_path / "net" / "logs" / "s1.txt").write_text("words")
    (tmp_path / "other").mkdir()
    ours = [subprocess.Popen(["sleep", "60"], env=wrote.environment()) for _ in range(3)]
    environment = {**os.environ, MARK: ledger.new_token()}
    theirs = subprocess.Popen(["sleep", "60"], env=environment)
    try:
        # the ledger names a process of somebody else, whose number was ours once
        other = SwitchEntry(process=Process(theirs.pid, 1), index=0, log="")
        wrote = wrote.written(switches={"s1": other})
        assert ledger.remove(wrote) == ledger.Removal(3, 0)
        assert [process.wait(5) for process in ours] == [-9, -9, -9]
        assert theirs.poll() is None
        assert [path.name for path in tmp_path.iterdir()] == ["other"]
        assert ledger.remove(wrote) == ledger.Removal(0, 0)  # once more does no harm
    finally:
        theirs.kill()
        theirs.wait()


def test_removal_ends_the_owner_first(tmp_path: Path) -> None:
    owner = subprocess.Popen(["sleep", "60"])
    start = processes.started(owner.pid)
    assert start is not None
    wrote = made(tmp_path / "net").written(owner=Process(owner.pid, start))
    assert not wrote.left_behind
    waiting = subprocess.Popen(["sleep", "60"], env=wrote.environment())
    ledger.remove(wrote)
    assert (owner.wait(5), waiting.wait(5)) == (-9, -9)
    assert wrote.left_behind


def test_interfaces_elsewhere_are_told(tmp_path: Path) -> None:
    wrote = made(tmp_path / "net", interfaces=("s1-eth1",)).written(namespace=1)
    with pytest.raises(ToolError) as error:
        ledger.remove(wrote)
    assert code(error) == "CTR1233"
    assert ledger.read(tmp_path / "net") is not None
    ledger.remove(wrote.written(isolated=True))  # those went with their namespace
    assert not (tmp_path / "net").exists()
