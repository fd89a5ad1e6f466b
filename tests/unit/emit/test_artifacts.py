"""The files of a build as a whole: the same bytes every time, few programs, valid JSON whatever the names are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from support.builds import files, lowered, runtime, tables, topology_of, tree

from contra.diagnostics import CompileError, Reporter
from contra.driver import CompileRequest
from contra.driver import compile as compile_policy
from contra.emit import v1model
from contra.ir import Deployment
from contra.topology import load

ROOT = Path(__file__).parent.parent.parent.parent
TOPOLOGIES = ROOT / "topologies"
CA = "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))\n"
WP = "minimize(if .* (c1 + c2) .* then path.util else inf)\n"
LINE = {"capacity": "10Gbit", "latency": "10us"}


def shipped(name: str, policy: str) -> Deployment:
    return lowered(policy, load(str(TOPOLOGIES / f"{name}.json"), Reporter()))


def programs(build: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in build.items() if path.endswith(".p4")}


# -------------------------------------------------------------------------------------------------- bytes


def contrac(folder: Path, out: str, seed: str) -> dict[str, bytes]:
    """A run of the command in a process of its own, with its own order of hashes."""
    (folder / "policy.ctr").write_text(CA, encoding="utf-8")
    shutil.copy(TOPOLOGIES / "abilene.json", folder / "topo.json")
    command = "import sys; from contra.cli.contrac import main; sys.exit(main(sys.argv[1:]))"
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", command, "policy.ctr", "topo.json", "-q", "-o", out],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tree(folder / out)


def test_two_processes_write_the_same_bytes(tmp_path: Path) -> None:
    first = contrac(tmp_path, "build", "1")
    assert "switches/CHIN/runtime.json" in first
    assert contrac(tmp_path, "another/place", "2") == first
    assert not [path for path, content in first.items() if str(tmp_path).encode() in content]


def test_files_end_with_one_line_end_and_have_no_blanks_before_it() -> None:
    for path, text in files(shipped("abilene", CA)).items():
        assert text.endswith("\n"), path
        assert not text.endswith("\n\n"), path
        assert not [line for line in text.splitlines() if line != line.rstrip()], path


# ----------------------------------------------------------------------------------------------- programs


@pytest.mark.parametrize("policy", [CA, WP], ids=["CA", "WP"])
def test_a_fat_tree_has_as_many_programs_as_roles(policy: str) -> None:
    deployment = shipped("fattree-k4", policy)
    build = files(deployment)
    assert {path for path in build if path.startswith("programs/")} == {
        "programs/destination.p4",
        "programs/transit.p4",
    }
    hosted = {host.switch for host in deployment.graph.topology.hosts}
    assert 0 < len(hosted) < len(deployment.graph.topology.switches)
    for switch in deployment.graph.topology.switches:
        role = "destination" if switch.index in hosted else "transit"
        assert build[f"switches/{switch.name}/{switch.name}.p4"] == build[f"programs/{role}.p4"]


def square(**changes: Any) -> dict[str, Any]:
    links = [{"ends": list(ends), **LINE} for ends in ("AB", "BC", "CD", "DA")]
    content: dict[str, Any] = {
        "switches": {name: {} for name in "ABCD"},
        "hosts": {f"h{name}": {"switch": name} for name in "ABCD"},
        "links": links,
    }
    content["links"] = links + changes.pop("links", [])
    content["hosts"] |= changes.pop("hosts", {})
    return content


@pytest.mark.parametrize("policy", [CA, "minimize(path.len)", "minimize(if .* (B + C) .* then path.util else inf)"])
@pytest.mark.parametrize(
    "changes",
    [
        {"hosts": {"h2": {"switch": "B"}, "h3": {"switch": "B", "ip": "192.0.2.7"}}},
        {"links": [{"ends": ["A", "C"], "capacity": "1Gbit", "latency": "3ms"}]},
    ],
    ids=["hosts", "link"],
)
def test_a_small_change_of_the_network_needs_no_new_program(policy: str, changes: dict[str, Any]) -> None:
    before = files(lowered(policy, topology_of(square())))
    after = files(lowered(policy, topology_of(square(**changes))))
    assert programs(after) == programs(before)
    assert after["switches/B/runtime.json"] != before["switches/B/runtime.json"] or "links" in changes
    assert after["switches/A/runtime.json"] != before["switches/A/runtime.json"]


def test_a_name_of_a_switch_stands_in_no_program_but_in_its_policy() -> None:
    renamed = {"A": "Zurich", "B": "Bergen", "C": "Cadiz", "D": "Dublin"}
    text = json.dumps(square())
    for letter, name in renamed.items():
        text = text.replace(f'"{letter}"', f'"{name}"')
    assert programs(files(lowered(CA, topology_of(square())))).keys() == {
        f"programs/{name}.p4" for name in ("destination",)
    } | {f"switches/{name}/{name}.p4" for name in "ABCD"}
    first = files(lowered(CA, topology_of(square())))["programs/destination.p4"]
    assert files(lowered(CA, topology_of(json.loads(text))))["programs/destination.p4"] == first


# ------------------------------------------------------------------------------------------------- errors


def test_an_error_while_files_are_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = tmp_path / "policy.ctr"
    policy.write_text(CA, encoding="utf-8")
    request = CompileRequest(policy=policy, topology=str(TOPOLOGIES / "abilene.json"), out=tmp_path / "build")
    compile_policy(request, Reporter())
    before = tree(tmp_path)

    def broken(*_: object) -> str:
        raise ZeroDivisionError

    monkeypatch.setattr("contra.emit.tools.lua_text", broken)
    with pytest.raises(ZeroDivisionError):
        compile_policy(request, Reporter())
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    "policy", ["minimize(path.lenn)", "minimize((path.util, path.len))", "minimize(if .* Q .* then 0 else 1)", ""]
)
def test_an_error_in_the_input_leaves_nothing(tmp_path: Path, policy: str) -> None:
    (tmp_path / "policy.ctr").write_text(policy, encoding="utf-8")
    request = CompileRequest(
        policy=tmp_path / "policy.ctr", topology=str(TOPOLOGIES / "abilene.json"), out=tmp_path / "x" / "build"
    )
    with pytest.raises(CompileError):
        compile_policy(request, Reporter())
    assert tree(tmp_path).keys() == {"policy.ctr"}


# -------------------------------------------------------------------------------------------------- names


ODD = ["Zürich", 'a "quoted" one', "back\\slash", "東京", "table", "x" * 60, "1st", "a.b-c", "</script>"]


def odd_network() -> dict[str, Any]:
    return {
        "name": 'the "odd" \\ one',
        "switches": {name: {} for name in ODD},
        "hosts": {f"host {name}": {"switch": name} for name in ODD},
        "links": [{"ends": [ODD[i - 1], name], **LINE} for i, name in enumerate(ODD)],
    }


def test_odd_names_give_valid_files() -> None:
    topology = topology_of(odd_network())
    build = files(lowered(CA, topology))
    for path, text in build.items():
        assert path.isascii()
        if path.endswith(".json"):
            json.loads(text)
    compile(build["tools/contra_headers.py"], "contra_headers.py", "exec")
    known = json.loads(build["manifest.json"])["switches"]
    assert [row["label"] for row in known.values()] == ODD
    assert list(known) == [switch.name for switch in topology.switches]
    for name, row in known.items():
        assert row["p4"] in build
        assert row["runtime"] == f"switches/{name}/runtime.json"


@pytest.mark.skipif(
    shutil.which("luac") is None and shutil.which("tshark") is None, reason="no Lua: no luac, no tshark"
)
def test_odd_names_give_valid_lua(tmp_path: Path) -> None:
    lua = files(lowered(CA, topology_of(odd_network())))["tools/contra.lua"]
    (tmp_path / "contra.lua").write_text(lua, encoding="utf-8")
    luac = shutil.which("luac")
    command = [luac, "-p", "contra.lua"] if luac else ["tshark", "-G", "protocols", "-X", "lua_script:contra.lua"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert luac or "contra_probe" in done.stdout, done.stderr


# ----------------------------------------------------------------------------------------------- manifest


def test_hashes_and_counts_of_the_manifest(tmp_path: Path) -> None:
    policy, topology = tmp_path / "policy.ctr", TOPOLOGIES / "fattree-k4.json"
    policy.write_text(WP, encoding="utf-8")
    compile_policy(CompileRequest(policy=policy, topology=str(topology), out=tmp_path / "build"), Reporter())
    build = tree(tmp_path / "build")
    known = json.loads(build["manifest.json"])
    assert known["inputs"]["policy"]["sha256"] == sha256(policy.read_bytes()).hexdigest()
    assert known["inputs"]["topology"]["sha256"] == sha256(topology.read_bytes()).hexdigest()
    assert len(known["programs"]) == 2
    for row in known["programs"].values():
        assert row["sha256"] == sha256(build[row["p4"]]).hexdigest()
        assert row["state_bits"] == sum(cell["slots"] * cell["bits"] for cell in row["cells"])
        assert all(cell["bits"] == sum(bits for _, bits in cell["fields"]) for cell in row["cells"])
    for name, row in known["switches"].items():
        config = json.loads(build[row["runtime"]])
        assert build[row["p4"]] == build[known["programs"][row["program"]]["p4"]]
        assert row["entries"] == len(config["table_entries"])
        assert row["groups"] == len(config["multicast_group_entries"])
        assert f"switches/{name}/" in row["p4"]
        sizes = known["programs"][row["program"]]["tables"]
        assert all(len(rows) <= sizes.get(table, 1) for table, rows in tables(config).items())


def test_the_topology_in_the_build_is_the_network(tmp_path: Path) -> None:
    topology = topology_of(odd_network())
    path = tmp_path / "topology.json"
    path.write_text(files(lowered(CA, topology))["topology.json"], encoding="utf-8")
    again = load(str(path), Reporter())
    assert [(s.name, s.label, s.address) for s in again.switches] == [
        (s.name, s.label, s.address) for s in topology.switches
    ]
    assert [(h.name, h.ip, h.mac, h.port) for h in again.hosts] == [
        (h.name, h.ip, h.mac, h.port) for h in topology.hosts
    ]
    assert [(li.a, li.a_port, li.b, li.b_port, li.capacity) for li in again.links] == [
        (li.a, li.a_port, li.b, li.b_port, li.capacity) for li in topology.links
    ]


# --------------------------------------------------------------------------------------------------- size


def test_parallel_links_are_hops_of_their_own() -> None:
    content = square(links=[{"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us"}])
    build = files(lowered("minimize((path.lat, path.util))", topology_of(content)))
    rows = tables(runtime(build, "A"))
    assert [entry["match"]["hop"] for entry in rows["hop_port"]] == [1, 2, 3]
    assert [entry["action_params"]["port"] for entry in rows["hop_port"]] == [1, 2, 3]
    values = {e["action_params"]["hop"]: e["action_params"]["lat"] for e in rows["ingress_port"] if e["action_params"]}
    assert sorted(values.values()) == [1000, 10_000, 10_000]
    weights = [entry["action_params"]["weight"] for entry in rows["hop_port"]]
    assert sorted(weights) == [327_680, 327_680, 3_276_800]
    copies = runtime(build, "A")["multicast_group_entries"][0]["replicas"]
    assert [copy["egress_port"] for copy in copies] == [1, 2, 3]


def test_more_than_255_switches_and_ports() -> None:
    names = [f"n{i}" for i in range(300)]
    content = {
        "switches": {"hub": {}, **{name: {} for name in names}},
        "hosts": {f"h{name}": {"switch": name} for name in names},
        "links": [{"ends": ["hub", name], **LINE} for name in names],
    }
    deployment = lowered("minimize(path.util)", topology_of(content))
    build = files(deployment)
    assert deployment.programs[0].widths.hop == 16
    assert "typedef bit<16> hop_t;" in build["programs/transit.p4"]
    rows = tables(runtime(build, "hub"))
    assert [entry["match"]["hop"] for entry in rows["hop_port"]] == list(range(1, 301))
    assert "identity" not in rows
    (identity,) = tables(runtime(build, "n299"))["identity"]
    assert identity["action_params"]["self"] == 300
    assert "size = 512;" in build["programs/transit.p4"]


def test_seventy_hosts_at_a_switch() -> None:
    content = square(hosts={f"g{i}": {"switch": "A"} for i in range(69)})
    deployment = lowered("minimize(path.len)", topology_of(content))
    rows = tables(runtime(files(deployment), "A"))
    assert len(rows["hosts"]) == 71  # and the switch itself
    assert dict(deployment.programs[0].table_sizes)["hosts"] == 128
    assert len({entry["match"]["address"] for entry in rows["hosts"]}) == 71
    assert len(rows["ingress_port"]) == 72
    ports = [entry["action_params"]["port"] for entry in rows["hosts"] if entry["action_params"]]
    assert sorted(ports) == list(range(3, 73))


def test_the_tutorials_topology_keeps_its_addresses() -> None:
    build = files(shipped("tutorials", CA))
    rows = tables(runtime(build, "s1"))
    found = {tuple(e["match"]["address"]): e["action_params"].get("destination") for e in rows["destination"]}
    assert found == {
        ("10.0.0.0", 8): None,
        ("10.0.1.1", 32): 0,
        ("10.0.2.2", 32): 1,
        ("10.0.3.3", 32): 2,
    }
    assert {"match": {"address": "10.0.1.1"}, "port": 1, "mac": "08:00:00:00:01:11"} in [
        {"match": e["match"], **e["action_params"]} for e in rows["hosts"]
    ]
    config = runtime(build, "s1")
    assert config["target"] == "bmv2"
    assert config["p4info"] == "../../programs/destination.p4info.txtpb"
    for entry in config["table_entries"]:
        assert entry.get("default_action") or entry["match"]


def test_a_file_is_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs are printed once a role, not once a switch."""
    calls = []
    original = v1model.p4_text
    monkeypatch.setattr("contra.emit.v1model.p4_text", lambda *given: calls.append(1) or original(*given))
    files(shipped("fattree-k4", WP))
    assert len(calls) == 2
