"""Senders and receivers as they run on hosts, here on the loopback; and what `cycles` and `speed` look at."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from experiments.cycles import MARK, snapshot, staying
from experiments.one_switch import frames, header_classes, probes
from hostside import content
from scapy.layers.inet import IP
from scapy.layers.l2 import Ether

SCRIPT = Path(__file__).parent.parent.parent.parent / "bmv2-testbed" / "hostside.py"


def started(*words: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, str(SCRIPT), *words], stdin=pipe, stdout=pipe, text=True)


@contextmanager
def receiver() -> Iterator[tuple[subprocess.Popen[str], int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = started("receive", str(port))
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process, port
    finally:
        process.kill()
        process.communicate()


def asked(work: str, plan: dict[str, Any]) -> subprocess.Popen[str]:
    process = started(work)
    assert process.stdin is not None
    process.stdin.write(json.dumps(plan) + "\n")
    process.stdin.flush()
    return process


def answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Its answer, while its input stays open."""
    assert process.stdout is not None
    said = json.loads(process.stdout.read())
    process.communicate()
    return dict(said)


def flow(number: int, port: int, count: int, interval_s: float, size: int = 64) -> dict[str, Any]:
    return {"flow": number, "to": "127.0.0.1", "port": port, "source_port": 0, "count": count,
            "interval_s": interval_s, "offset_s": 0.0, "bytes": size}  # fmt: skip


def test_datagrams_arrive_with_their_numbers() -> None:
    with receiver() as (process, port):
        plan = {"start": 0, "flows": [flow(3, port, 5, 0.01), flow(4, port, 2, 0.02, size=1)]}
        sent = answer(asked("send", plan))
        said, _ = process.communicate()
    assert sent["sent"] == {"3": 5, "4": 2}
    rows = json.loads(said)["datagrams"]
    assert sorted((row[1], row[2]) for row in rows) == [(3, n) for n in range(5)] + [(4, n) for n in range(2)]
    assert all(row[0] == "127.0.0.1" and row[3] <= row[4] for row in rows)


def test_a_sender_stops_when_its_input_ends() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as target:
        target.bind(("127.0.0.1", 0))
        target.settimeout(30)
        sender = asked("send", {"start": 0, "flows": [flow(1, target.getsockname()[1], 10**6, 0.02)]})
        target.recv(4096)
        said, _ = sender.communicate()
    assert 0 < json.loads(said)["sent"]["1"] < 10**6


def test_streams_are_compared_by_their_content() -> None:
    with receiver() as (_, port):
        transfers = [{"to": "127.0.0.1", "port": port, "bytes": size, "seed": size} for size in (0, 1, 300_000)]
        done = answer(asked("tcp", {"timeout_s": 5, "transfers": transfers}))
    assert [row["ok"] for row in done["transfers"]] == [True, True, True]


def test_a_stream_that_is_altered_on_its_way_is_noticed() -> None:
    data = content(9, 50)
    with socket.create_server(("127.0.0.1", 0)) as server:
        transfer = {"to": "127.0.0.1", "port": server.getsockname()[1], "bytes": 50, "seed": 9}
        process = asked("tcp", {"timeout_s": 5, "transfers": [transfer]})
        stream, _ = server.accept()
        with stream:
            while stream.recv(4096):
                pass
            altered = bytes([data[0] ^ 1]) + data[1:]
            stream.sendall(f"50 {hashlib.sha256(altered).hexdigest()}".encode())
        assert answer(process)["transfers"][0]["ok"] is False


def test_a_host_that_does_not_answer_is_told() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        transfer = {"to": "127.0.0.1", "port": closed.getsockname()[1], "bytes": 5, "seed": 1}
        (row,) = answer(asked("tcp", {"timeout_s": 1, "transfers": [transfer]}))["transfers"]
    assert not row["ok"]
    assert "refused" in row["error"]


def test_what_came_of_us_is_found_by_its_environment() -> None:
    token = f"test-{os.getpid()}"
    assert snapshot(token)["processes"] == frozenset()
    pipe = subprocess.PIPE
    process = subprocess.Popen(["cat", "-"], env={**os.environ, MARK: token}, stdin=pipe, stdout=pipe)
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"it runs\n")
        process.stdin.flush()
        process.stdout.readline()  # only then it is sure to have its new environment
        (found,) = snapshot(token)["processes"]
        assert found == f"{process.pid} cat -"
    finally:
        process.kill()
        process.communicate()
    assert snapshot(token)["processes"] == frozenset()


def test_files_that_are_new_are_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.cycles.FOLDERS", (str(tmp_path), str(tmp_path / "none")))
    before = snapshot("nobody")[f"files in {tmp_path}"]
    (tmp_path / "left").touch()
    assert snapshot("nobody")[f"files in {tmp_path}"] - before == {"left"}


def test_what_comes_and_goes_is_not_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.cycles.FOLDERS", (str(tmp_path),))
    names = iter(["second", "third"])
    (tmp_path / "left").touch()
    (tmp_path / "first").touch()

    def meanwhile(seconds: float) -> None:
        for file in tmp_path.iterdir():
            if file.name != "left":
                file.unlink()
        (tmp_path / next(names)).touch()

    monkeypatch.setattr("experiments.cycles.LOOKS", 2)
    monkeypatch.setattr("experiments.cycles.time.sleep", meanwhile)
    assert staying("nobody")[f"files in {tmp_path}"] == {"left"}


def test_frames_for_one_switch_are_those_of_the_build(shortest: Path) -> None:
    headers = header_classes(shortest)
    plain, between, last = frames("transit", None), frames("transit", headers), frames("last", headers)
    assert {len(frame) for frame in plain} == {128}
    assert {len(frame) for frame in between} == {128 + 8}
    assert len(set(between)) == len(between) == 16
    for frame, target in ((between[3], 2), (last[3], 1)):
        assert frame[12:14] == b"\x88\xb6"
        assert frame[14:18] == bytes([1, 64, 0, target])  # docs/protocol.md: format, TTL, destination
        assert IP(frame[22:]).dst == f"10.0.{target}.2"
    assert Ether(frames("first", headers)[0]).type == 0x0800


def test_probes_for_one_switch_are_those_of_the_build(shortest: Path) -> None:
    (frame,) = probes(header_classes(shortest), 2, 258, 1)
    assert frame[12:14] == b"\x88\xb5"
    assert frame[14:20] == bytes([1, 0, 0, 2, 1, 2])  # format, pass, origin, version
