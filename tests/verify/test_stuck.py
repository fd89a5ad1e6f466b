"""Switches that take connections and requests and answer none, as a process that was stopped: how long a look takes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.control import QUICK
from support.fake_network import FakeNetwork, fake_network
from support.p4info_of import pipeline_of
from support.verifying import compiled, loaded

from contra.cli.contra import main as contra
from contra.deploy import testbed
from contra.deploy.control.client import Deadlines
from contra.deploy.control.fleet import WORKERS
from contra.deploy.control.model import Holding
from contra.deploy.plan import Settings, make_plan
from contra.diagnostics import Reporter

NEVER_S = 3600.0
"""A test that waits so long has failed before."""
STUCK = replace(QUICK, request_s=NEVER_S, look_s=0.2)


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    monkeypatch.chdir(tmp_path)
    with fake_network(compiled(tmp_path, "widest-shortest", "diamond"), tmp_path / "run") as running:
        for session in running.sessions:
            session.deadlines = STUCK
            session.reconnect()
        yield running
        for server in running.servers:
            server.switch.stuck = False


def looked(network: FakeNetwork, capsys: Any, command: str) -> dict[str, Any]:
    Path("seen.json").write_text(network.holdings())
    capsys.readouterr()
    assert contra([command, "build", "--snapshot", "seen.json", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def test_a_stuck_switch_is_a_finding(network: FakeNetwork, capsys: Any) -> None:
    network.servers[1].switch.stuck = True
    rows = {each["switch"]: (each["status"], each["code"]) for each in looked(network, capsys, "verify")["switches"]}
    assert rows == {"A": ("equal", None), "B": ("unreachable", "CTR1109"), "C": ("equal", None), "D": ("equal", None)}
    (verdict,) = looked(network, capsys, "diagnose")["verdicts"]
    assert (verdict["switch"], verdict["cause"], verdict["sureness"]) == ("B", "switch unreachable", "certain")
    assert len(verdict["evidence"]) == 1, "both looks left a line that says the same"
    (hypothesis,) = looked(network, capsys, "localize")["hypotheses"]
    assert [(each["kind"], each["name"]) for each in hypothesis["suspects"]] == [("switch", "B")]


def test_it_goes_on_when_the_switch_does(network: FakeNetwork, capsys: Any) -> None:
    network.servers[2].switch.stuck = True
    looked(network, capsys, "verify")
    network.servers[2].switch.stuck = False
    Path("seen.json").write_text(network.holdings())
    assert contra(["verify", "build", "--snapshot", "seen.json"]) == 0


def test_switches_anywhere(network: FakeNetwork, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pipelines = {each.program.row.name: pipeline_of(each.program.typed) for each in network.build.switches}
    monkeypatch.setattr(
        "contra.deploy.control.p4runtime.load_pipeline", lambda p4info, _: pipelines[p4info.name.split(".")[0]]
    )
    monkeypatch.setattr("contra.verify.addresses.DEADLINES", STUCK)
    network.servers[3].switch.stuck = True
    rows = {name: {"address": network.address(at), "device_id": 1 + at} for at, name in enumerate("ABCD")}
    Path("where.json").write_text(json.dumps({"switches": rows}))
    assert contra(["verify", "build", "--p4runtime", "where.json", "--json"]) == 1
    found = {each["switch"]: each["status"] for each in json.loads(capsys.readouterr().out)["switches"]}
    assert found == {"A": "equal", "B": "equal", "C": "equal", "D": "unreachable"}


def test_a_look_ends_long_before_a_push_would() -> None:
    """So that many stuck switches, with all that comes after, take less than 10 s."""
    assert Deadlines().look_s <= 5.0 < Deadlines().request_s


def test_all_switches_are_asked_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for all others, here more than are written to at a time."""
    build = loaded(compiled(tmp_path, "congestion-aware", "fattree-k4"))
    bed: Any = testbed.Testbed(make_plan(build, Settings(scale=Fraction(1)), Reporter()), tmp_path)
    together = threading.Barrier(len(build.switches))
    assert together.parties > WORKERS

    class Patient:
        def read(self) -> Holding:
            together.wait(timeout=60)
            return Holding({})

    bed.sessions.extend(Patient() for _ in build.switches)
    found, failures = bed.holdings()
    assert (len(found), failures) == (len(build.switches), {})
    bed._journal.close()
