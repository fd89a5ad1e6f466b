"""Runs of small networks: what is reported against what can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.running import DIAMOND, MS, STUB, build, observe

from contra.diagnostics import CompileError
from contra.engine.run.experiment import Moment
from contra.engine.run.jsonform import to_json
from contra.engine.run.plan import united
from contra.engine.run.report import Report
from contra.engine.run.text import text
from contra.engine.simulation import Settings

US = 10**6
ROW = {"from": "hA", "to": "hD", "rate": "8Mbit", "size": 1000}
"""A packet a millisecond."""


@pytest.fixture(scope="module")
def diamond(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("diamond"), "minimize(path.lat)", DIAMOND)


@pytest.fixture
def traffic(tmp_path: Path) -> Callable[..., str]:
    """A traffic file of one row, ROW with changes."""

    def write(**changes: Any) -> str:
        path = tmp_path / "traffic.json"
        path.write_text(json.dumps([{**ROW, **changes}]))
        return str(path)

    return write


def drops(report: Report) -> dict[str, int]:
    return {drop.reason: drop.data for drop in report.drops if drop.data}


# ------------------------------------------------------------------------------------------------ what flows report


def test_a_flow_is_delivered_after_its_delays(diamond: Path, traffic: Callable[..., str]) -> None:
    _, report = observe(diamond, for_ms=250, traffic=[traffic(start="100ms", stop="200ms")])
    (flow,) = report.flows
    assert (flow.sent, flow.delivered, flow.lost, flow.under_way, flow.late) == (100, 100, 0, 0, 0)
    # Four links of 10 us; 1000 bytes take 0.8 us at 10 Gbit/s, and the shim of 8 bytes 6.4 ns on the two in between
    assert flow.delay_mean_ps == flow.delay_max_ps == 4 * 10 * US + 4 * 800_000 + 2 * 6_400
    assert flow.throughput == 8_000_000
    assert [(used.path, used.packets) for used in flow.paths] == [(("A", "B", "D"), 100)]
    assert flow.path_changes == 0 and report.loops.packets == 0 and drops(report) == {}


def test_flows_between_switches_use_their_own_addresses(diamond: Path) -> None:
    _, report = observe(diamond, for_ms=101, traffic=["A:D:8Mbit", "hA:D:8Mbit", "D:hA:8Mbit"])
    for flow, path in zip(report.flows, ("ABD", "ABD", "DBA"), strict=True):
        assert 40 * MS <= flow.start_ps < 41 * MS  # four probe periods, and less than the gap between two packets
        assert flow.sent == flow.delivered + flow.under_way == 61 + (flow.start_ps == 40 * MS)
        assert flow.delivered >= 60 and flow.astray == flow.lost == 0
        assert [used.path for used in flow.paths] == [tuple(path)]


def test_the_flows_of_a_row_are_counted_together(diamond: Path, traffic: Callable[..., str]) -> None:
    _, report = observe(diamond, for_ms=100, traffic=[traffic(start="50ms", stop="70ms", flows=3)])
    (flow,) = report.flows
    assert (flow.flows, flow.sent, flow.delivered) == (3, 60, 60)
    assert flow.throughput == 24_000_000
    assert sum(used.packets for used in flow.paths) == 60


def test_what_a_slow_link_cannot_carry_is_lost_in_its_queue(tmp_path: Path, traffic: Callable[..., str]) -> None:
    narrow = json.loads(json.dumps(DIAMOND))
    narrow["hosts"]["hD"]["capacity"] = "4Mbit"
    settings = Settings(jit=False, queue_packets=10, mark_packets=5)
    made = build(tmp_path, "minimize(path.lat)", narrow)
    seen, report = observe(made, for_ms=400, traffic=[traffic(start="50ms", stop="250ms")], settings=settings)
    (flow,) = report.flows
    # 2 ms a packet: 100 in 200 ms, and what waits at the end: ten packets and the one that is being sent
    assert flow.sent == 200 and flow.delivered == pytest.approx(111, abs=1)
    assert flow.lost == flow.sent - flow.delivered == drops(report)["queue full"]
    assert flow.delay_max_ps == pytest.approx(22 * MS, abs=2 * MS)
    link = seen.simulation.network.link_totals(seen.simulation.host_links["hD"][1])
    assert link.full == flow.lost
    assert link.marked == pytest.approx(flow.delivered - 10, abs=5)  # all but the first few found more than five


def test_a_limit_in_bytes(tmp_path: Path, traffic: Callable[..., str]) -> None:
    narrow = json.loads(json.dumps(DIAMOND))
    narrow["hosts"]["hD"]["capacity"] = "4Mbit"
    settings = Settings(jit=False, queue_packets=0, queue_bytes=3999)
    made = build(tmp_path, "minimize(path.lat)", narrow)
    _, report = observe(made, for_ms=200, traffic=[traffic(start="50ms", stop="100ms")], settings=settings)
    # Egress takes the shim off after the queue: 1008 bytes a packet, so three wait
    assert report.flows[0].delivered == pytest.approx(25 + 4, abs=1)


def test_pairs_without_a_path_lose_everything(tmp_path: Path) -> None:
    made = build(tmp_path, "minimize(if A .* then inf else path.len)", DIAMOND)
    _, report = observe(made, for_ms=150, traffic=["hA:hD:8Mbit", "hD:hA:8Mbit"])
    there, back = report.flows
    assert there.delivered == 0 and there.lost == drops(report)["NO_ROUTE"] > 100
    assert back.lost == 0 and back.delivered > 100
    assert [(pair.source, pair.last is None) for pair in report.pairs] == [("A", True), ("D", False)]
    assert "nothing arrived" in text(report) and "1 of 2 pairs has no path at the end" in text(report)


def test_a_way_to_a_stub_and_back_counts_as_visiting_a_switch_twice(tmp_path: Path) -> None:
    made = build(tmp_path, "minimize(if .* W .* then path.len else inf)", STUB)
    _, report = observe(made, for_ms=150, traffic=["hA:hD:8Mbit"])
    assert 100 < report.flows[0].looped == report.flows[0].delivered <= report.loops.packets <= report.flows[0].sent
    assert report.loops.example == tuple("ABWBD") and report.loops.longest == 5
    assert f"{report.loops.packets} packets visited a switch twice, as on A-B-W-B-D" in text(report)
    assert report.loops.tags and "the second time with another tag, which the policy allows" in " ".join(
        text(report).split()
    )


# ------------------------------------------------------------------------------------------------ failures


def test_a_failed_link_is_left_after_three_periods(diamond: Path, traffic: Callable[..., str]) -> None:
    _, report = observe(diamond, traffic=[traffic(start="100ms")], fail=["A-B@200ms..300ms"])
    (flow,), (failure,) = report.flows, report.failures
    (recovery,) = failure.recoveries
    assert (failure.name, failure.start_ps, failure.stop_ps) == ("A-B", 200 * MS, 300 * MS)
    # The last probe came at most a period before; then 30 ms of silence, less a tick, and 2 ms on the slow way
    assert recovery.recovered_ps is not None and 20 * MS < recovery.recovered_ps < 33 * MS
    assert (recovery.before, recovery.after) == (tuple("ABD"), tuple("ACD"))
    assert recovery.silent_ps is not None and 0 <= recovery.silent_ps - recovery.recovered_ps <= 1 * MS
    # One packet a millisecond: lost were those sent from the failure on until 2 ms before the first arrival
    assert recovery.missing == flow.lost == drops(report)["link down"]
    assert recovery.missing == pytest.approx(recovery.recovered_ps / MS - 2, abs=1)
    assert flow.sent == flow.delivered + flow.lost + flow.under_way
    assert {used.path for used in flow.paths} == {tuple("ABD"), tuple("ACD")} and flow.path_changes == 1
    assert [(pair.first, pair.last) for pair in report.pairs[:1]] == [(tuple("ABD"), tuple("ABD"))]
    assert report.convergence.after_failures >= 4 and report.convergence.under_load == 0


def test_a_failure_beside_the_way_interrupts_nothing(diamond: Path, traffic: Callable[..., str]) -> None:
    _, report = observe(diamond, for_ms=300, traffic=[traffic()], fail=["A-C@100ms..200ms", "C@250ms"])
    assert [failure.recoveries for failure in report.failures] == [(), ()]
    assert report.flows[0].lost == 0 and "no flow was interrupted" in text(report)


def test_a_flow_that_does_not_recover(diamond: Path, traffic: Callable[..., str]) -> None:
    _, report = observe(diamond, for_ms=300, traffic=[traffic()], fail=["D@200ms"])
    (recovery,) = report.failures[0].recoveries
    assert (recovery.recovered_ps, recovery.silent_ps, recovery.after) == (None, None, None)
    assert recovery.missing == report.flows[0].lost == pytest.approx(100, abs=2)
    assert report.pairs[0].last is None and "nothing arrived any more" in text(report)


def test_a_switch_comes_back_empty_and_what_it_counted_stays_counted(diamond: Path) -> None:
    """Traffic for nobody is dropped by the first switch, here the one that fails: its counter must not start anew."""
    fail, flow = ["A@200ms..250ms"], ["hA:hD:8Mbit"]
    seen, report = observe(diamond, traffic=flow, fail=fail)
    (recovery,) = report.failures[0].recoveries
    assert recovery.before == recovery.after == tuple("ABD")
    assert recovery.recovered_ps is not None and 50 * MS < recovery.recovered_ps < 80 * MS
    # While A knows no way after its restart, its program drops and counts; before, the link from the host is down
    lost = drops(report)
    assert lost["link down"] == pytest.approx(50, abs=1)
    assert lost["link down"] + lost.get("NO_ROUTE", 0) == report.flows[0].lost
    assert seen.simulation.state("A").read_register("origin_version", 0) < 30  # 50 rounds since the start of the run


# ------------------------------------------------------------------------------------------------ convergence, probes


def test_the_first_round_decides(diamond: Path) -> None:
    """D ticks 5 ms after A; its probe is at A by the slow way 2 ms later, and nothing can change any more."""
    _, report = observe(diamond, for_ms=None)
    assert report.time_ps == 200 * MS  # twenty periods
    found = report.convergence
    assert found.converged and found.last_change_ps is not None
    assert 5 * MS < found.last_change_ps <= 7 * MS + 10 * MS // 64 + 1
    assert (found.after_failures, found.under_load) == (0, 0)


def test_not_converged_is_said(diamond: Path, traffic: Callable[..., str]) -> None:
    _, report = observe(diamond, for_ms=100, traffic=[traffic(start="10ms")])
    assert not report.convergence.converged and "not converged yet" in text(report)
    _, report = observe(diamond, for_ms=100, traffic=[traffic(start="0s")])
    assert report.convergence.last_change_ps is None and "not measured" in text(report)


def test_what_probes_cost(diamond: Path) -> None:
    """Each round of one destination crosses each of four links once, and B-D or C-D both ways where the ways meet."""
    seen, report = observe(diamond, for_ms=1000)
    size = 14 + 10 + 4  # Ethernet; format, pass, origin, version, tag and pid (none); lat
    links = [seen.simulation.network.link_totals(place) for place in seen.simulation.links.values()]
    assert report.probes.packets == sum(link.probe_packets for link in links)
    assert report.probes.bytes >= 60 * report.probes.packets > size * report.probes.packets
    assert report.probes.share == 1.0
    assert report.probes.per_link_second == pytest.approx(report.probes.packets / 8)
    assert 100 <= report.probes.per_link_second <= 200  # one or two of a hundred rounds' two probes


# ------------------------------------------------------------------------------------------------ the rest


def test_compiled_and_plain_runs_report_the_same(diamond: Path, traffic: Callable[..., str]) -> None:
    reports = []
    for jit in (False, True):
        options = {"traffic": [traffic(), "D:A:1Mbit"], "fail": ["B-D@100ms..150ms"]}
        _, report = observe(diamond, for_ms=250, settings=Settings(jit=jit), **options)
        reports.append({**json.loads(to_json(report, {})), "seconds": 0})
    assert reports[0] == reports[1]


def test_an_interrupted_run_tells_what_it_saw(diamond: Path) -> None:
    def press(moment: Moment) -> None:
        if moment.now_ps >= 100 * MS:
            raise KeyboardInterrupt

    _, report = observe(diamond, traffic=["hA:hD:8Mbit"], watch=press)
    assert report.interrupted and 100 * MS <= report.time_ps < 110 * MS
    assert report.flows[0].delivered == pytest.approx(60, abs=5)
    assert "interrupted after 10" in text(report) and "planned were 500ms" in text(report)


def test_the_memory_of_a_run_does_not_grow_with_its_packets(diamond: Path, traffic: Callable[..., str]) -> None:
    sizes = []
    for for_ms in (200, 600):
        seen, _ = observe(diamond, for_ms=for_ms, traffic=[traffic(rate="16Mbit")])
        sizes.append({name: len(array) for name, array in seen.simulation.network.arrays.items()})
    assert sizes[0] == sizes[1]


def test_strict_runs_find_nothing_in_our_programs(diamond: Path) -> None:
    _, report = observe(diamond, for_ms=100, traffic=["hA:hD:8Mbit"], settings=Settings(jit=False, strict=True))
    assert report.faults == () and "nothing of the kind was done" in text(report)


def test_strict_runs_tell_the_place_of_a_fault(tmp_path: Path) -> None:
    """A program that reads a header which is not there."""
    made = build(tmp_path, "minimize(path.lat)", DIAMOND)
    program = made / "programs" / "destination.p4"
    before = program.read_text()
    line = next(n for n, each in enumerate(before.splitlines(), 1) if "hdr.shim.setValid();" in each)
    lines = before.splitlines()
    lines.insert(
        line - 1, "            meta.destination = hdr.shim.destination ^ hdr.shim.destination ^ meta.destination;"
    )
    program.write_text("\n".join(lines) + "\n")
    _, report = observe(made, for_ms=100, traffic=["hA:hD:8Mbit"], settings=Settings(jit=False, strict=True))
    (fault,) = report.faults
    assert f"destination.p4:{line}" in fault.place and fault.kind == "a field of an invalid header"
    assert fault.times == report.flows[0].delivered and fault.switch == "A"
    assert fault.place in text(report)


def test_a_flow_must_not_stop_before_it_starts(diamond: Path, traffic: Callable[..., str]) -> None:
    with pytest.raises(
        CompileError, match="the flow from hA to hD stops at 20ms, which is not after its start at 40ms"
    ):
        observe(diamond, traffic=[traffic(stop="20ms")])


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([(2, 3), (5, 6)], [(2, 3), (5, 6)]),
        ([(2, 3), (2.5, 4)], [(2, 4)]),
        ([(2, None), (3, 4)], [(2, None)]),
        ([(3, 4), (1, None)], [(1, None)]),
        ([(1, 2), (2, 3)], [(1, 3)]),
        ([(1, 9), (2, 3)], [(1, 9)]),
    ],
)
def test_failures_that_overlap_are_one(spans: list[Any], expected: list[Any]) -> None:
    assert united(spans) == expected
