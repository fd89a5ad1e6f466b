"""CUBIC and DCTCP against models of RFC 9438 and RFC 8257 in floating point; fairness; the round-trip estimator."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from engine.support.pipes import CWR, ECE, GIGABIT, SYN, US, Chosen, Pipe, dissect, flows, link, one

from contra.engine.core import connections as at
from contra.engine.core.congestion import cube_root
from contra.engine.core.layout import (
    EVENT_DELAYED,
    EVENT_OPEN,
    EVENT_RETRY,
    EVENT_SHIFT,
    N_HEAP,
    State,
)
from contra.engine.core.sender import measured
from contra.engine.model import Impairment
from contra.engine.results import Window
from contra.engine.tcp import TcpRun
from contra.engine.transport import Transport

MSS = 1460


def log_of(run: TcpRun) -> list[Window]:
    return list(run.network.journal.windows())


# ------------------------------------------------------------------------------------------------- CUBIC


class Cubic:
    """RFC 9438, sections 4.1 to 4.7, in segments and seconds; one acknowledgement may be for several segments."""

    C, BETA = 0.4, 0.7

    def __init__(self, peak: float, prior: float) -> None:
        self.peak, self.prior = peak, prior

    def begin(self, window: float) -> None:
        """Congestion avoidance begins."""
        self.window = self.friendly = window
        self.k = (max(self.peak - window, 0) / self.C) ** (1 / 3)
        self.peak = max(self.peak, window)

    def at(self, t: float) -> float:
        return self.C * (t - self.k) ** 3 + self.peak

    def acknowledge(self, t: float, trip: float, segments: float) -> None:
        alpha = 3 * (1 - self.BETA) / (1 + self.BETA) if self.friendly < self.prior else 1.0
        self.friendly += alpha * segments / self.window
        if self.at(t) < self.friendly:
            self.window = max(self.window, self.friendly)
        else:
            target = min(max(self.at(t + trip), self.window), 1.5 * self.window)
            self.window += (target - self.window) / self.window * segments


CUBIC = Transport(
    congestion_control="cubic",
    delayed_ack_segments=1,
    min_rto_us=1_000_000,
    initial_rto_us=1_000_000,
    send_buffer_bytes=1 << 28,
    receive_window_bytes=1 << 28,
)


def blink(run: TcpRun, start: int, length: int = 2 * US) -> None:
    """All that comes to the link in the middle in that time is lost."""
    place = link(run.network, "left", "right")
    run.run(start)
    run.network.impair(place, Impairment(loss=1.0))
    run.run(start + length)
    run.network.impair(place, Impairment())


@pytest.mark.parametrize(
    ("delay", "rounds"),
    [
        (20_000, [5]),  # long round trips: the curve, with its plateau
        (200, [5]),  # short ones: as NewReno would
        (20_000, [6, 40]),  # the second peak is below the first one: fast convergence
    ],
)
def test_cubic_grows_as_rfc_9438_says(delay: int, rounds: list[int]) -> None:
    """Losses some microseconds after the start of a round; the path is idle, so all round trips are alike."""
    pipe = Pipe(access=10 * GIGABIT, rate=10 * GIGABIT, delay=delay * US)
    run = one(pipe, 40_000 * MSS, CUBIC)
    trip = pipe.round_trip + 3 * (1514 + 60) * 800
    for number in rounds:
        blink(run, number * trip + 12 * US)
    run.run(10**14)
    results = run.results()
    assert (results.timeouts.tolist(), results.fast_recoveries.tolist()) == ([0], [len(rounds)])
    log = log_of(run)
    cuts = [place for place in range(1, len(log)) if log[place].threshold != log[place - 1].threshold]
    assert len(cuts) == len(rounds)
    peak, compared = 0.0, 0
    for place, end in pairwise([*cuts, len(log)]):
        before = log[place - 1].window / MSS
        assert log[place].threshold / MSS == pytest.approx(0.7 * before, abs=1)
        model = Cubic(0.85 * before if before < peak else before, before)
        compared += follow(log[place:end], model, trip / 1e12)
        peak = model.peak
    assert compared > 3000


def test_cubic_begins_anew_after_a_time_out_in_recovery() -> None:
    """RFC 9438, section 4.8: without a plateau. 24 and its repetition are lost; cwnd_prior (4.3), up to which W_est
    grows by 9/17 of a segment a round trip, is the window without what duplicates had added to it."""
    pipe = Pipe(access=100 * GIGABIT, rate=100 * GIGABIT, delay=10_000 * US)
    transport = replace(CUBIC, min_rto_us=100_000)
    run = one(pipe, 1_500 * MSS, transport, jit=False, lose=Chosen([20, 24, 24]))
    run.run(10**13)
    results = run.results()
    assert (results.timeouts.tolist(), results.fast_recoveries.tolist()) == ([1], [1])
    log = log_of(run)
    expired = next(place for place, each in enumerate(log) if each.rto_ps == 200_000 * US)
    model = Cubic(0, log[expired - 1].threshold / MSS)
    filled = [each for each in log[expired:] if each.acknowledged < 1_400 * MSS]
    assert follow(filled, model, pipe.round_trip / 1e12) > 1000
    assert model.friendly > model.prior


def follow(log: list[Window], model: Cubic, trip: float) -> int:
    """Hold the windows after one loss against the model; returns how many there were in congestion avoidance."""
    # in recovery the window is above the threshold, at its end it falls to it or below
    recovered = next(i for i, each in enumerate(log) if i and each.window <= each.threshold)
    begun = next(i for i in range(recovered, len(log)) if log[i].window >= log[i].threshold)
    model.begin(log[begun].window / MSS)
    epoch, compared = 0, 0
    for before, each in pairwise(log[begun:]):
        acked = (each.acknowledged - before.acknowledged) / MSS
        if acked:
            epoch = epoch or each.time_ps
            model.acknowledge((each.time_ps - epoch) / 1e12, trip, acked)
            assert each.window / MSS == pytest.approx(model.window, rel=0.005, abs=0.1)
            compared += 1
    return compared


@pytest.mark.parametrize("value", [0, 1, 7, 8, 26, 27, 10**6, 10**18, 2**60, 2**63 - 1])
def test_cube_roots_are_exact(value: int) -> None:
    root = cube_root(value)
    assert root**3 <= value < (root + 1) ** 3


# ------------------------------------------------------------------------------------------------- DCTCP


DCTCP = Transport(congestion_control="dctcp")


def two_flows(pipe: Pipe, transport: Transport, size: int) -> TcpRun:
    network = pipe.network()
    network.log(windows=True)
    for host in ("l0", "l1"):
        network.capture(link(network, host, "left"), received=False)
        network.capture(link(network, "left", host), sent=False)
    for host in ("r0", "r1"):
        network.capture(link(network, host, "right"), received=False)
        network.capture(link(network, "right", host), sent=False)
    return flows(network, [("l0", "r0", size, 0), ("l1", "r1", size, 100 * US)], transport)


MARKING = Pipe(hosts=2, mark=30)


def test_dctcp_keeps_the_queue_at_the_threshold_and_the_link_busy() -> None:
    """SIGCOMM 2010, section 3.3: the queue swings below K + N; nothing is lost and the link does not run dry."""
    size = 5000 * MSS
    run = two_flows(MARKING, DCTCP, size)
    run.run(10**12)
    results = run.results()
    place = link(run.network, "left", "right")
    totals = run.network.link_totals(place)
    assert totals.marked > 100
    assert results.retransmitted.tolist() == [0, 0]
    assert int(results.received_ps.max()) < 1.06 * 2 * 5000 * 1514 * 800
    reno = two_flows(MARKING, Transport(), size)
    reno.run(10**12)
    assert totals.deepest_bytes < 0.5 * reno.network.link_totals(place).deepest_bytes
    assert reno.network.link_totals(place).marked == 0  # nothing but DCTCP says that it understands marks


def test_dctcp_alpha_is_the_share_of_marked_bytes() -> None:
    """RFC 8257, 3.3, in floating point, from the acknowledgements that came back to the sender."""
    run = two_flows(MARKING, DCTCP, 3000 * MSS)
    run.run(10**12)
    log = [each for each in log_of(run) if each.connection == 0]
    alpha, end, acked, marked, before, compared = 1.0, 0, 0, 0, 0, 0
    for each, (place, echo, sent) in zip(log, acknowledged(run, "l0"), strict=True):
        new, before = max(place - before, 0), max(place, before)
        acked, marked = acked + new, marked + new * echo
        if before == 3000 * MSS:
            break
        if before > end:
            alpha += (marked / acked - alpha) / 16
            end, acked, marked = sent, 0, 0
            compared += 1
        assert each.alpha / 2**20 == pytest.approx(alpha, abs=1e-3)
    assert compared > 30


def acknowledged(run: TcpRun, host: str) -> list[tuple[int, int, int]]:
    """What the acknowledgements that came to a host say, bytes of 3000 segments and ECE; and what was sent before."""
    found, first, sent = [], 0, 0
    for packet in run.network.journal.captured(host, 0):
        segment = dissect(packet.data)
        if segment.flags & SYN:
            first = segment.sequence + 1 if segment.target == 5001 else first
        elif segment.target == 5001:
            sent = max(sent, (segment.sequence - first) % 2**32 + segment.payload)
        else:
            place = min((segment.acknowledged - first) % 2**32, 3000 * MSS)
            found.append((place, int(segment.flags & ECE > 0), sent))
    return found


def test_dctcp_echoes_exactly_the_bytes_that_were_marked() -> None:
    """RFC 8257, 3.2: that is what the two states of the receiver are for."""
    run = two_flows(MARKING, DCTCP, 3000 * MSS)
    run.run(10**12)
    for sender, receiver in (("l0", "r0"), ("l1", "r1")):
        came = [dissect(packet.data) for packet in run.network.journal.captured(receiver, 0)]
        marked = sum(segment.payload for segment in came if segment.target == 5001 and segment.ecn == 3)
        echoed, before = 0, 0
        for place, echo, _ in acknowledged(run, sender):
            echoed, before = echoed + (place - before) * echo, place
        assert marked == echoed > 0
        assert {segment.ecn for segment in came if segment.payload} == {2, 3}
        assert {segment.ecn for segment in came if not segment.payload} == {0}


def test_dctcp_asks_for_ecn_and_says_that_it_reduced() -> None:
    """RFC 3168, 6.1.1: SYN with ECE and CWR, SYN-ACK with ECE; CWR on the segment after a reduction."""
    run = two_flows(MARKING, DCTCP, 1000 * MSS)
    run.run(10**12)
    seen = [dissect(packet.data) for packet in run.network.journal.captured("l0", 0)]
    assert [s.flags for s in seen if s.flags & SYN] == [SYN | ECE | CWR, SYN | ECE | 16]
    reduced = [s for s in seen if s.payload and s.flags & CWR]
    thresholds = {each.threshold for each in log_of(run) if each.connection == 0}
    assert 1 <= len(thresholds) - 1 <= len(reduced) + 1


# ------------------------------------------------------------------------------------------------- all


@pytest.mark.parametrize("control", ["newreno", "cubic", "dctcp"])
def test_two_long_flows_share_a_link_fairly(control: str) -> None:
    """Jain's index of what each got while both were sending, over some hundred round trips, is near 1."""
    mark = 30 if control == "dctcp" else 0
    pipe = Pipe(hosts=2, rate=GIGABIT, delay=100 * US, queue=40, mark=mark)
    network = pipe.network()
    transport = Transport(congestion_control=control, min_rto_us=10_000)
    wanted = [("l0", "r0", 1 << 30, 0), ("l1", "r1", 1 << 30, 5000 * US)]
    run = flows(network, wanted, transport)
    run.run(10**12)
    before = network.arrays["connections"].reshape(-1, at.CONNECTION)[:, at.R_NEXT].copy()
    run.run(5 * 10**12)
    got = network.arrays["connections"].reshape(-1, at.CONNECTION)[:, at.R_NEXT] - before
    assert run.finished == 0
    assert got.sum() > 0.9 * 4 * GIGABIT / 8 * 1460 / 1514
    assert got.sum() ** 2 / (2 * (got.astype(float) ** 2).sum()) > 0.95


def test_round_trips_are_estimated_as_in_rfc_6298() -> None:
    """Against the formulas in floating point, over random round trips."""
    source = random.Random(6298)
    empty = memoryview(b"")
    views = {name: memoryview(bytearray(8 * at.CONNECTION)).cast("q") for name in ("connections", "transport")}
    state = State(**{name: views.get(name, empty) for name in State._fields})
    state.transport[at.X_MIN_RTO], state.transport[at.X_MAX_RTO] = 10**9, 10**13
    smoothed = variation = 0.0
    for number in range(200):
        trip = source.randrange(10**6, 3 * 10**9)
        measured(state, 0, trip)
        if number == 0:
            smoothed, variation = trip, trip / 2
        else:
            variation = 0.75 * variation + 0.25 * abs(smoothed - trip)
            smoothed = 0.875 * smoothed + 0.125 * trip
        assert math.isclose(state.connections[at.C_RTO], max(10**9, smoothed + 4 * variation), abs_tol=100)


@pytest.mark.parametrize(("control", "per_ack"), [("newreno", 1), ("newreno", 2), ("cubic", 1)])
def test_random_losses_limit_the_rate_by_their_root(control: str, per_ack: int) -> None:
    """Mathis, Semke, Mahdavi, Ott (Computer Communication Review 27(3), 1997), table 1: the window is
    C / sqrt(p) segments in the mean, with C = sqrt(3/2) for random losses, where each segment is acknowledged, and 0.87
    or less with delayed acknowledgements, for an increase of one segment per window; RFC 5681 counts bytes, so that it
    does not become slower by them. CUBIC is as fast as NewReno where that is faster than its curve."""
    loss, seconds = 0.002, 400
    pipe = Pipe(access=10 * GIGABIT, rate=10 * GIGABIT, delay=2_000 * US)
    transport = Transport(
        congestion_control=control, delayed_ack_segments=per_ack, min_rto_us=20_000, delayed_ack_us=1_000
    )
    network = pipe.network()
    network.impair(link(network, "left", "right"), Impairment(loss=loss))
    run = flows(network, [("l0", "r0", 1 << 40, 0)], transport)
    run.run(seconds * 10**12)
    delivered = int(network.arrays["connections"][at.C_UNACKED]) / MSS
    window = delivered / seconds * pipe.round_trip / 1e12
    assert window == pytest.approx(math.sqrt(1.5 / loss), rel=0.15)


def test_timers_have_one_event_each() -> None:
    """An event that comes too early is set anew, so hundreds of segments share one. Where a timer became shorter (the
    first round trip was measured, a back-off taken back) the old event is left to die."""
    pipe = Pipe(hosts=2, rate=GIGABIT, queue=20)
    network = pipe.network()
    network.impair(link(network, "left", "right"), Impairment(loss=0.01))
    wanted = [(f"l{n % 2}", f"r{n % 2}", 200_000, n * US) for n in range(20)]
    run = flows(network, wanted, Transport())
    for time in range(1, 100):
        run.run(time * 10**9)
        pending = network.arrays["heap_id"][: int(network.arrays["net"][N_HEAP])]
        for kind, most in ((EVENT_RETRY, 4), (EVENT_DELAYED, 1), (EVENT_OPEN, 1)):
            counts = np.bincount(pending[pending >> EVENT_SHIFT == kind] & 0xFFFFFFFF, minlength=1)
            assert counts.max() <= most
    run.run(10**13)
    assert run.finished == 20
    assert run.results().timeouts.sum() > 0


def test_many_senders_and_one_receiver() -> None:
    """Incast: more than the queue holds comes at once, and comes through; the link is never left to itself for long."""
    pipe = Pipe(hosts=40, rate=100 * GIGABIT, queue=60)
    network = pipe.network()
    run = flows(network, [(f"l{n}", "r0", 64_000, 0) for n in range(40)], Transport())
    run.run(10**12)
    results = run.results()
    assert results.finished.all()
    assert network.totals.drops["queue full"] > 0
    assert int(results.timeouts.sum()) > 0
    least = 40 * 44 * 1514 * 800
    assert least < int(results.finish_ps.max()) < least + 5 * 20_000 * US
