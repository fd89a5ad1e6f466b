"""`contra verify` as a user calls it, on snapshots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled, entries, held, remove, written

from contra.cli.contra import main as contra


@pytest.fixture
def build(tmp_path: Path) -> Path:
    return compiled(tmp_path)


def verified(build: Path, snapshot: Any, capsys: Any, *options: str) -> tuple[int, str, str]:
    code = contra(["verify", str(build), "--snapshot", str(written(build.parent, snapshot)), *options])
    said = capsys.readouterr()
    return code, said.out, said.err


def as_json(build: Path, snapshot: Any, capsys: Any) -> dict[str, Any]:
    code, out, _ = verified(build, snapshot, capsys, "--json")
    found = json.loads(out)
    assert found["equal"] is (code == 0)
    return found


def test_a_network_as_compiled(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    count = sum(len(rows) for switch in snapshot["switches"].values() for rows in switch.values())
    assert verified(build, snapshot, capsys) == (
        0,
        f"11 switches, {count} entries and groups compared: as compiled\n",
        "",
    )


def test_one_missing_entry_leads_to_the_clause(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    [row] = remove(snapshot, "CHIN", lambda row: row.get("match") == {"hop": 1, "tag": 1})
    code, out, err = verified(build, snapshot, capsys)
    assert (code, err) == (1, "")
    assert "product_node[hop=1, tag=1]: enter_node(tag=1, rule=0, group=3, turn=0)" in out
    assert "of link CHIN:1-IPLS:2, product node CHIN.1, rank rule 0" in out
    policy = (build.parent / "waypoint.ctr").read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(policy, start=1) if "path.util" in text)
    column = policy[line - 1].index("path.util") + 1
    assert f"waypoint.ctr:{line}:{column}" in out
    shown = out.splitlines()
    at = next(number for number, text in enumerate(shown) if text.endswith(policy[line - 1]))
    marks = shown[at + 1].partition("| ")[2]
    assert marks[column - 1 : column - 1 + len("path.util")] == "^" * len("path.util")
    assert row["provenance"] == as_json(build, snapshot, capsys)["switches"][6]["findings"][0]["provenance"]


def test_one_of_each(build: Path, capsys: Any) -> None:
    snapshot = held(build)
    hops = entries(snapshot, "KSCY", "hop_port")
    hops[1]["action_params"]["port"] = 3
    remove(snapshot, "KSCY", lambda row: row is hops[2])
    extra = {**hops[0], "match": {"hop": 9}}
    snapshot["switches"]["KSCY"]["table_entries"].append(extra)
    [switch] = [row for row in as_json(build, snapshot, capsys)["switches"] if row["status"] != "equal"]
    assert (switch["switch"], switch["status"]) == ("KSCY", "differs")
    found = {each["kind"]: each for each in switch["findings"]}
    assert len(switch["findings"]) == 3
    assert found["altered"]["fields"] == [{"part": "parameter", "name": "port", "expected": 2, "found": 3}]
    assert found["altered"]["key"] == {"table": "ContraIngress.route.hop_port", "match": {"hop": 2}}
    assert found["missing"]["key"]["match"] == {"hop": 3}
    assert found["missing"]["found"] is None
    assert found["extra"]["key"]["match"] == {"hop": 9}
    assert found["extra"]["found"]["parameters"] == extra["action_params"]
    assert (found["extra"]["expected"], found["extra"]["provenance"]) == (None, {})
