"""The loop over networks, and the command, with networks that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import measure
import pytest
from experiments import net as real_net
from experiments import runs
from experiments.cases import Case
from experiments.net import CommandFailed, Net
from experiments.options import Options
from experiments.report import Result
from experiments.runs import on_networks
from support.measuring import options

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Networks that are only written down."""
    happened: list[str] = []

    @contextmanager
    def network(build: Path, options: Options) -> Iterator[Net]:
        happened.append(f"up {build.name}")
        yield Net(build, "none")
        happened.append(f"down {build.name}")

    monkeypatch.setattr(runs, "network", network)
    monkeypatch.setattr(runs, "compiled", lambda case, options: options.out / case.name)
    return happened


def test_a_network_that_fails_does_not_end_the_others(no_network: list[str]) -> None:
    def measured(case: Case, net: Net) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        if case.policy == "mu":
            raise CommandFailed("contra net ping: exit code 3")
        return [{"pairs": 12}], {"seen": case.name}

    found = on_networks("reach", options("--policies", "sp,mu,ca"), (("diamond",), ()), measured)
    assert found.rows == [
        {"network": "diamond", "policy": "sp", "pairs": 12},
        {"network": "diamond", "policy": "ca", "pairs": 12},
    ]
    assert found.details == {"diamond-sp": {"seen": "diamond-sp"}, "diamond-ca": {"seen": "diamond-ca"}}
    assert found.failures == ["diamond-mu failed: contra net ping: exit code 3"]
    assert no_network.count("up diamond-mu") == 1


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_the_command_tells_whether_all_held(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], passed: bool, code: int
) -> None:
    monkeypatch.setattr("experiments.overhead.run", lambda options: Result("a title", [{"policy": "sp"}], passed, {}))
    assert measure.main(["overhead", "--out", str(tmp_path)]) == code
    assert "a title" in capsys.readouterr().out
    assert json.loads((tmp_path / "overhead.json").read_text())["passed"] is passed


def test_a_command_that_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert measure.main(["agree", "--out", str(tmp_path), "--policies", "wap", "--networks", "diamond"]) == 1
    assert "no policy 'wap' for network 'diamond'" in capsys.readouterr().err


def test_the_script_runs_by_itself() -> None:
    command = [sys.executable, "bmv2-testbed/measure.py", "--help"]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=True)
    for name in measure.EXPERIMENTS:
        assert name in done.stdout


def test_commands_that_fail_say_what_they_said() -> None:
    with pytest.raises(CommandFailed, match=r"contra net status --name nobody-has-this: exit code 1[\s\S]*CTR"):
        real_net.run([*real_net.CONTRA, "net", "status", "--name", "nobody-has-this"])


def test_commands_that_do_not_end_are_ended() -> None:
    with pytest.raises(CommandFailed, match="no end after"):
        real_net.run([sys.executable, "-c", "import time; time.sleep(60)"], limit_s=0.5)
