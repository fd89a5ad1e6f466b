"""`contra routes` and `contra trace` on whole builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contra.cli import contra, contrac
from contra.resources import resource_dir

FIGURE_5 = str(resource_dir("topologies") / "figure5.json")
UTILISATIONS = {"AB": 0.5, "AC": 0.4, "BC": 0.2, "BD": 0.3, "CD": 0.1}
PAPER_POLICY = "minimize(if A B D then 0 else if B .* D then path.util else inf)\n"


@pytest.fixture
def build(tmp_path: Path, capsys: Any) -> Path:
    """The paper's figure 5."""
    (tmp_path / "fig5.ctr").write_text(PAPER_POLICY)
    assert contrac.main([str(tmp_path / "fig5.ctr"), FIGURE_5, "-o", str(tmp_path / "build"), "-q"]) == 0
    capsys.readouterr()
    return tmp_path / "build"


@pytest.fixture
def state(tmp_path: Path) -> str:
    rows = [
        {"from": a, "to": b, "util": util}
        for (one, other), util in UTILISATIONS.items()
        for a, b in ((one, other), (other, one))
    ]
    (tmp_path / "state.json").write_text(json.dumps({"links": rows}))
    return str(tmp_path / "state.json")


def test_routes_of_figure_5(build: Path, state: str, capsys: Any) -> None:
    """The paper, figure 5: A takes A B D for its rank 0, B takes B C D for its utilisation, C drops."""
    assert contra.main(["routes", str(build), "--state", state, "--json", "--no-jit"]) == 0
    routes = json.loads(capsys.readouterr().out)["routes"]
    assert len(routes) == 12
    found = {(row["src"], row["dst"]): (row["path"], row["rank"]) for row in routes}
    assert found.pop(("A", "D")) == (["A", "B", "D"], [0])
    assert found.pop(("B", "D")) == (["B", "C", "D"], [0.2])
    assert set(map(str, found.values())) == {"(None, 'inf')"}


def test_routes_as_text(build: Path, state: str, capsys: Any) -> None:
    assert contra.main(["routes", str(build), "--state", state, "--no-jit"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["from", "to", "rank", "path"]
    assert "A     D   0     A B D" in lines
    assert "C     D   inf   dropped" in lines


def test_a_direction_that_is_down_is_avoided_and_the_other_is_used(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "sp.ctr").write_text("minimize(path.len)\n")
    assert contrac.main([str(tmp_path / "sp.ctr"), FIGURE_5, "-o", str(tmp_path / "build"), "-q"]) == 0
    (tmp_path / "down.json").write_text('{"links": [{"from": "B", "to": "D", "up": false}]}')
    arguments = ["routes", str(tmp_path / "build"), "--state", str(tmp_path / "down.json"), "--json", "--no-jit"]
    assert contra.main(arguments) == 0
    found = {(row["src"], row["dst"]): row["path"] for row in json.loads(capsys.readouterr().out)["routes"]}
    assert found["B", "D"] == ["B", "C", "D"]
    assert found["D", "B"] == ["D", "B"]


def test_held_latencies_decide(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "lat.ctr").write_text("minimize(path.lat)\n")
    assert contrac.main([str(tmp_path / "lat.ctr"), FIGURE_5, "-o", str(tmp_path / "build"), "-q"]) == 0
    rows = [{"from": "A", "to": "B", "latency": "5ms"}, {"from": "A", "to": "C", "latency": "1ms"}]
    (tmp_path / "slow.json").write_text(json.dumps({"links": rows}))
    arguments = ["routes", str(tmp_path / "build"), "--state", str(tmp_path / "slow.json"), "--json", "--no-jit"]
    assert contra.main(arguments) == 0
    found = {(row["src"], row["dst"]): row for row in json.loads(capsys.readouterr().out)["routes"]}
    assert found["A", "B"]["path"] == ["A", "C", "B"]
    (rest,) = found["C", "B"]["rank"]
    assert found["A", "B"]["rank"] == [1000 + rest]  # latencies of policies are in microseconds
    assert found["B", "A"]["path"] == ["B", "A"]  # the way back is as in the topology


def test_a_trace_names_ports_tags_ranks_and_the_policy_line(build: Path, state: str, capsys: Any) -> None:
    assert contra.main(["trace", str(build), "A", "D", "--state", state, "--json", "--no-jit"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["arrived"] and found["rank"] == [0]
    assert [hop["switch"] for hop in found["hops"]] == ["A", "B", "D"]
    assert [hop["out"] for hop in found["hops"]] == [1, 3, 510]
    first, second, last = found["hops"]
    assert first["next_tag"] == second["tag"] and second["next_tag"] == last["tag"]
    assert first["policy"]["line"] == 1
    assert first["policy"]["text"] == "0"


def test_a_trace_says_why_a_packet_was_dropped(build: Path, state: str, capsys: Any) -> None:
    assert contra.main(["trace", str(build), "A", "B", "--state", state, "--no-jit"]) == 0
    assert capsys.readouterr().out.startswith("A -> B: dropped: A counts it as NO_ROUTE\n")


def test_a_trace_quotes_the_policy(build: Path, state: str, capsys: Any) -> None:
    assert contra.main(["trace", str(build), "B", "D", "--state", state, "--no-jit"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("B -> D: arrived, rank 0.2\n")
    quoted, carets = out.splitlines()[-2:]
    assert quoted.strip() == PAPER_POLICY.strip()
    assert quoted[carets.index("^") :].startswith("path.util")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["A", "E"], "no host or switch 'E'"),
        (["A", "A"], "'A' is both source and target"),
    ],
)
def test_ends_that_make_no_sense(build: Path, arguments: list[str], expected: str, capsys: Any) -> None:
    assert contra.main(["trace", str(build), *arguments, "--no-jit"]) == 1
    assert expected in capsys.readouterr().err


def test_a_folder_that_is_no_build(tmp_path: Path, capsys: Any) -> None:
    assert contra.main(["routes", str(tmp_path), "--no-jit"]) == 1
    assert "manifest.json" in capsys.readouterr().err


def test_an_unknown_link_in_the_state(build: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "bad.json").write_text('{"links": [{"from": "A", "to": "D", "util": 0.5}]}')
    assert contra.main(["routes", str(build), "--state", str(tmp_path / "bad.json"), "--no-jit"]) == 1
    assert "bad.json:1:" in capsys.readouterr().err


def test_a_switch_without_hosts_is_no_end(tmp_path: Path, capsys: Any) -> None:
    tree = str(resource_dir("topologies") / "fattree-k4.json")
    (tmp_path / "sp.ctr").write_text("minimize(path.len)\n")
    assert contrac.main([str(tmp_path / "sp.ctr"), tree, "-o", str(tmp_path / "build"), "-q"]) == 0
    assert contra.main(["trace", str(tmp_path / "build"), "c1", "e1_1", "--no-jit"]) == 1
    assert "'c1' is no destination" in capsys.readouterr().err
    assert contra.main(["run", str(tmp_path / "build"), "--traffic", "e1_1:c1:1Mbit", "--no-jit"]) == 1
    assert "'c1' is no destination" in capsys.readouterr().err


def test_a_failure_after_the_end_is_told(build: Path, capsys: Any) -> None:
    assert contra.main(["run", str(build), "--for", "300ms", "--fail", "A-B@2s", "--no-jit"]) == 0
    assert "comes after the end of the run, 300ms" in capsys.readouterr().err
