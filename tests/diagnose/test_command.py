"""`contra diagnose` as it is used: a build, a snapshot of fake switches, the journal of their controller."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.control import to_port
from support.fake_network import FakeNetwork, fake_network

from contra.chaos.altering import by_controller
from contra.chaos.faults import Alteration
from contra.cli.contra import main
from contra.cli.contrac import main as contrac
from contra.deploy.control.journal import journal_path
from contra.deploy.control.model import Action, EntryKey, Operation, Update

GOLDEN = Path(__file__).parent / "golden"
POLICY = """# by B, unless that is full

minimize(if .* B .* then (1, path.len) else (2, path.len))
"""
TOPOLOGY = Path(__file__).parent.parent.parent / "topologies" / "diamond.json"


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    monkeypatch.chdir(tmp_path)
    Path("p.ctr").write_text(POLICY)
    assert contrac(["p.ctr", str(TOPOLOGY), "-o", "build", "-q"]) == 0
    with fake_network(tmp_path / "build", tmp_path / "run") as running:
        yield running


def diagnosed(network: FakeNetwork, capsys: pytest.CaptureFixture[str], *more: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    Path("seen.json").write_text(network.holdings())
    capsys.readouterr()
    code = main(["diagnose", "build", "--snapshot", "seen.json", *more])
    out, err = capsys.readouterr()
    return code, out, err


def plain(text: str) -> str:
    """Without what differs from run to run."""
    text = re.sub(r"\d\d:\d\d:\d\d\.\d+", "TIME", text)
    text = re.sub(r"line \d+", "line N", text)
    return re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)


def entry(network: FakeNetwork, switch: int, table: str, number: int = 0) -> tuple[EntryKey, Action]:
    """One of the entries that a switch should hold."""
    rows = [
        (key, content)
        for key, content in network.expected[switch].contents.items()
        if isinstance(key, EntryKey) and key.table.endswith(f".{table}") and isinstance(content, Action)
    ]
    return rows[number]


def break_by_hand(network: FakeNetwork) -> None:
    """The rank rule of a product node at switch A becomes another one."""
    key, content = entry(network, 0, "product_node")
    values = tuple((name, value + 1 if name == "rule" else value) for name, value in content.parameters)
    names = network.scene().names[0]
    by_controller(network.address(0), 1, Alteration(key, Action(content.name, values)), names)


def test_nothing_is_wrong(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    assert diagnosed(network, capsys) == (0, "4 switches: nothing is wrong\n", "")


def test_an_entry_broken_by_hand_leads_to_the_policy(
    network: FakeNetwork, capsys: pytest.CaptureFixture[str], golden: Callable[[Path, str], None]
) -> None:
    break_by_hand(network)
    code, out, err = diagnosed(network, capsys)
    assert (code, err) == (1, "")
    assert "A: corrupted entry (certain)" in out
    assert "p.ctr:3:" in out
    golden(GOLDEN / "by_hand.txt", plain(out))


def test_as_json(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    break_by_hand(network)
    code, out, _ = diagnosed(network, capsys, "--json")
    (verdict,) = json.loads(out)["verdicts"]
    assert (code, verdict["switch"], verdict["cause"]) == (1, "A", "corrupted entry")
    assert {(place["file"], place["line"]) for place in verdict["places"]} == {("p.ctr", 3)}
    assert verdict["findings"][0]["table"].endswith("product_node")
    lines = journal_path(network.build.folder).read_text().splitlines()
    assert [lines[each["line"] - 1] for each in verdict["evidence"]] == [each["text"] for each in verdict["evidence"]]
    assert len(verdict["evidence"]) == 2


def test_several_faults_and_a_bad_journal(
    network: FakeNetwork, capsys: pytest.CaptureFixture[str], golden: Callable[[Path, str], None]
) -> None:
    break_by_hand(network)
    network.kill(1)
    key, _ = entry(network, 2, "hosts", 1)
    client = network.sessions[2].client
    client.write([Update(Operation.DELETE, key, None)])
    with journal_path(network.build.folder).open("a") as file:
        file.write("what is this?\n")
    code, out, err = diagnosed(network, capsys)
    assert code == 1
    golden(GOLDEN / "several.txt", plain(f"{out}\n--- stderr\n{err}"))


def test_a_network_that_does_not_run(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["diagnose", "build", "--name", "nobody"]) == 1
    assert "CTR0808" in capsys.readouterr().err


def test_a_snapshot_that_is_none(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    Path("seen.json").write_text("[")
    assert main(["diagnose", "build", "--snapshot", "seen.json"]) == 1
    assert "seen.json" in capsys.readouterr().err


def test_entries_of_unknown_tables_do_not_end_it(network: FakeNetwork, capsys: pytest.CaptureFixture[str]) -> None:
    break_by_hand(network)
    content = json.loads(network.holdings())
    row = {"table": "Nowhere", "match": {}, "action_name": to_port(1).name, "action_params": {}}
    content["switches"]["B"]["table_entries"].append(row)
    Path("seen.json").write_text(json.dumps(content))
    capsys.readouterr()
    assert main(["diagnose", "build", "--snapshot", "seen.json"]) == 1
    out, err = capsys.readouterr()
    assert "1. A: corrupted entry" in out
    assert "Nowhere" in err


@pytest.mark.parametrize(("told", "code"), [(True, "CTR1703"), (False, "CTR1956")])
def test_compiled_anew_and_not_deployed(
    network: FakeNetwork, capsys: pytest.CaptureFixture[str], told: bool, code: str
) -> None:
    """The journal stays with the folder, so it knows that the switches hold what was compiled before."""
    content = json.loads(network.holdings())
    if not told:
        del content["revision"]
    Path("p.ctr").write_text(POLICY.replace(".* B .*", ".* C .*"))
    assert contrac(["p.ctr", str(TOPOLOGY), "-o", "build", "-q"]) == 0
    Path("seen.json").write_text(json.dumps(content))
    capsys.readouterr()
    assert main(["diagnose", "build", "--snapshot", "seen.json", "--json"]) == 1
    out, err = capsys.readouterr()
    verdicts = json.loads(out)["verdicts"]
    assert {verdict["cause"] for verdict in verdicts} == {"stale revision"}
    assert len(verdicts) > 1
    assert code in err
