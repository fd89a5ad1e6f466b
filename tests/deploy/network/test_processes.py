"""Processes are known by mark, number and start time: never by number alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from contra.deploy.network import processes
from contra.deploy.network.processes import MARK, Process

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs Linux's /proc")


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: "t" * 32})
    yield process
    process.kill()
    process.wait()


def stat(folder: Path, pid: int, name: str, start: int, state: str = "S") -> None:
    entry = folder / str(pid)
    entry.mkdir()
    rest = ["1"] * 18
    (entry / "stat").write_text(f"{pid} ({name}) {state} {' '.join(rest)} {start} 0 0\n")


def test_start_times_of_odd_names(tmp_path: Path) -> None:
    stat(tmp_path, 7, "a b) S 9 (c", 4711)
    stat(tmp_path, 8, "dead", 12, "Z")
    assert processes.started(7, tmp_path) == 4711
    assert processes.started(8, tmp_path) is None
    assert processes.started(9, tmp_path) is None


def test_a_process_lives_until_it_ends(sleeper: subprocess.Popen[bytes]) -> None:
    start = processes.started(sleeper.pid)
    assert start is not None
    process = Process(sleeper.pid, start)
    assert process.alive
    assert not Process(sleeper.pid, start + 1).alive
    sleeper.kill()
    sleeper.wait()
    assert not process.alive


def test_a_later_process_of_the_same_number_is_left_alone(sleeper: subprocess.Popen[bytes]) -> None:
    start = processes.started(sleeper.pid)
    assert start is not None
    processes.kill(Process(sleeper.pid, start - 1))
    processes.kill(Process(2**22 - 1, start))
    time.sleep(0.05)
    assert sleeper.poll() is None
    processes.kill(Process(sleeper.pid, start))
    assert sleeper.wait(5) == -signal.SIGKILL


def test_marks_are_found_whole(sleeper: subprocess.Popen[bytes]) -> None:
    found = [each.pid for each in processes.marked("t" * 32)]
    assert found == [sleeper.pid]
    assert list(processes.marked("t" * 31)) == []
    assert list(processes.marked("t" * 33)) == []


def test_children_that_fork_on_are_killed_too() -> None:
    token = f"{os.getpid():032d}"
    # each process starts the next one and goes: only looking again and again catches the last
    program = (
        "import os,sys,time\nfor _ in range(30):\n    time.sleep(0.01)\n    if os.fork(): os._exit(0)\ntime.sleep(60)"
    )
    subprocess.Popen([sys.executable, "-c", program], env={**os.environ, MARK: token}, start_new_session=True).wait()
    assert processes.kill_marked(token) >= 1
    time.sleep(0.1)
    assert list(processes.marked(token)) == []
