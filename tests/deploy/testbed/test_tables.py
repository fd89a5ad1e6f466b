"""What the measurements compute from what they have collected."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from experiments.agree import compare, random_state
from experiments.cases import FIVE, LARGE, Case, cases
from experiments.comply import at_rest, connected
from experiments.overhead import shares_of
from experiments.reach import compiled_entries
from experiments.reactions import reaction
from experiments.report import Result, lines, shown, spread, write
from experiments.speed import table_of
from support.measuring import options
from wire import Amount

from contra.diagnostics import Reporter
from contra.engine.build import load
from contra.engine.inputs import read_file, read_state

ROOT = Path(__file__).parent.parent.parent.parent


def test_options_become_those_of_the_command_line() -> None:
    given = options("--isolate", "--grpc-port", "53051", "--scale", "1/100", "--policies", "sp,ca", "--seed", "7")
    assert given.up == ["--grpc-port", "53051", "--thrift-port", "9090", "--isolate", "--scale", "1/100"]
    assert given.policies == ("sp", "ca")
    assert given.networks == ()
    assert given.seed == 7


def test_cases_are_those_asked_for() -> None:
    assert len(cases((), (), (LARGE, FIVE))) == 10
    assert cases(("diamond",), ("sp",), (LARGE, FIVE)) == [Case("diamond", "sp")]


@pytest.mark.parametrize("network", ["abilene", "fattree-k4", "diamond"])
def test_every_network_has_its_waypoint_and_its_forbidding_policy(network: str) -> None:
    for policy in (*FIVE, "forbid"):
        case = Case(network, policy)
        assert case.policy_file.is_file()
        assert case.topology_file.is_file()


def test_an_unknown_case_is_refused_with_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"no policy 'wap'.*waypoint"):
        _ = Case("abilene", "wap").policy_file
    with pytest.raises(ValueError, match=r"no network 'geant'.*abilene"):
        _ = Case("geant", "sp").topology_file


def test_a_table_and_its_file(tmp_path: Path) -> None:
    rows = [{"policy": "sp", "up s": 12.345, "well": True}, {"policy": "ca", "up s": 7.0, "well": False, "more": 3}]
    result = Result("reach: a title", rows, False, {"why": {"deep": [1, 2]}}, ["a note"])
    text = lines(result)
    assert text[0] == "reach: a title"
    assert text[1].split() == ["policy", "up", "s", "well", "more"]
    assert text[2].split() == ["sp", "12.3", "yes"]
    assert text[3].split() == ["ca", "7", "no", "3"]
    assert text[-2:] == ["a note", "NOT PASSED"]
    written = json.loads(write("reach", result, options("--out", str(tmp_path))).read_text())
    assert (tmp_path / "reach.json").is_file()
    assert written["rows"] == rows
    assert written["details"] == {"why": {"deep": [1, 2]}}
    assert written["passed"] is False
    assert written["options"]["grpc_port"] == 50051
    assert written["machine"]["cores"] >= 1


@pytest.mark.parametrize(
    ("value", "text"), [(0.00724, "0.00724"), (999.7, "1000"), (12961.4, "12961"), (5, "5"), ("", "")]
)
def test_figures_are_short(value: object, text: str) -> None:
    assert shown(value) == text


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "least": 1.0, "most": 3.0}
    assert spread([]) == {}


class Period:
    period_s = 0.25


@pytest.mark.parametrize(("values", "within"), [([0.2, 0.9], True), ([0.2, 1.1], False), ([0.2], False), ([], False)])
def test_a_reaction_is_within_its_bound_only_if_all_were_seen(values: list[float], within: bool) -> None:
    row = reaction({"event": "cut", "what": "", "times": 2, "done": len(values)}, values, Period(), 1.0)  # type: ignore[arg-type]
    assert row["within"] is within
    if values:
        assert row["periods"] == pytest.approx(max(values) / 0.25)


def test_speeds_are_medians_against_the_plain_program() -> None:
    def measured(program: str, *rates: float) -> list[dict[str, Any]]:
        ways = ("first", "transit", "last")
        return [{"program": program, "way": way, "per_second": rate} for rate in rates for way in ways]

    rows = table_of(measured("plain L3", 900, 1000, 5000) + measured("sp", 250, 240, 10))
    assert [row["program"] for row in rows] == ["plain L3", "sp"]
    assert rows[1]["transit/s"] == 240
    assert rows[1]["transit ratio"] == pytest.approx(0.24)
    assert rows[0]["last ratio"] == 1


def test_shares_of_capacity() -> None:
    probes = {"b": Amount(frames=10, bytes=250, on_ethernet=840)}
    # 250 bytes in 2 s are 1,000 bit/s
    assert shares_of(probes, {"a": 10_000, "b": 20_000}, 2.0) == {"a": 0.0, "b": 0.05}
    assert shares_of(probes, {"b": 20_000}, 2.0, ethernet=True) == {"b": pytest.approx(0.168)}


def test_the_compilers_count_is_that_of_its_files(shortest: Path) -> None:
    found = compiled_entries(shortest)
    lines = [(shortest / f"switches/{name}/runtime.json").read_text().splitlines() for name in "ABCD"]
    assert found["entries"] == sum('"table":' in line for text in lines for line in text)
    assert found["groups"] == sum('"multicast_group_id"' in line for text in lines for line in text)
    assert found["groups"] == 8


def test_a_file_that_differs_from_the_manifest_is_noticed(shortest: Path, tmp_path: Path) -> None:
    manifest = json.loads((shortest / "manifest.json").read_text())
    for row in manifest["switches"].values():
        target = tmp_path / row["runtime"]
        target.parent.mkdir(parents=True)
        target.write_text((shortest / row["runtime"]).read_text())
    manifest["switches"]["B"]["entries"] += 1
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"switches/B/runtime.json"):
        compiled_entries(tmp_path)


def route(source: str, target: str, rank: object, *path: str) -> dict[str, Any]:
    return {"src": source, "dst": target, "rank": rank, "path": list(path) or None}


def test_ranks_must_agree_and_paths_may_differ() -> None:
    wanted = [route("A", "D", [2, 0.5], "A", "B", "D"), route("D", "A", 3, "D", "B", "A"), route("A", "B", "inf")]
    found = [route("D", "A", 4, "D", "C", "A"), route("A", "D", [2, 0.5], "A", "C", "D"), route("A", "B", "inf")]
    compared = compare(wanted, found)
    assert [row["pair"] for row in compared["differ"]] == [("D", "A")]
    assert compared["same path"] == 1


def test_a_pair_that_is_missing_differs() -> None:
    assert len(compare([route("A", "D", 1, "A", "D")], [])["differ"]) == 1


def test_random_states_are_what_contra_reads(shortest: Path, tmp_path: Path) -> None:
    topology = ROOT / "topologies" / "diamond.json"
    state = random_state(topology, random.Random(5))
    assert state == random_state(topology, random.Random(5))
    assert state != random_state(topology, random.Random(6))
    file = tmp_path / "state.json"
    file.write_text(json.dumps(state))
    reporter = Reporter()
    read = read_state(read_file(file, "the state file", reporter), load(shortest, Reporter()).topology, reporter)
    reporter.check()
    assert len(read) == 8
    assert all(row.util is not None and 0 <= row.util <= 1 for row in read)


@pytest.mark.parametrize(
    ("links", "together"),
    [
        (["A-B", "B-D", "A-C", "C-D"], True),
        (["A-B", "C-D"], False),
        (["C-D", "A-B", "B-C"], True),
        (["A-B", "B-D"], False),
        (["A:1-B:1", "A:2-B:2", "B-C", "C:2-D"], True),
        ([], False),
    ],
)
def test_links_hold_a_network_together(links: list[str], together: bool) -> None:
    assert connected(links, 4) is together


def test_the_network_is_at_rest_when_nothing_has_changed_for_long() -> None:
    assert at_rest(10.0, [], 1.5)
    assert at_rest(10.0, [8.4, 10.1], 1.5)
    assert not at_rest(10.0, [8.6], 1.5)
