"""TCP flows over generated programs: results, failures, runs in pieces, snapshots, and what is said about bad flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine.support.builds import built
from engine.support.nets import net

from contra.diagnostics import CompileError
from contra.engine.frames import udp_head
from contra.engine.inputs import Endpoint
from contra.engine.network import Network
from contra.engine.simulation import Settings, Simulation
from contra.engine.tcp import TcpFlow, TcpResults, TcpRun, add_flows
from contra.engine.transport import Transport
from contra.options import SIMULATION
from contra.render import render_text

MSS = 1460
START = 3_000_000_000
"""Picoseconds; the routes are there by then."""
DIAMOND = net("A-B B-D A-C C-D", "A A D D")


def simulation(**settings: Any) -> Simulation:
    made = built("minimize((path.len, path.util))", DIAMOND, Settings(**{"strict": True} | settings), SIMULATION)
    return made.simulation()


def some_flows() -> list[TcpFlow]:
    """Not in the order of their starts."""
    sizes = (1, 100_000, 1460, 3_000_000, 50_000, 700_000)
    ends = [("h0", "h2"), ("h1", "h2"), ("h3", "h0"), ("h0", "h3"), ("h0", "h1"), ("h2", "h1")]
    starts = (700, 0, 40, 100, 30, 0)
    return [TcpFlow(*pair, size, START + n * 10**6) for pair, size, n in zip(ends, sizes, starts, strict=True)]


def columns(results: TcpResults) -> list[list[int]]:
    return [column.tolist() for column in astuple(results)]


def test_results_are_in_the_order_of_the_flows() -> None:
    flows = some_flows()
    here = simulation()
    run = add_flows(here, flows, Transport())
    assert (run.total, run.finished) == (6, 0)
    run.run(10**13)
    results = run.results()
    assert run.finished == 6
    assert results.finished.tolist() == [True] * 6
    assert results.size.tolist() == [flow.size for flow in flows]
    assert results.start_ps.tolist() == [flow.start_ps for flow in flows]
    assert int(results.finish_ps.max()) == here.network.now  # it came back at once
    # two hosts of one switch have one switch between them, others three
    assert (results.hops / results.segments_received).tolist() == [3, 3, 3, 3, 1, 3]
    assert not results.looped.any()
    assert here.network.totals.faults == 0
    for name, column in zip(TcpResults.__dataclass_fields__, columns(results), strict=True):
        assert len(column) == 6, name


def test_flows_go_on_by_another_way() -> None:
    """Both ways of the diamond fail in turn, the second one after the first is repaired."""
    here = simulation()
    run = add_flows(here, some_flows(), Transport())
    network = here.network
    for place, start, stop in ((0, 400, 6_000), (1, 8_000, 9_000)):
        for plan, link in enumerate(network.plan.links):
            if {link.source, link.target} == ({"A", "B"}, {"A", "C"})[place]:
                network.set_link(START + start * 10**6, plan, False)
                network.set_link(START + stop * 10**6, plan, True)
    run.run(10**13)
    results = run.results()
    assert results.finished.all()
    assert results.lost.sum() > 0
    assert results.timeouts.sum() > 0


def test_flows_that_cannot_finish_are_told() -> None:
    """The switch of two hosts is cut off for ever: their flows are unfinished at the limit, the others done."""
    here = simulation()
    run = add_flows(here, some_flows(), Transport())
    network = here.network
    for place, link in enumerate(network.plan.links):
        if link.target == "A" and link.source in ("B", "C"):
            network.set_link(START, place, False)
    limit = START + 5 * 10**11
    run.run(limit)
    results = run.results()
    assert network.now == limit
    assert results.finished.tolist() == [False, False, False, False, True, False]
    assert results.finish_ps.tolist()[0] == -1
    assert results.timeouts[0] >= 2
    assert run.finished == 1
    assert not run.over


def in_one(run: TcpRun) -> None:
    run.run(10**13)


def in_pieces(run: TcpRun) -> None:
    time = 0
    while not run.over:
        time += 77_777_777
        run.run(time)


def with_pauses(run: TcpRun) -> None:
    for time in range(START, START + 10**9, 10**8):
        run.network.pause(time + 5)
    while not run.over:
        run.run(10**13)


def traced(run: TcpRun) -> None:
    """Packets are traced, and the network is kept and taken back, while flows are under way."""
    network = run.network
    run.run(START + 200 * 10**6)
    kept = network.snapshot()
    run.run(START + 400 * 10**6)
    network.restore(kept)
    head = udp_head(SEEN[0].topology, Endpoint(0, 0), Endpoint(3, 2), (1024, 9), 60, ecn=False)
    _, arrived = network.trace("h0", head, flow=True)
    assert arrived
    assert network.now == START + 200 * 10**6
    run.run(10**13)


SEEN: list[Simulation] = []


@pytest.mark.parametrize("drive", [in_pieces, with_pauses, traced])
def test_how_it_is_run_changes_nothing(drive: Callable[[TcpRun], None]) -> None:
    found = []
    for way in (in_one, drive):
        SEEN[:] = [simulation(queue_packets=50)]
        run = add_flows(SEEN[0], some_flows(), Transport())
        way(run)
        found.append(columns(run.results()))
        assert run.results().finished.all()
    assert found[0] == found[1]


def test_source_ports_of_a_pair_differ_and_come_from_the_seed() -> None:
    ports = {}
    for seed in (1, 2):
        here = simulation(seed=seed)
        add_flows(here, [TcpFlow("h0", "h2", 1, START)] * 300, Transport())
        heads = here.network.arrays["templates"].reshape(-1, 128).astype(int)
        ports[seed] = (heads[:, 34] * 256 + heads[:, 35]).tolist()
        assert len(set(ports[seed])) == 300
        assert min(ports[seed]) >= 32768
    assert ports[1] != ports[2]


def test_flows_are_put_in_once() -> None:
    here = simulation()
    add_flows(here, some_flows(), Transport())
    with pytest.raises(ValueError, match="already"):
        add_flows(here, some_flows(), Transport())


def test_no_flows_are_over_at_once() -> None:
    run = add_flows(simulation(), [], Transport())
    run.run(10**12)
    assert run.over
    assert len(run.results().finished) == 0


def said(flows: Sequence[TcpFlow], transport: Transport) -> str:
    here = simulation()
    here.network.run(1000)
    with pytest.raises(CompileError) as caught:
        add_flows(here, flows, transport)
    assert not len(here.network.arrays["connections"])
    return render_text(list(caught.value.diagnostics))


def test_messages(golden: Any) -> None:
    good = TcpFlow("h0", "h2", 1, START)
    bad_flows = [
        replace(good, source="H0"),
        replace(good, target="A"),
        replace(good, target="h0"),
        replace(good, size=0),
        replace(good, size=1 << 41),
        replace(good, start_ps=999),
    ]
    strange: Any = {"host_queue": "lifo", "initial_window": "ten", "limited_transmit": 1, "min_rto_us": True}
    transports = [
        Transport(congestion_control="newrino"),
        Transport(congestion_control="bbr"),
        Transport(segment_bytes=0, retries=-1, min_rto_us=10**9),
        Transport(receive_window_bytes=1000, send_buffer_bytes=1459),
        Transport(delayed_ack_us=10_000),
        Transport(max_rto_us=1000, delayed_ack_us=1),
        Transport(**strange),
    ]
    texts = [said([good, *bad_flows], Transport()), *(said([good], transport) for transport in transports)]
    golden(Path(__file__).parent / "messages.err", "\n".join(text.rstrip() + "\n" for text in texts))


def test_results_are_int64() -> None:
    run = add_flows(simulation(), some_flows(), Transport())
    assert isinstance(run.network, Network)
    assert all(column.dtype == np.int64 for column in astuple(run.results()))
