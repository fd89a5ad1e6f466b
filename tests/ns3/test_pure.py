"""What surrounds ns-3: scenario files, ways, figures, results, messages. None of it needs ns-3."""

from __future__ import annotations

import random
import re
import stat
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx
import numpy as np
import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether

from bench.ns3 import compare, report, runs, wheel
from bench.ns3.__main__ import cases, main, parser
from bench.ns3.flows import poisson, sizes
from bench.ns3.ours import Experiment, build, setup_of
from bench.ns3.paths import along, random_paths
from bench.ns3.scenario import Job, Outcome, Paths, Setup, check, host_link, read_outcomes, scenario
from contra.diagnostics import Reporter
from contra.engine.simulation import Settings
from contra.engine.transport import Transport
from contra.resources import resource_dir
from contra.topology import load
from contra.topology.model import Topology

LINE = """{"name": "line", "switches": {"A": {}, "B": {}}, "links": [
  {"ends": ["A", "B"], "capacity": "2Gbit", "latency": "30us"}], "hosts": {
  "a": {"switch": "A", "capacity": "10Gbit", "latency": "10us"},
  "b": {"switch": "B", "capacity": "1Gbit", "latency": "20us"}}}"""


@pytest.fixture(scope="module")
def tree() -> Topology:
    return load(str(resource_dir("topologies") / "fattree-k4.json"), Reporter())


@pytest.fixture
def line(tmp_path: Path) -> Topology:
    (tmp_path / "line.json").write_text(LINE, encoding="utf-8")
    return load(str(tmp_path / "line.json"), Reporter())


def some_jobs(tree: Topology, count: int = 40) -> list[Job]:
    return poisson(tree, sizes("web-search", 0.2), 0.3, count, 1)


# ------------------------------------------------------------------------------------------------ scenarios


def test_a_scenario_in_full(line: Topology) -> None:
    setup = Setup(queue_packets=7, sack=True, congestion_control="cubic")
    lines = list(scenario(line, [Job(0, 1, 1234, 5_000)], [Paths((1, 0, 2), (2, 0, 1))], setup))
    words = dict(text.split()[1:] for text in lines if text.startswith("set "))
    assert words["queue_packets"] == "7" and words["sack"] == "1" and words["congestion_control"] == "cubic"
    assert [text for text in lines if not text.startswith("set ")] == [
        "node switch",
        "node switch",
        "node host",
        "node host",
        "link 0 1 2000000000 30000000",
        "link 2 0 10000000000 10000000",
        "link 3 1 1000000000 20000000",
        "flow 2 3 1234 5000 3 1 0 2 3 2 0 1",
    ]


def test_the_model_asks_for_no_other_settings(line: Topology) -> None:
    """Every key that the C++ text reads is one that scenarios set, and all that they set are read."""
    text = wheel.MODEL.read_text(encoding="utf-8")
    asked = set(re.findall(r'(?:Number|Text|time|count|flag)\("([a-z_0-9]+)"\)', text))
    asked |= set(re.findall(r'IsHost\(node\) \? 0 : s\.Number\("([a-z_]+)"\)', text))
    given = {line.split()[1] for line in scenario(line, [], [], Setup()) if line.startswith("set ")}
    assert asked == given


def test_values_are_the_same_on_both_sides() -> None:
    transport = Transport(min_rto_us=7_000, delayed_ack_us=300, initial_window=4, send_buffer_bytes=99_999)
    setup = setup_of(transport, Settings(queue_packets=55, mark_packets=9), 1)
    assert (setup.min_rto_ps, setup.delayed_ack_ps, setup.initial_window) == (7 * 10**9, 3 * 10**8, 4)
    assert (setup.send_buffer_bytes, setup.queue_packets, setup.mark_packets) == (99_999, 55, 9)
    assert setup.congestion_control == "byte-reno"
    assert setup_of(replace(transport, delayed_ack_segments=1), Settings(), 1).congestion_control == "newreno"
    assert setup_of(replace(transport, congestion_control="dctcp"), Settings(), 1).congestion_control == "dctcp"


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ([Job(1, 1, 10, 0)], "itself"),
        ([Job(0, 1, 0, 0)], "0 bytes"),
        ([Job(0, 1, 1 << 31, 0)], "2147483648 bytes"),
        ([Job(0, 1, 1, 0)] * 50_001, "50000 flows"),
    ],
)
def test_flows_that_the_model_could_not_count(jobs: list[Job], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check(jobs)


def test_results_are_read(tmp_path: Path) -> None:
    names = "flow,start_ps,finish_ps,received_ps,size,segments_sent,retransmitted,timeouts,fast_recoveries"
    (tmp_path / "r").write_text(
        f"{names}\n0,1000000,5000000,4000000,9,2,1,0,0\n1,7,-1,-1,9,3,2,1,1\n", encoding="utf-8"
    )
    first, second = read_outcomes(tmp_path / "r")
    assert first == Outcome(1_000_000, 5_000_000, 4_000_000, 9, 2, 1, 0, 0)
    assert first.fct_us == 4.0 and first.finished and not second.finished


# ------------------------------------------------------------------------------------------------ ways


def nodes_on(topology: Topology, path: tuple[int, ...]) -> list[int]:
    """Switches of a path of links, checked link by link."""
    first = topology.hosts[path[0] - len(topology.links)].switch
    visited = [first]
    for number in path[1:-1]:
        link = topology.links[number]
        assert visited[-1] in (link.a, link.b)
        visited.append(link.a + link.b - visited[-1])
    assert topology.hosts[path[-1] - len(topology.links)].switch == visited[-1]
    return visited


def test_drawn_ways_are_shortest_and_use_all_links(tree: Topology) -> None:
    graph = networkx.Graph((link.a, link.b) for link in tree.links)
    jobs = some_jobs(tree, 400)
    used: set[int] = set()
    for job, way in zip(jobs, random_paths(tree, jobs, 3), strict=True):
        for path, ends in ((way.there, (job.source, job.target)), (way.back, (job.target, job.source))):
            assert (path[0], path[-1]) == tuple(host_link(tree, end) for end in ends)
            switches = [tree.hosts[end].switch for end in ends]
            assert len(nodes_on(tree, path)) == networkx.shortest_path_length(graph, *switches) + 1
            used.update(path)
    assert used == set(range(len(tree.links) + len(tree.hosts)))
    assert random_paths(tree, jobs, 3) == random_paths(tree, jobs, 3) != random_paths(tree, jobs, 4)


def test_a_way_by_its_switches(tree: Topology) -> None:
    names = tree.by_name
    trail = [names[name] for name in ("e1_1", "a1_1", "c1", "a2_1", "e2_1")]
    path = along(tree, 0, 4, trail)
    assert nodes_on(tree, path) == trail
    with pytest.raises(ValueError, match="0 links between e1_1 and c1"):
        along(tree, 0, 4, [names["e1_1"], names["c1"]])


@pytest.mark.parametrize("scheme", ["ecmp", "shortest-path"])
def test_packets_of_a_flow_go_the_way_that_was_read(tree: Topology, tmp_path: Path, scheme: str) -> None:
    """The data of one flow are counted on just the directions of its way, its acknowledgements on the other's."""
    job = Job(0, 15, 20_000, 0)
    experiment = Experiment(build(scheme, tree, tmp_path), [job], Transport(), Settings(jit=False, seed=4))
    (way,) = experiment.paths()
    outcome = experiment.run().outcomes[0]
    assert outcome.finished and outcome.timeouts == 0
    simulation = experiment.simulation
    for path, source, least in ((way.there, 0, 20_000), (way.back, 15, 60)):
        for here, link in zip(nodes_on(tree, path), path[1:-1], strict=False):
            found = tree.links[link]
            port = found.a_port if found.a == here else found.b_port
            totals = simulation.network.link_totals(simulation.links[here, port])
            assert totals.data_bytes >= least, (source, link)
    busy = [link for link in simulation.links.values() if simulation.network.link_totals(link).data_packets]
    assert len(busy) == len(way.there) + len(way.back) - 4


def test_packets_that_tell_the_way_are_whole(tree: Topology, tmp_path: Path) -> None:
    jobs = some_jobs(tree, 3)
    experiment = Experiment(build("ecmp", tree, tmp_path), jobs, Transport(), Settings(jit=False))
    frames = list(experiment._frames())
    assert len(frames) == 6
    for place, frame in enumerate(frames):
        packet = Ether(frame)
        ends = jobs[place // 2].source, jobs[place // 2].target
        source, target = ends[::-1] if place % 2 else ends
        assert packet[IP].src == str(tree.hosts[source].ip) and packet[IP].dst == str(tree.hosts[target].ip)
        given, packet[IP].chksum = packet[IP].chksum, None
        assert IP(bytes(packet[IP])).chksum == given and packet[IP].len == 40 and packet[TCP].dataofs == 5
    there, back = Ether(frames[0])[TCP], Ether(frames[1])[TCP]
    assert (there.sport, there.dport) == (back.dport, back.sport)


# ------------------------------------------------------------------------------------------------ flows


def test_flows_have_the_load_that_was_asked_for(tree: Topology) -> None:
    """16 hosts of 10 Gbit/s: the cut between all and all is 160 Gbit/s."""
    jobs = poisson(tree, sizes("web-search", 0.2), 0.3, 20_000, 5, start_ps=10**9)
    starts = [job.start_ps for job in jobs]
    assert all(a <= b for a, b in pairwise(starts)) and starts[0] >= 10**9
    assert all(job.source != job.target for job in jobs)
    offered = sum(job.size for job in jobs) * 8e12 / (starts[-1] - starts[0])
    assert offered == pytest.approx(0.3 * 160e9, rel=0.05)
    assert np.mean([job.size for job in jobs]) == pytest.approx(0.2 * float(sizes("web-search", 1).mean), rel=0.05)


# ------------------------------------------------------------------------------------------------ figures


def test_figures_by_hand() -> None:
    found = compare.figures([1.0, 2.0, 3.0, 4.0, 10.0])
    assert (found.flows, found.mean, found.p50) == (5, 4.0, 3.0)
    assert found.p99 == pytest.approx(4 + 0.96 * 6)


def test_how_far_apart() -> None:
    p = compare.pair([110.0] * 10, [100.0] * 10)
    assert p.mean == pytest.approx(0.1) and p.p99 == pytest.approx(0.1)
    assert compare.pair([109.0], [100.0]).agrees and not compare.pair([111.0], [100.0]).agrees
    assert not compare.pair([1.0] * 99 + [100.0], [1.0] * 99 + [200.0]).agrees
    with pytest.raises(ValueError, match="2 flows against 1"):
        compare.pair([1.0, 2.0], [1.0])


def test_sizes_fall_into_one_range_each() -> None:
    chance = random.Random(2)
    given = [chance.choice([1, 19_999, 20_000, 199_999, 200_000, 999_999, 1_000_000, 10**8]) for _ in range(500)]
    found = compare.by_size(given, [1.0] * 500, [1.0] * 500)
    assert sum(p.ours.flows for _, p in found) == 500
    assert {name: p.ours.flows for name, p in found}["below 20 kB"] == sum(size < 20_000 for size in given)


# ------------------------------------------------------------------------------------------------ results


def made(title: str = "a case", seed: int = 1, factor: float = 1.0, unfinished: bool = False) -> runs.Done:
    rows = [runs.Row(10_000 * n, 0, int(factor * n * 10**6), n * 10**6, n % 3, 0, 0, 0, 0, 0) for n in range(1, 201)]
    if unfinished:
        rows[-1] = replace(rows[-1], ours_fct_ps=-1)
    totals = {f"{side}_{name}": 3 for side in ("ours", "ns3") for name in ("packet_hops", "dropped")}
    return runs.Done(runs.Case(title=title, seed=seed, ns3={"careful": True}), tuple(rows), totals)


def test_results_are_kept_in_full(tmp_path: Path) -> None:
    done = made()
    runs.save(done, tmp_path)
    assert runs.read_all(tmp_path) == [done]
    assert {path.name for path in tmp_path.iterdir()} == {"a-case-1.json", "a-case-1.csv"}


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"case": {"titel": 1}}', '{"case": {"transport": {"mtu": 1}}}', "\0"]
)
def test_what_is_no_result(tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text(text, encoding="utf-8")
    assert main(["report", str(tmp_path)]) == 2
    assert "holds no result of a comparison" in capsys.readouterr().err


def test_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seed, factor in ((1, 1.1), (2, 0.9)):
        runs.save(made(seed=seed, factor=factor), tmp_path)
    assert main(["report", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "| a case | 400 | 100 | 100 | -0.0 % |" in lines[2] or "| a case | 400 | 100 | 100 | +0.0 % |" in lines[2]
    assert any(line.startswith("| a case, 1 | 200 | 111 | 100 | +10.0 % |") for line in lines)
    assert any(line.startswith("| a case | 6 / 6 | 6 / 6 | ") for line in lines)


@pytest.mark.parametrize("done", [made(factor=1.2), made(unfinished=True)])
def test_what_does_not_agree(tmp_path: Path, done: runs.Done) -> None:
    runs.save(done, tmp_path)
    assert main(["report", str(tmp_path)]) == 1
    assert not report.agree([done])


def test_results_that_are_there_are_not_repeated(tmp_path: Path) -> None:
    done = made()
    runs.save(done, tmp_path)
    runs.run_all([done.case], tmp_path / "no model", tmp_path, lambda case, found: pytest.fail("it ran again"))


# ------------------------------------------------------------------------------------------------ the command


def test_cases_of_the_command_line() -> None:
    words = [
        "compare",
        "x",
        "--loads",
        "0.1",
        "0.2",
        "--seeds",
        "4",
        "--set",
        "initial_window=3",
        "limited_transmit=false",
    ]
    found = list(cases(parser().parse_args([*words, "--set-ns3", "sack=true", "--congestion-control", "cubic"])))
    assert [(case.load, case.seed) for case in found] == [(0.1, 4), (0.2, 4)]
    assert found[0].transport.initial_window == 3 and found[0].transport.limited_transmit is False
    assert found[0].transport.congestion_control == "cubic" and found[0].ns3 == {"sack": True}
    assert len({case.name for case in found}) == 2


def test_validation_has_names_of_its_own() -> None:
    found = list(cases(parser().parse_args(["validate", "x"])))
    assert len({case.name for case in found}) == len(found)
    assert all({case.seed for case in found if case.title == title} >= {1, 2, 3} for title in {c.title for c in found})


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--set", "initial_window"], 2, "NAME=VALUE"),
        (["--set", "mtu=3"], 2, "mtu"),
        (["--ns3-python", "/nowhere/python"], 3, "cannot run /nowhere/python"),
    ],
)
def test_messages(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str], status: int, said: str) -> None:
    assert main(["compare", str(tmp_path / "out"), *words]) == status
    assert said in capsys.readouterr().err


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no ns3 wheel"),
        ("import sys; sys.exit('broken')", "has no ns3 wheel"),
        ("print('{folder}'); print('3.40')", "has ns3 3.40, the model is for 3.44"),
    ],
)
def test_interpreters_without_the_wheel(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "include" / "ns3").mkdir(parents=True)
    with pytest.raises(wheel.Unavailable, match=said):
        wheel.find(script(tmp_path / "python", text.replace("{folder}", str(tmp_path))))


def test_a_wheel_is_found_and_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "include" / "ns3").mkdir(parents=True)
    found = wheel.find(script(tmp_path / "python", f"print('{tmp_path}'); print('3.44.post0')"))
    assert found == wheel.Wheel(tmp_path, "3.44.post0")
    command = wheel.command("g++", found, tmp_path / "model")
    assert f"-L{tmp_path}/lib64" in command and "-lns3.44-internet" in command
    monkeypatch.setenv("CXX", "no-such-compiler")
    monkeypatch.setenv("CONTRA_CACHE", str(tmp_path / "cache"))
    with pytest.raises(wheel.Unavailable, match="no C\\+\\+ compiler 'no-such-compiler'"):
        wheel.model(found)


def test_a_compiler_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", str(script(tmp_path / "cc", "import sys; sys.exit('model.cc:1: no such header')")))
    monkeypatch.setenv("CONTRA_CACHE", str(tmp_path / "cache"))
    with pytest.raises(wheel.Unavailable, match="no such header"):
        wheel.model(wheel.Wheel(tmp_path, "3.44.post0"))
    assert list((tmp_path / "cache" / "ns3").iterdir()) == []
