"""ns-3 itself: our model of hosts and switches in it against closed forms, and the engine against ns-3.

Needs the wheel, in this interpreter or in that of $CONTRA_NS3_PYTHON, and a C++ compiler.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench.ns3 import wheel
from bench.ns3.compare import pair
from bench.ns3.flows import poisson, sizes
from bench.ns3.ours import Experiment, Run, build, setup_of
from bench.ns3.reference import ModelFailed, Reference
from bench.ns3.reference import run as run_ns3
from bench.ns3.scenario import PS_PER_S, Job, Paths, Setup, host_link
from contra.diagnostics import Reporter
from contra.engine.simulation import Settings
from contra.engine.transport import Transport
from contra.resources import resource_dir
from contra.topology import load
from contra.topology.model import Topology

pytestmark = pytest.mark.ns3

PS_PER_BYTE = 800  # at 10 Gbit/s
DELAY_PS = 10_000_000
SEGMENT, SHORTEST, SYN = 1514, 60, 62
"""Frames: a full segment, an acknowledgement, the engine's SYN with its options (that of ns-3 is a shortest one)."""
LINE = """{"name": "line", "switches": {"A": {}, "B": {}}, "links": [
  {"ends": ["A", "B"], "capacity": "2Gbit", "latency": "10us"}], "hosts": {
  "a": {"switch": "A", "capacity": "10Gbit", "latency": "10us"},
  "c": {"switch": "A", "capacity": "10Gbit", "latency": "10us"},
  "b": {"switch": "B", "capacity": "10Gbit", "latency": "10us"},
  "d": {"switch": "B", "capacity": "10Gbit", "latency": "10us"}}}"""
QUICK = Transport(initial_rto_us=10_000)


@pytest.fixture(scope="module")
def model() -> Path:
    try:
        return wheel.model(wheel.find())
    except wheel.Unavailable as error:
        pytest.skip(str(error).splitlines()[0])


@pytest.fixture(scope="module")
def tree() -> Topology:
    return load(str(resource_dir("topologies") / "fattree-k4.json"), Reporter())


@pytest.fixture
def line(tmp_path: Path) -> Topology:
    (tmp_path / "line.json").write_text(LINE, encoding="utf-8")
    return load(str(tmp_path / "line.json"), Reporter())


def both(
    model: Path, topology: Topology, jobs: Sequence[Job], transport: Transport, settings: Settings, folder: Path
) -> tuple[Run, Reference]:
    experiment = Experiment(build("ecmp", topology, folder), jobs, transport, settings)
    paths = experiment.paths()
    return experiment.run(), run_ns3(model, topology, jobs, paths, setup_of(transport, settings, 60 * PS_PER_S))


def one_segment(links: int, syn: int) -> int:
    """FCT of a flow of one segment on an idle path of equal links: handshake, segment, acknowledgement.

    The sender's acknowledgement of the handshake goes first, and the segment waits for it at the first link.
    """
    handshake = links * (2 * DELAY_PS + 2 * syn * PS_PER_BYTE)
    return handshake + SHORTEST * PS_PER_BYTE + links * (2 * DELAY_PS + (SEGMENT + SHORTEST) * PS_PER_BYTE)


@pytest.mark.parametrize(("target", "links"), [(1, 2), (2, 4), (15, 6)])
def test_one_segment_takes_as_long_as_computed(
    model: Path, tree: Topology, tmp_path: Path, target: int, links: int
) -> None:
    ours, ns3 = both(model, tree, [Job(0, target, 1460, 0)], QUICK, Settings(), tmp_path)
    assert ours.outcomes[0].finish_ps == one_segment(links, SYN)
    assert ns3.outcomes[0].finish_ps == one_segment(links, SHORTEST)


def test_windows_open_at_the_same_time(model: Path, tree: Topology, tmp_path: Path) -> None:
    """Without losses nothing is left to chance: all flows take as long in both, whatever their size."""
    jobs = [Job(0, 15, size, 10**10 * number) for number, size in enumerate((1, 20_000, 100_000, 1_000_000, 5_000_000))]
    ours, ns3 = both(model, tree, jobs, QUICK, Settings(), tmp_path)
    for a, b in zip(ours.outcomes, ns3.outcomes, strict=True):
        assert a.retransmitted == b.retransmitted == 0
        assert a.segments_sent == b.segments_sent == -(-a.size // 1460)
        assert a.fct_us == pytest.approx(b.fct_us, rel=0.01)


@pytest.mark.parametrize(("size", "queue"), [(1_048_613, 100), (1_012_109, 50), (1_004_326, 200)])
def test_slow_start_overshoots_by_as_much(model: Path, line: Topology, tmp_path: Path, size: int, queue: int) -> None:
    """One flow fills the queue before a slower link: as many segments are lost, and sent again one a round trip."""
    ours, ns3 = both(model, line, [Job(0, 2, size, 0)], QUICK, Settings(queue_packets=queue), tmp_path)
    a, b = ours.outcomes[0], ns3.outcomes[0]
    assert ours.dropped == ns3.dropped > 20
    assert a.retransmitted == b.retransmitted == ours.dropped
    assert a.fast_recoveries == b.fast_recoveries == 1 and a.timeouts == b.timeouts == 0
    assert a.fct_us == pytest.approx(b.fct_us, rel=0.01)


def test_a_lost_tail_waits_for_the_timer(model: Path, line: Topology, tmp_path: Path) -> None:
    """Of three segments the queue of one packet loses the last: no later one tells of it."""
    jobs = [Job(0, 2, 3 * 1460, 0)]
    ours, ns3 = both(model, line, jobs, QUICK, Settings(queue_packets=1), tmp_path)
    for outcome in (ours.outcomes[0], ns3.outcomes[0]):
        assert outcome.timeouts == 1 and outcome.retransmitted == 1
        assert 10_000 < outcome.fct_us < 11_000


def test_flows_that_share_a_link(model: Path, line: Topology, tmp_path: Path) -> None:
    """Two long flows through one bottleneck, queue enough for no loss: both halves of its rate."""
    jobs = [Job(0, 2, 3_000_000, 0), Job(1, 3, 3_000_000, 0)]
    ours, ns3 = both(model, line, jobs, QUICK, Settings(queue_packets=4000), tmp_path)
    least = 2 * 3_000_000 * 1514 / 1460 * 8 / 2e9 * 1e6  # µs that the link is busy
    for a, b in zip(ours.outcomes, ns3.outcomes, strict=True):
        assert least * 0.8 < a.fct_us < least * 1.1
        assert a.fct_us == pytest.approx(b.fct_us, rel=0.03)


@pytest.mark.parametrize("hosts", ["fair", "fifo"])
def test_a_workload_without_losses(model: Path, tree: Topology, tmp_path: Path, hosts: str) -> None:
    jobs = poisson(tree, sizes("web-search", 0.1), 0.3, 200, 2)
    ours, ns3 = both(model, tree, jobs, replace(QUICK, host_queue=hosts), Settings(queue_packets=0), tmp_path)
    assert ours.dropped == ns3.dropped == 0
    found = pair([o.fct_us for o in ours.outcomes], [o.fct_us for o in ns3.outcomes])
    assert abs(found.mean) < 0.03 and abs(found.p50) < 0.05 and abs(found.p99) < 0.05
    assert ours.packet_hops == pytest.approx(ns3.packet_hops, rel=0.01)


@pytest.mark.parametrize("setup", [Setup(congestion_control="bbr"), Setup(host_queue="lifo")])
def test_settings_that_the_model_does_not_know(model: Path, line: Topology, setup: Setup) -> None:
    with pytest.raises(ModelFailed, match="unknown"):
        run_ns3(model, line, [], [], setup)


def test_flows_that_do_not_finish_are_said_to(model: Path, line: Topology) -> None:
    way = Paths((host_link(line, 0), 0, host_link(line, 2)), (host_link(line, 2), 0, host_link(line, 0)))
    found = run_ns3(model, line, [Job(0, 2, 10_000_000, 0)], [way], Setup(limit_ps=PS_PER_S // 1000))
    assert not found.outcomes[0].finished and found.outcomes[0].segments_sent > 0


@pytest.mark.parametrize(
    ("way", "said"), [((1, 3), "its path has a gap"), ((2, 0, 3), "its path has a gap"), ((1, 0, 4), "its path ends")]
)
def test_ways_that_are_none(model: Path, line: Topology, way: tuple[int, ...], said: str) -> None:
    with pytest.raises(ModelFailed, match=said):
        run_ns3(model, line, [Job(0, 2, 1000, 0)], [Paths(way, way[::-1])], Setup())
