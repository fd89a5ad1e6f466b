"""The report for people: how much of it is told, and where it points to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled, entries, held, loaded, remove, written

from contra.cli.contra import main as contra
from contra.diagnostics import Reporter
from contra.verify.network import verify
from contra.verify.places import Policy
from contra.verify.snapshot import read_snapshot
from contra.verify.words import SHOWN, SWITCHES_SHOWN, report_text


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("words"))


def said(build: Path, snapshot: Any, folder: Path, limit: int | None = SHOWN) -> str:
    own = loaded(build)
    report = verify(own, read_snapshot(written(folder, snapshot), own, Reporter()))
    return report_text(report, Policy(own), limit)


def test_much_is_cut_and_all_can_be_had(made: Path, tmp_path: Path) -> None:
    snapshot = held(made)
    gone = len(entries(snapshot, "KSCY", "product_node")) + len(entries(snapshot, "KSCY", "hop_port"))
    gone += len(entries(snapshot, "KSCY", "ingress_port"))
    ends = ("product_node", "hop_port", "ingress_port")
    remove(snapshot, "KSCY", lambda row: row["table"].rpartition(".")[2] in ends)
    assert gone > 0
    short, long = said(made, snapshot, tmp_path, 5), said(made, snapshot, tmp_path, None)
    assert short.count("  missing   ") == 5
    assert f"… and {gone - 5} more findings" in short
    assert long.count("  missing   ") == gone
    assert "more findings" not in long


def test_many_switches(tmp_path: Path) -> None:
    folder = compiled(tmp_path, "shortest-path", "fattree-k6")
    snapshot = held(folder)
    for switch in snapshot["switches"].values():
        switch["multicast_group_entries"].pop()
    count = len(snapshot["switches"])
    text = said(folder, snapshot, tmp_path)
    assert f"… and {count - SWITCHES_SHOWN} switches more" in text
    assert text.count("  missing   ") == SWITCHES_SHOWN
    assert f"{count} of {count} not as compiled ({count} missing)" in text


def test_a_policy_that_has_changed_has_no_carets(tmp_path: Path) -> None:
    build = compiled(tmp_path)
    snapshot = held(build)
    remove(snapshot, "KSCY", lambda row: row.get("match") == {"hop": 1, "tag": 0})
    own = loaded(build)
    policy = tmp_path / "waypoint.ctr"
    policy.write_text("# something else\n" + policy.read_text())
    report = verify(own, read_snapshot(written(tmp_path, snapshot), own, Reporter()))
    text = report_text(report, Policy(own))
    assert "waypoint.ctr:5:29" in text  # where it stood
    assert "In the policy" not in text
    policy.unlink()
    assert report_text(report, Policy(own)) == text


def rules_of(row: dict[str, Any]) -> set[int]:
    return set(row.get("provenance", {}).get("rules", ()))


def test_what_an_entry_without_rules_serves(made: Path, tmp_path: Path, capsys: Any) -> None:
    """A link serves the clauses of what is reached over it, found here by going through the runtime file."""
    snapshot = held(made)
    manifest = json.loads((made / "manifest.json").read_text())
    for switch in ("KSCY", "CHIN", "STTL"):
        for row in entries(snapshot, switch, "hop_port"):
            link = row["provenance"]["link"]
            rows = snapshot["switches"][switch]["table_entries"]
            rules = set().union(*(rules_of(each) for each in rows if each["provenance"].get("link") == link))
            clauses = {branch["clause"] for rule in rules for branch in manifest["rules"][rule]["branches"]}
            origin = Policy(loaded(made)).origin(switch, row["provenance"])
            assert {place.index for place in origin.places if place.kind == "clause"} == clauses
            assert not origin.direct


def test_builds_of_other_schemes(tmp_path: Path, capsys: Any) -> None:
    """They have no policy to point to."""
    topology = Path(__file__).parent.parent.parent / "topologies/diamond.json"
    build = tmp_path / "ecmp"
    assert contra(["baseline", "ecmp", str(topology), "-o", str(build)]) == 0
    snapshot = held(build)
    rows = snapshot["switches"]["A"]["table_entries"]
    kept = [row for row in rows if row.get("default_action")]
    assert len(kept) < len(rows)
    snapshot["switches"]["A"]["table_entries"] = rows[:-1]
    capsys.readouterr()
    assert contra(["verify", str(build), "--snapshot", str(written(tmp_path, snapshot))]) == 1
    out = capsys.readouterr().out
    assert out.count("  missing   ") == 1
    assert "policy" not in out.lower()
