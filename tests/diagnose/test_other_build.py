"""A network that was filled from another build, of other programs: told once a switch, not entry by entry."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled, held, written

from contra.cli.contra import main as contra


@pytest.fixture
def builds(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A build, and a snapshot of a network that runs another one: entries match tags here and probe classes there."""
    other = held(compiled(tmp_path, "congestion-aware"))
    return compiled(tmp_path, "waypoint"), other


def test_each_switch_is_told_once(builds: tuple[Path, dict[str, Any]], capsys: Any) -> None:
    build, snapshot = builds
    path = str(written(build.parent, snapshot))
    assert contra(["verify", str(build), "--snapshot", path, "--json"]) == 1
    said = capsys.readouterr()
    assert {each["status"] for each in json.loads(said.out)["switches"]} == {"other program"}
    assert said.err.count("CTR") == 1 and "CTR1703" in said.err
    assert contra(["diagnose", str(build), "--snapshot", path]) == 1
    out = capsys.readouterr().out
    assert out.count(": stale revision (likely)") == len(snapshot["switches"])
    assert f"contra net up {build}" in out and "contra net apply" not in out


def test_without_a_revision_entries_are_told_one_by_one(builds: tuple[Path, dict[str, Any]], capsys: Any) -> None:
    build, snapshot = builds
    snapshot["revision"] = ""
    assert contra(["verify", str(build), "--snapshot", str(written(build.parent, snapshot)), "--json"]) == 1
    said = capsys.readouterr()
    assert {each["status"] for each in json.loads(said.out)["switches"]} == {"differs"}
    assert "CTR0953" in said.err


def test_one_strange_entry_of_another_revision_is_no_other_program(tmp_path: Path, capsys: Any) -> None:
    build = compiled(tmp_path)
    snapshot = held(build)
    snapshot["revision"] = "0123456789ab"
    snapshot["switches"]["KSCY"]["table_entries"].append({"table": "nowhere", "match": {}, "action_name": "x"})
    assert contra(["verify", str(build), "--snapshot", str(written(tmp_path, snapshot)), "--json"]) == 1
    said = capsys.readouterr()
    assert {each["status"] for each in json.loads(said.out)["switches"]} == {"equal"}
    assert "nowhere" in said.err
