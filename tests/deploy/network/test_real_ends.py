"""Real networks that end, in order or not: nothing stays behind."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from support.real_machine import (
    REAL,
    REPO,
    in_new_namespace,
    machine,
    plan_of,
    same,
    wait_for,
)

from contra.deploy.network import ledger
from contra.deploy.network.network import Network

pytestmark = REAL


def test_twenty_cycles_leave_nothing(build: Path, tmp_path: Path) -> None:
    def work() -> None:
        before = machine(tmp_path)
        for cycle in range(20):
            plan = plan_of(build, isolated=cycle % 2 == 0)
            with Network(plan, tmp_path / "net") as network:
                network.fail(cycle % 4)
                network.restart(cycle % 4)
                network.heal(cycle % 4)
                capture = network.capture(tmp_path / "net" / "x.pcapng") if cycle % 5 == 0 else None
                if cycle % 10 == 0 and capture is not None:
                    capture.stop()
            same(before, machine(tmp_path))

    in_new_namespace(work)


BUILDER = """
import sys
from pathlib import Path
from contra.deploy.network.network import Network
from contra.deploy.plan import Settings, make_plan
from contra.diagnostics import Reporter
from contra.engine.build import load
reporter = Reporter()
plan = make_plan(load(Path(sys.argv[1]), reporter), Settings(name="net", isolated=sys.argv[3] == "1"), reporter)
network = Network(plan, Path(sys.argv[2]))
print("go", flush=True)
network.start()
capture = network.capture(Path(sys.argv[2]) / "x.pcapng")
while True:
    network.fail(0)
    network.restart(1)
    network.heal(0)
"""


@pytest.mark.parametrize("isolated", [False, True], ids=["shared", "isolated"])
def test_kill_9_at_any_moment(build: Path, tmp_path: Path, isolated: bool) -> None:
    """What a killed process has left is removed by another one, to the last thing."""
    moments = random.Random(int(isolated))
    lives = []

    def work() -> None:
        before = machine(tmp_path)
        for round in range(15):
            command = [sys.executable, "-c", BUILDER, str(build), str(tmp_path / "net"), str(int(isolated))]
            builder = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPO)
            assert builder.stdout is not None and builder.stdout.readline() == b"go\n"
            time.sleep(moments.uniform(0, 1.2) if round else 0)
            builder.kill()
            builder.wait()
            builder.stdout.close()
            there = ledger.read(tmp_path / "net")
            lives.append(there is not None)
            assert there is None or there.left_behind
            ledger.clean(tmp_path / "net")
            same(before, machine(tmp_path))

    in_new_namespace(work)
    assert any(lives)


def test_switches_do_not_outlive_a_killed_parent(build: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BUILDER, str(build), str(tmp_path / "net"), "1"]
    builder = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=REPO)
    assert builder.stdout is not None
    rows: dict[str, Any] = {}

    def complete() -> bool:
        there = ledger.read(tmp_path / "net")
        rows.update(there.switches if there is not None else {})
        return len(rows) == 4

    wait_for(complete)
    there = ledger.read(tmp_path / "net")
    assert there is not None
    builder.kill()
    builder.wait()
    builder.stdout.close()
    wait_for(lambda: not any(row.process.alive for row in there.switches.values()))
    ledger.clean(tmp_path / "net")
    assert not (tmp_path / "net").exists()


def test_ctrl_c_while_it_starts(build: Path, tmp_path: Path) -> None:
    before = machine(tmp_path)
    for when in ("hosts", "links", "switches"):

        def interrupt(what: str, done: int, total: int, when: str = when) -> None:
            if what == when and done == total // 2:
                signal.raise_signal(signal.SIGINT)

        with pytest.raises(KeyboardInterrupt):
            Network(plan_of(build), tmp_path / "net").start(interrupt)
        same(before, machine(tmp_path))
