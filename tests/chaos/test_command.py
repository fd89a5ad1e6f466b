"""`contra chaos` over fake switches: what it prints, and what it does when something goes wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.fake_network import FakeNetwork, fake_network

from contra.chaos import live
from contra.chaos.experiment import require_whole, trials
from contra.chaos.faults import Alteration, Fault
from contra.chaos.inject import Scene, injected
from contra.chaos.network import Failed
from contra.cli.contra import main
from contra.cli.contrac import main as contrac
from contra.deploy.control.journal import journal_path
from contra.deploy.daemon.client import RemoteFailure
from contra.deploy.errors import ToolError
from contra.diagnostics import CompileError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    """A fake diamond, which `contra chaos` takes for the running network."""
    build = tmp_path / "build"
    policy, topology = ROOT / "examples/congestion-aware.ctr", ROOT / "topologies/diamond.json"
    assert contrac([str(policy), str(topology), "-o", str(build), "-q"]) == 0
    with fake_network(build, tmp_path / "run") as running:
        monkeypatch.setattr(live, "live_scene", lambda folder, name, reporter: (running.scene(), running.look))
        yield running


def chaos(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["chaos", "build", *words])
    out, err = capsys.readouterr()
    return code, re.sub(r"\d+\.\d s", "TIME", out), err


def test_a_line_for_each_run(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = chaos(capsys, "--fault", "corrupt", "--runs", "2", "--seed", "3")
    *runs, last = out.splitlines()
    assert (code, err, last) == (0, "", "2 of 2 named by the first guess; longest look TIME")
    assert [line.split()[:2] for line in runs] == [["1", "corrupt"], ["2", "corrupt"]]
    assert all(line.endswith("; right, TIME") for line in runs)
    assert chaos(capsys, "--fault", "corrupt", "--runs", "2", "--seed", "3")[1] == out


def test_what_the_network_says_is_shown(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    """Its process failed: that is neither our bug nor the diagnosis'."""

    def fail(*_: object) -> None:
        raise RemoteFailure(3, "error: out of sockets\n", "{}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(live, "live_scene", fail)
        assert chaos(capsys) == (3, "", "error: out of sockets\n")


def test_as_json(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = chaos(capsys, "--runs", "6", "--json", "--switches", "1")
    document = json.loads(out)
    assert (code, document["right"]) == (0, 6)
    assert [row["fault"] for row in document["runs"]] == [fault.value for fault in Fault]
    assert {row["switch"] for row in document["runs"]} == {"A"}
    assert all(row["guess"] == {"switch": "A", "cause": row["expected"]} for row in document["runs"])


def test_a_wrong_guess(
    network: FakeNetwork, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a journal nobody can tell who altered an entry."""
    journal_path(network.build.folder).unlink()
    code, out, _ = chaos(capsys, "--fault", "corrupt")
    assert code == 1
    assert "WRONG: " in out
    assert " unknown, TIME" in out
    assert out.endswith("0 of 1 named by the first guess; longest look TIME\n")


def test_a_network_that_is_broken_already(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    network.kill(2)
    code, _, err = chaos(capsys)
    assert (code, "CTR1902" in err, "C (unreachable)" in err) == (1, True, True)
    network.refill(2)


@pytest.mark.parametrize("words", [["--fault", "nothing"], ["--runs", "0"], ["--seed", "-1"], ["--switches", "x"]])
def test_wrong_use(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chaos", "build", *words]) == 2
    assert "error" in capsys.readouterr().err


def test_no_such_network(
    network: FakeNetwork, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    assert main(["chaos", str(network.build.folder), "--name", "nobody"]) == 1
    assert "CTR0808" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------------ failures


def failing(switch: int, change: Alteration) -> None:
    raise Failed("the tool is broken")


def test_a_fault_that_does_not_come_about(network: FakeNetwork) -> None:
    scene = replace(network.scene(), altering=failing)
    with pytest.raises(CompileError) as caught:
        list(trials(scene, network.look, [Fault.CORRUPT], 1, 1))
    assert [each.code for each in caught.value.diagnostics] == ["CTR1903"]
    require_whole(network.build, network.look(network.build))


def broken_while(scene: Scene, fault: Fault, end: BaseException) -> None:
    from contra.chaos.choose import choose

    with injected(scene, choose(fault, 1, scene.holdings)):
        raise end


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_all_is_mended_after_ctrl_c(network: FakeNetwork, fault: Fault) -> None:
    with pytest.raises(KeyboardInterrupt):
        broken_while(network.scene(), fault, KeyboardInterrupt())
    require_whole(network.build, network.look(network.build))
    assert list(network.folder.glob("chaos-*")) == []


def test_a_fault_that_cannot_be_mended(network: FakeNetwork) -> None:
    class Stubborn(FakeNetwork):
        def apply(self, build: Path) -> None:
            raise Failed("the switch is on fire")

    network.__class__ = Stubborn
    with pytest.raises(ToolError) as caught:
        list(trials(network.scene(), network.look, [Fault.CORRUPT], 1, 1))
    assert [each.code for each in caught.value.diagnostics] == ["CTR1904"]
    assert "on fire" in str(caught.value)


def test_nothing_of_the_truth_is_in_the_journal(network: FakeNetwork) -> None:
    """All lines are those of a controller that does its work: no proxy, no fault, no seed is named."""
    before = len(journal_path(network.build.folder).read_text().splitlines())
    assert all(each.right for each in trials(network.scene(), network.look, list(Fault), 1, 6))
    lines = journal_path(network.build.folder).read_text().splitlines()[before:]
    known = {"connect", "pipeline", "insert", "modify", "failure", "applied", "apply", "restart", "exit"}
    assert {json.loads(line)["action"] for line in lines} <= known
    told = " ".join(lines).lower()
    assert not any(word in told for word in ("proxy", "tamper", "seed", *(fault.value for fault in Fault)))
