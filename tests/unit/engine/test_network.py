"""Links, queues, hosts and time, against closed forms and a small model of a queue."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from support import fake
from support.fake import both, chain, frame, memory

from contra.engine.core import layout as at
from contra.engine.model import Hold, HostPlan, Impairment, LinkPlan, NetworkPlan, Shim, SwitchPlan
from contra.engine.network import Network
from contra.engine.results import in_flight

JIT = pytest.mark.parametrize("jit", [False, True], ids=["python", "machine"])
GIGABIT = 10**9
MICROSECOND = 10**6
PROBE = 0x88B5


def conserved(network: Network) -> None:
    """Every packet that was made was delivered, dropped, handed to the controller, or is still in the network."""
    totals = network.totals
    gone = totals.delivered + sum(totals.drops.values()) + totals.to_controller
    assert totals.injected + totals.copied == gone + in_flight(network)


@JIT
@pytest.mark.parametrize("framing", [0, 24])
def test_delay_is_transmission_and_propagation_on_every_link(jit: bool, framing: int) -> None:
    """Store and forward: n links of rate r and delay d take n * (8 * bytes / r + d)."""
    plan = replace(chain(4, jit, rate=3 * GIGABIT, delay=7 * MICROSECOND), framing_bytes=framing)
    network = Network(plan, jit=jit)
    network.log(delivered=True)
    network.inject(123, "h0", frame(1), size=1001)
    network.run(10**9)
    (delivery,) = network.journal.deliveries()
    assert delivery.time_ps - 123 == 5 * ((1001 + framing) * 8 * 1000 // 3 + 7 * MICROSECOND)
    assert delivery.trail == (0, 1, 2, 3)
    assert delivery.hops == 4


def drop_tail(arrivals: list[int], time: int, limit: int) -> tuple[list[int], int]:
    """Departures and losses of a queue for `limit` waiting packets; ends of transmission come before arrivals."""
    waiting: list[int] = []
    free, departures, lost = 0, [], 0
    for arrival in arrivals:
        while waiting and free <= arrival:
            waiting.pop(0)
            free += time
            departures.append(free)
        if not waiting and free <= arrival:
            free = arrival + time
            departures.append(free)
        elif len(waiting) < limit:
            waiting.append(arrival)
        else:
            lost += 1
    for _ in waiting:
        free += time
        departures.append(free)
    return departures, lost


@JIT
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("by_bytes", [False, True])
def test_drop_tail_is_exact(jit: bool, seed: int, by_bytes: bool) -> None:
    """Packets of 500 bytes at random times from a fast host into a slow link (4 us each)."""
    source = random.Random(seed)
    plan = chain(1, jit, delay=0)
    limit = {"queue_bytes": 5 * 500 + 499} if by_bytes else {"queue_packets": 5}
    links = [replace(link, rate_bps=0) if link.source == "h0" else replace(link, **limit) for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    network.log(delivered=True)
    times = sorted(source.sample(range(0, 1_000_000_000, 1_000_000), 300))
    for time in times:
        network.inject(time, "h0", frame(1), size=500)
    network.run(10**10)
    departures, lost = drop_tail(times, 4 * MICROSECOND, 5)
    assert [delivery.time_ps for delivery in network.journal.deliveries()] == departures
    assert network.totals.drops == {"queue full": lost}
    assert lost > 0
    conserved(network)


@JIT
def test_two_flows_share_a_link_evenly(jit: bool) -> None:
    """Two hosts offer 0.8 of the link's rate each: each gets half of it, the order within a flow is kept."""
    fake_program = fake.program(jit)
    switch = SwitchPlan("s", fake_program, memory({1: 3}))
    links = [link for n in (0, 1) for link in both("s", n + 1, f"h{n}", 0, 10 * GIGABIT, 0)]
    links += both("s", 3, "sink", 0, GIGABIT, 0, queue_packets=20)
    hosts = [HostPlan("h0"), HostPlan("h1"), HostPlan("sink")]
    network = Network(NetworkPlan([switch], hosts, links), jit=jit)
    for host in range(2):
        flow = network.add_flow("sink")
        network.add_udp(f"h{host}", frame(1), size=1000, gap_ps=10 * MICROSECOND, flow=flow, poisson=True)
    network.run(10**10)
    flows = [network.flow_totals(flow) for flow in range(2)]
    most = 10**10 // (8 * MICROSECOND)
    assert most - 12 <= sum(flow.received for flow in flows) <= most
    assert all(abs(flow.received / most - 0.5) < 0.05 for flow in flows)
    assert [flow.late for flow in flows] == [0, 0]
    conserved(network)


@JIT
def test_a_steady_source_sends_from_start_to_before_stop(jit: bool) -> None:
    network = Network(chain(1, jit), jit=jit)
    flow = network.add_flow("h1")
    network.add_udp("h0", frame(1), size=100, gap_ps=1000, flow=flow, start_ps=500, stop_ps=3500)
    network.run(10**9)
    totals = network.flow_totals(flow)
    assert (totals.sent, totals.received, totals.received_bytes, totals.hops) == (3, 3, 300, 3)


@JIT
def test_poisson_gaps_have_the_mean_and_the_deviation_of_an_exponential(jit: bool) -> None:
    network = Network(chain(1, jit, rate=0, delay=0), jit=jit)
    network.log(delivered=True)
    mean = 5 * MICROSECOND
    network.add_udp("h0", frame(1), size=64, gap_ps=mean, poisson=True)
    network.run(3000 * mean)
    times = [delivery.time_ps for delivery in network.journal.deliveries()]
    gaps = [b - a for a, b in pairwise(times)]
    average = sum(gaps) / len(gaps)
    deviation = (sum((gap - average) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    # Standard errors are 1/sqrt(3000) = 0.018 and twice that
    assert abs(average / mean - 1) < 0.08
    assert abs(deviation / mean - 1) < 0.15
    assert abs(sum(gap > mean for gap in gaps) / len(gaps) - 0.368) < 0.05


@JIT
def test_a_link_that_goes_down_loses_what_waits_and_what_is_under_way(jit: bool) -> None:
    """8 us each, delay 20 us. At 30 us one is delivered, two are under way, one is being sent, six wait."""
    plan = chain(1, jit, delay=20 * MICROSECOND)
    links = [replace(link, rate_bps=0, delay_ps=0) if link.source == "h0" else link for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    network.log(delivered=True, drops=True)
    to_h1 = next(index for index, link in enumerate(links) if link.target == "h1")
    for _ in range(10):
        network.inject(0, "h0", frame(1), size=1000)
    network.set_link(30 * MICROSECOND, to_h1, False)
    network.inject(31 * MICROSECOND, "h0", frame(1), size=1000)
    network.set_link(32 * MICROSECOND, to_h1, True)
    network.inject(33 * MICROSECOND, "h0", frame(1), size=1000)
    network.run(10**9)
    assert [delivery.time_ps for delivery in network.journal.deliveries()] == [28 * MICROSECOND, 61 * MICROSECOND]
    assert network.totals.drops == {"link down": 10}
    assert [loss.time_ps // MICROSECOND for loss in network.journal.losses()] == [30] * 9 + [31]
    conserved(network)


@JIT
def test_flapping_links_keep_packets_and_events_in_order(jit: bool) -> None:
    network = Network(chain(2, jit), jit=jit)
    flow = network.add_flow("h1")
    network.add_udp("h0", frame(1), size=1000, gap_ps=3 * MICROSECOND, flow=flow)
    source = random.Random(7)
    for time in range(0, 2 * 10**9, 10**7):
        network.set_link(time + source.randrange(10**7), 2, source.random() < 0.5)
    network.run(3 * 10**9)
    totals = network.flow_totals(flow)
    assert totals.late == 0
    assert 0 < totals.received < totals.sent
    conserved(network)


@JIT
def test_parallel_links_are_separate(jit: bool) -> None:
    """Group 1 uses both links between the switches; each copy goes on to the host."""
    fake_program = fake.program(jit)
    left = SwitchPlan("a", fake_program, memory({1: 2}), groups={1: [(2, 1), (3, 2)]})
    right = SwitchPlan("b", fake_program, memory({1: 1}), groups={1: [(1, 9)]})
    links = [
        *both("h0", 0, "a", 1, GIGABIT, 0),
        *both("a", 2, "b", 2, GIGABIT, 5 * MICROSECOND),
        *both("a", 3, "b", 3, GIGABIT, MICROSECOND),
        *both("b", 1, "h1", 0, 0, 0),
    ]
    network = Network(NetworkPlan([left, right], [HostPlan("h0"), HostPlan("h1")], links), jit=jit)
    network.log(delivered=True, heads=True)
    network.inject(0, "h0", frame(1, fake.MULTICAST, 1), size=125)
    network.run(10**9)
    arrived = [(delivery.time_ps, delivery.head[0]) for delivery in network.journal.deliveries()]
    assert arrived == [(3 * MICROSECOND, 3), (7 * MICROSECOND, 2)]  # and the port it came in by
    assert network.link_totals(2).data_packets == network.link_totals(4).data_packets == 1


@JIT
def test_impairments_have_their_probabilities_and_spare_data_if_told(jit: bool) -> None:
    plan = chain(1, jit, rate=0)
    bad = Impairment(loss=0.2, duplicate=0.1, probes_only=True)
    links = [replace(link, impairment=bad) if link.source == "h0" else link for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    flows = [network.add_flow("h1"), network.add_flow("h1")]
    for flow, kind in zip(flows, (PROBE, 0x0800), strict=True):
        network.add_udp("h0", frame(1, kind=kind), size=64, gap_ps=10**6, flow=flow, stop_ps=2000 * 10**6)
    network.run(10**10)
    probes, data = (network.flow_totals(flow).received for flow in flows)
    assert data == 2000
    lost = network.totals.drops["lost on the link"]
    assert abs(lost - 400) < 5 * (2000 * 0.2 * 0.8) ** 0.5
    assert abs(network.totals.copied - 160) < 5 * (1600 * 0.1 * 0.9) ** 0.5
    assert probes == 2000 - lost + network.totals.copied
    conserved(network)


@JIT
def test_jitter_reorders_within_its_bound(jit: bool) -> None:
    plan = chain(1, jit, rate=0, delay=0)
    bad = Impairment(reorder=0.5, jitter_ps=10 * MICROSECOND + 12345)
    links = [replace(link, impairment=bad) if link.source == "h0" else link for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    network.log(delivered=True)
    flow = network.add_flow("h1")
    network.add_udp("h0", frame(1), size=64, gap_ps=MICROSECOND, flow=flow, stop_ps=10**9)
    network.run(10**10)
    delays = [delivery.time_ps - delivery.born_ps for delivery in network.journal.deliveries()]
    assert len(delays) == 1000
    assert 400 < sum(delay == 0 for delay in delays) < 600
    assert 9 * MICROSECOND < max(delays) < 10 * MICROSECOND + 12345
    order = [delivery.sequence for delivery in network.journal.deliveries()]
    late = sum(number < max(order[:place], default=-1) for place, number in enumerate(order))
    assert network.flow_totals(flow).late == late > 100
    conserved(network)


def ipv4(target: int, ecn: int, shim: bytes = b"") -> bytes:
    """A frame with an IPv4 header whose checksum is right, behind a shim if there is one."""
    header = bytearray(bytes.fromhex("45000054abcd40004011000000000000ffffffff"))
    header[1] = ecn
    header[10:12] = checksum(bytes(header)).to_bytes(2, "big")
    kind = 0x88B6 if shim else 0x0800
    return frame(target, size=14, kind=kind) + shim + bytes(header) + bytes(30)


def checksum(header: bytes) -> int:
    """RFC 1071."""
    total = sum(int.from_bytes(header[index : index + 2], "big") for index in range(0, len(header), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@JIT
@pytest.mark.parametrize("shim", [b"", b"1234567" + b"\x08\x00", b"1234567" + b"\x86\xdd"])
def test_ecn_marks_what_meets_a_long_queue(jit: bool, shim: bytes) -> None:
    """Of six packets the first is sent, the others make the queue 1 to 5 packets long; more than 2 is marked."""
    plan = replace(chain(1, jit), shim=Shim(0x88B6, 7, 9))
    links = [replace(link, rate_bps=0) if link.source == "h0" else replace(link, mark_packets=2) for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    network.log(delivered=True, heads=True)
    for ecn in (2, 1, 2, 1, 0, 3):
        network.inject(10, "h0", ipv4(1, ecn, shim), size=1000)
    network.run(10**9)
    heads = [delivery.head[14 + len(shim) :][:20] for delivery in network.journal.deliveries()]
    marks = [head[1] for head in heads]
    if shim[-2:] == b"\x86\xdd":
        assert marks == [2, 1, 2, 1, 0, 3]
    else:
        assert marks == [2, 1, 2, 3, 0, 3]
        assert network.link_totals(2).marked == 1
    assert [checksum(head) for head in heads] == [0] * 6


@JIT
def test_the_clock_fires_at_its_phase_and_period_at_the_cpu_port(jit: bool) -> None:
    network = Network(chain(1, jit), jit=jit)
    network.log(delivered=True, heads=True)
    network.add_clock("s0", frame(1, fake.DIGEST), period_ps=100 * MICROSECOND, phase_ps=30 * MICROSECOND)
    network.run(280 * MICROSECOND)
    digests = list(network.journal.digests())
    assert [digest.time_ps // MICROSECOND for digest in digests] == [30, 130, 230]
    assert {digest.phv[0] for digest in digests} == {510}
    assert network.totals.packet_hops == 0


@JIT
def test_a_restart_clears_the_memory_and_the_queues(jit: bool) -> None:
    plan = chain(1, jit)
    links = [replace(link, rate_bps=0, delay_ps=0) if link.source == "h0" else link for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    network.log(delivered=True)
    for _ in range(5):
        network.inject(0, "h0", frame(1), size=1000)
    network.write(1, "s0", 1, bytes([77]))  # destination 1 now leaves by port 77
    network.inject(2 * MICROSECOND, "h0", frame(1))
    network.restart(10 * MICROSECOND, "s0")
    network.inject(20 * MICROSECOND, "h0", frame(1), size=1000)
    network.run(10**9)
    times = [delivery.time_ps // MICROSECOND for delivery in network.journal.deliveries()]
    # The second packet was being sent at 10 us and is not lost
    assert times == [9, 17, 20 + 9]
    assert network.totals.drops == {"no such port": 1, "switch restarted": 3}
    conserved(network)


@JIT
def test_holds_are_written_before_every_ingress(jit: bool) -> None:
    """Destination 1's port is held at 77; eight bytes further the time in units of 4 us is written, two bytes wide."""
    plan = chain(1, jit)
    network = Network(plan, jit=jit)
    network.hold({"s0": [Hold(1, 1, 77), Hold(8, 2, shift=2), Hold(16, 8, 2**64 - 2)]})
    network.inject(3000 * MICROSECOND, "h0", frame(1), size=125)
    network.run(10**12)
    held = plan.switches[0].state.memory
    assert network.totals.drops == {"no such port": 1}
    assert bytes(held[8:10]) == (3002 // 4).to_bytes(2, "little")
    assert bytes(held[16:24]) == b"\xfe" + b"\xff" * 7
    assert bytes(held[10:16]) == b"\xff" * 6


@JIT
def test_deaf_ports_ignore_probes_alone(jit: bool) -> None:
    plan = chain(1, jit)
    network = Network(plan, jit=jit)
    network.set_deaf(0, True)
    for kind in (PROBE, 0x0800):
        network.inject(0, "h0", frame(1, kind=kind))
    network.run(10**9)
    assert network.totals.drops == {"probe ignored": 1}
    assert network.totals.delivered == 1


@JIT
def test_loops_and_paths_are_seen(jit: bool) -> None:
    """Destination 1 circles between s0 and s1 until the memory is changed; the packet then gets out."""
    fake_program = fake.program(jit)
    switches = [SwitchPlan("s0", fake_program, memory({1: 2})), SwitchPlan("s1", fake_program, memory({1: 1}))]
    plan = replace(chain(2, jit), switches=switches)
    network = Network(plan, jit=jit)
    network.log(delivered=True)
    flow = network.add_flow("h1")
    network.inject(0, "h0", frame(1), size=125, flow=flow)
    network.write(9 * MICROSECOND, "s1", 1, bytes([2]))
    network.inject(100 * MICROSECOND, "h0", frame(1), size=125, flow=flow)
    network.run(10**9)
    assert [change.trail for change in network.journal.paths()] == [(0, 1, 0, 1, 0, 1), (0, 1)]
    assert (network.totals.looped, network.totals.longest_trail) == (1, 6)
    totals = network.flow_totals(flow)
    assert (totals.paths, totals.hops, totals.looped, totals.delay_max_ps) == (2, 8, 1, 14 * MICROSECOND)


@JIT
def test_trails_longer_than_what_is_kept(jit: bool) -> None:
    network = Network(chain(70, jit), jit=jit)
    network.log(delivered=True)
    network.inject(0, "h0", frame(1))
    network.run(10**9)
    (delivery,) = network.journal.deliveries()
    assert delivery.trail == tuple(range(64))
    assert delivery.hops == network.totals.longest_trail == 70


@JIT
def test_packets_for_another_host_are_astray(jit: bool) -> None:
    network = Network(chain(1, jit), jit=jit)
    flow = network.add_flow("h0")
    network.inject(0, "h0", frame(1), flow=flow)
    network.run(10**9)
    totals = network.flow_totals(flow)
    assert (totals.received, totals.astray) == (0, 1)


@JIT
def test_pause_shows_the_network_at_a_time(jit: bool) -> None:
    network = Network(chain(1, jit), jit=jit)
    flow = network.add_flow("h1")
    network.add_udp("h0", frame(1), size=125, gap_ps=100 * MICROSECOND, flow=flow)
    network.pause(250 * MICROSECOND)
    network.pause(350 * MICROSECOND)
    seen = []
    while not network.run(400 * MICROSECOND):
        seen.append((network.now // MICROSECOND, network.flow_totals(flow).received))
    assert seen == [(250, 3), (350, 4)]
    assert network.now == 400 * MICROSECOND


@JIT
def test_samples_count_bytes_and_queues(jit: bool) -> None:
    plan = replace(chain(1, jit), sample_ps=10 * MICROSECOND)
    links = [replace(link, rate_bps=0, delay_ps=0) if link.source == "h0" else link for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    for _ in range(4):
        network.inject(0, "h0", frame(1), size=1000)
    network.run(25 * MICROSECOND)
    rows = [row for row in network.journal.samples().tolist() if row[1] == 2]
    # Sent (its transmission begun) by 10 us: two packets; by 20 us: three
    assert rows == [[10**7, 2, 2000, 0, 2000, 2], [2 * 10**7, 2, 3000, 0, 1000, 1]]


def busy(jit: bool, packets: int = 1024) -> Network:
    """A small network with some of everything."""
    plan = replace(chain(4, jit, queue_packets=8), sample_ps=50 * MICROSECOND, packets=packets, seed=5)
    bad = Impairment(loss=0.05, duplicate=0.05, reorder=0.2, jitter_ps=30 * MICROSECOND)
    switches = [replace(switch, groups={1: [(1, 1), (2, 2)]}, sessions={1: [(2, 3)]}) for switch in plan.switches]
    links = [replace(link, impairment=bad) if index % 3 == 0 else link for index, link in enumerate(plan.links)]
    network = Network(replace(plan, switches=switches, links=links), jit=jit)
    network.log(delivered=True, heads=True, drops=True)
    kinds = (fake.FORWARD, fake.GROW, fake.RESUBMIT, fake.CLONE_IN, fake.CLONE_OUT, fake.RECIRCULATE, fake.DIGEST)
    for index, what in enumerate(kinds):
        flow = network.add_flow(f"h{1 - index % 2}")
        data = frame(1 - index % 2, what, 1, kind=PROBE if index == 1 else 0x0800)
        gap = 40 * MICROSECOND
        network.add_udp(f"h{index % 2}", data, size=900 + index, gap_ps=gap, flow=flow, poisson=True, stop_ps=10**9)
    network.add_clock("s1", frame(1, fake.MULTICAST, 1), period_ps=200 * MICROSECOND)
    network.set_link(300 * MICROSECOND, 4, False)
    network.set_link(500 * MICROSECOND, 4, True)
    network.restart(700 * MICROSECOND, "s2")
    network.capture(4)
    return network


def everything(network: Network) -> dict[str, Any]:
    """All that can be seen of a network."""
    journal = network.journal
    return {
        "totals": network.totals,
        "flows": [network.flow_totals(flow) for flow in range(7)],
        "links": [network.link_totals(link) for link in range(len(network.plan.links))],
        "deliveries": list(journal.deliveries()),
        "paths": list(journal.paths()),
        "digests": list(journal.digests()),
        "losses": list(journal.losses()),
        "samples": journal.samples().tolist(),
        "captured": list(journal.captured("s1", 2)),
    }


def test_machine_code_and_python_agree_in_everything() -> None:
    results = []
    for jit in (False, True):
        network = busy(jit)
        network.run(2 * 10**9)
        conserved(network)
        results.append(everything(network))
    assert results[0] == results[1]
    assert len(results[0]["deliveries"]) > 200
    assert len(results[0]["captured"]) > 50
    assert results[0]["totals"].drops.keys() >= {"queue full", "link down", "lost on the link"}


@JIT
def test_the_same_seed_gives_the_same_run_however_it_is_cut(jit: bool) -> None:
    """A pool that starts small grows in the midst of steps; pauses come in between."""
    one, two = busy(jit), busy(jit, packets=1)
    one.run(2 * 10**9)
    for time in range(0, 2 * 10**9 + 1, 10**8 // 3):
        two.run(time)
    two.run(2 * 10**9)
    assert everything(one) == everything(two)
    assert len(two.arrays["packets"]) > at.PACKET * 2 * int(two.arrays["net"][at.N_RESERVE])


def test_another_seed_gives_another_run() -> None:
    one = busy(True)
    plan = replace(one.plan, seed=6)
    other = Network(plan)
    flow = other.add_flow("h1")
    other.add_udp("h0", frame(1), size=900, gap_ps=40 * MICROSECOND, flow=flow, poisson=True)
    again = Network(one.plan)
    flow = again.add_flow("h1")
    again.add_udp("h0", frame(1), size=900, gap_ps=40 * MICROSECOND, flow=flow, poisson=True)
    other.run(10**9)
    again.run(10**9)
    assert other.flow_totals(flow).delay_sum_ps != again.flow_totals(flow).delay_sum_ps


@JIT
def test_a_snapshot_restores_everything(jit: bool) -> None:
    network = busy(jit)
    network.run(4 * 10**8)
    snapshot = network.snapshot()
    network.run(2 * 10**9)
    first = everything(network)
    network.restore(snapshot)
    assert network.now == 4 * 10**8
    network.trace("h0", frame(1))
    network.run(2 * 10**9)
    assert everything(network) == first


def test_hosts_and_switches_are_found_by_name() -> None:
    plan = chain(1, False)
    assert Network(plan, jit=False).nodes == {"s0": 0, "h0": 1, "h1": 2}
    assert isinstance(plan.links[0], LinkPlan)
