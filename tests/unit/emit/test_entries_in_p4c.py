"""The entries against what the real p4c makes of the program: tables, keys, actions and widths as BMv2 knows them."""

from __future__ import annotations

import json
import shutil
import subprocess
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from strategies.networks import network
from support.builds import files, lowered, runtime, with_cost

P4C = shutil.which("p4c-bm2-ss")
POLICIES = {
    "SP": "minimize(path.len)",
    "CA": "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))",
    "cost": "minimize(if A .* then (path.cost, path.lat) else if .* B C .* then inf else (path.len, 0.5))",
}


def compiled(text: str, folder: Path) -> dict[str, Any]:
    """The JSON of BMv2; p4c must not say a word."""
    (folder / "x.p4").write_text(text, encoding="utf-8")
    command = [str(P4C), "--std", "p4-16", "-o", "x.json", "x.p4"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return json.loads((folder / "x.json").read_text(encoding="utf-8"))


def number(value: Any) -> int:
    if isinstance(value, int):
        return value
    return int(IPv4Address(value)) if "." in value else int(value.replace(":", ""), 16)


def key_bits(program: dict[str, Any], key: dict[str, Any]) -> int:
    """Width of the field that a table matches."""
    name, field = key["target"]
    header = next(h for h in program["headers"] if h["name"] == name)
    kind = next(t for t in program["header_types"] if t["name"] == header["header_type"])
    return next(bits for each, bits, *_ in kind["fields"] if each == field)


@pytest.mark.p4c
@pytest.mark.skipif(P4C is None, reason="p4c-bm2-ss is not installed")
@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n != "cost")) for n in POLICIES])
def test_bmv2_knows_every_table_key_action_and_width(name: str, tmp_path: Path) -> None:
    topology = with_cost(network("ABCD", [("A", "B"), ("B", "C"), ("C", "D"), ("A", "D")], ["A", "D"]))
    build = files(lowered(POLICIES[name], topology))
    known = {role: compiled(build[f"programs/{role}.p4"], tmp_path) for role in ("destination", "transit")}
    for switch in topology.switches:
        config = runtime(build, switch.name)
        program = known["destination" if switch.index in topology.destinations else "transit"]
        tables = {table["name"]: table for pipe in program["pipelines"] for table in pipe["tables"]}
        for entry in config["table_entries"]:
            table = tables[entry["table"]]
            assert entry["action_name"] in table["actions"]
            check_match(program, table, entry)
            action = next(a for a in program["actions"] if a["name"] == entry["action_name"])
            widths = {param["name"]: param["bitwidth"] for param in action["runtime_data"]}
            assert list(entry["action_params"]) == list(widths)
            assert all(number(value) < 1 << widths[param] for param, value in entry["action_params"].items())


def check_match(program: dict[str, Any], table: dict[str, Any], entry: dict[str, Any]) -> None:
    keys = {key["name"]: key for key in table["key"]}
    match = entry.get("match", {})
    assert entry.get("default_action", False) == (not match)
    assert list(match) == ([] if entry.get("default_action") else list(keys))
    for name, value in match.items():
        longest = keys[name]["match_type"] == "lpm"
        assert isinstance(value, list) == longest
        low = number(value[0] if longest else value)
        assert low < 1 << key_bits(program, keys[name])
        assert not longest or low % (1 << (32 - value[1])) == 0
