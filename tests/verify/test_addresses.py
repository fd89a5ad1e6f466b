"""`contra verify --p4runtime`: switches of any network at the addresses in a file; one test with real BMv2 switches."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.real_switch import DEVICE, PATIENT, REAL, RealSwitch, free_port
from support.verifying import compiled, loaded

from contra.cli.contra import main as contra
from contra.deploy.control.client import Address
from contra.deploy.control.desired import desired_at
from contra.deploy.control.journal import Journal
from contra.deploy.control.model import Action, EntryKey, Match, Operation, Update
from contra.deploy.control.p4runtime import connect, load_pipeline
from contra.deploy.control.session import SwitchSession

HOP_PORT = "ContraIngress.route.hop_port"


def asked(build: Path, content: Any, capsys: Any) -> tuple[int, str, str]:
    path = build.parent / "addresses.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    code = contra(["verify", str(build), "--p4runtime", str(path), "--json"])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return compiled(tmp_path, "widest-shortest", "diamond")


@pytest.fixture
def prepared(build: Path) -> Path:
    """With P4Infos, which p4c would have written: of another program, but here nobody gets as far as to ask."""
    small = Path(__file__).parent.parent / "deploy/control/fixtures"
    for suffix in (".p4info.txtpb", ".json"):
        (build / f"programs/destination{suffix}").write_bytes((small / f"small{suffix}").read_bytes())
    return build


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("{", "CTR0206"),
        ([], "CTR1710"),
        ({"switches": []}, "CTR1710"),
        ({"switches": {"A": {"address": "nowhere", "device_id": 1}}}, "CTR1710"),
        ({"switches": {"A": {"address": "127.0.0.1:1", "device_id": "1"}}}, "CTR1710"),
        ({"switches": {"A": 7}}, "CTR1710"),
        ({"switches": {"A": {"address": "127.0.0.1:1", "device_id": 1}}}, "CTR1114"),
    ],
)
def test_files_that_are_wrong(build: Path, content: Any, code: str, capsys: Any) -> None:
    exit_code, out, err = asked(build, content, capsys)
    assert exit_code == (3 if code == "CTR1114" else 1)
    assert out == ""
    assert code in err


def test_nobody_answers(prepared: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contra.verify.addresses.DEADLINES", PATIENT.__class__(connect_s=0.2))
    row = {"address": f"127.0.0.1:{free_port()}", "device_id": 1}
    code, out, err = asked(prepared, {"switches": {"A": row, "X": row}}, capsys)
    assert code == 1
    statuses = {each["switch"]: (each["status"], each["code"]) for each in json.loads(out)["switches"]}
    absent = ("absent", None)
    assert statuses == {"A": ("unreachable", "CTR1101"), "B": absent, "C": absent, "D": absent}
    assert "CTR1704" in err  # X


@pytest.fixture
def switches() -> Any:
    made = [RealSwitch(), RealSwitch()]
    yield made
    for each in made:
        each.kill()


class TestReal:
    pytestmark = REAL

    def test_broken_by_hand(self, tmp_path: Path, switches: list[RealSwitch], capsys: Any) -> None:
        """A as it should be, B with one entry gone and one altered by another controller."""
        build = compiled(tmp_path, "widest-shortest", "diamond", "--p4c")
        made = loaded(build)
        pipeline = load_pipeline(build / "programs/destination.p4info.txtpb", build / "programs/destination.json")
        sessions = []
        for index, switch in enumerate(switches):
            where = Address(target=switch.address, device_id=DEVICE)
            name = made.switches[index].switch.name
            with Journal(tmp_path / "journal", "test", "0" * 12) as journal:
                session = SwitchSession(name, where, pipeline, "destination", journal, connect, deadlines=PATIENT)
                session.connect()
                session.push()
                session.apply(desired_at(made, Fraction(1, 500), index))
                sessions.append(session)
        addresses = {
            name: {"address": switch.address, "device_id": DEVICE} for name, switch in zip("AB", switches, strict=True)
        }
        content = {"scale": "1/500", "switches": addresses}
        code, out, _ = asked(build, content, capsys)
        found = {each["switch"]: each for each in json.loads(out)["switches"]}
        assert [found[name]["status"] for name in "ABCD"] == ["equal", "equal", "absent", "absent"]
        assert code == 1

        client = sessions[1].client
        held = client.read().contents
        one, two = (EntryKey(HOP_PORT, (Match("hop", "exact", number),)) for number in (1, 2))
        action = held[two]
        assert isinstance(action, Action)
        other = Action(action.name, (("port", 7), *action.parameters[1:]))
        client.write([Update(Operation.DELETE, one, None), Update(Operation.MODIFY, two, other)])
        code, out, _err = asked(build, content, capsys)
        found = {each["switch"]: each for each in json.loads(out)["switches"]}
        assert found["A"]["status"] == "equal"
        missing, altered = found["B"]["findings"]
        assert (missing["kind"], missing["key"]["match"]) == ("missing", {"hop": 1})
        assert (altered["kind"], altered["fields"]) == (
            "altered",
            [{"part": "parameter", "name": "port", "expected": 2, "found": 7}],
        )
        assert missing["policy"][0]["text"] == "(path.len, path.util)"
        assert sessions[1].trouble == ""  # looking has taken nothing over
        for session in sessions:
            session.close()
