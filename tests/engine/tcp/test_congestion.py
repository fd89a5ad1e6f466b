"""CUBIC and DCTCP against models of RFC 9438 and RFC 8257 in floating point; fairness; the round-trip estimator."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from engine.support.pipes import CWR, ECE, GIGABIT, SYN, US, Chosen, Pipe, dissect, flows, link, one

from contra.engine.core import connections as at
from contra.engine.core.congestion import cube_root
from contra.engine.core.layout import State
from contra.engine.core.sender import measured
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

    def __init__(self, window: float, peak: float, prior: float) -> None:
        self.window, self.peak, self.prior = window, max(peak, window), prior
        self.k = ((peak - window) / self.C) ** (1 / 3) if peak > window else 0.0
        self.friendly = window

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


@pytest.mark.parametrize(
    ("delay", "size", "lost"),
    [
        (20_000, 40_000, [150]),  # long round trips: the curve, with its plateau
        (500, 12_000, [150]),  # short ones: as NewReno would
        (20_000, 60_000, [300, 3000]),  # the second peak is below the first one: fast convergence
    ],
)
def test_cubic_grows_as_rfc_9438_says(delay: int, size: int, lost: list[int]) -> None:
    pipe = Pipe(access=10 * GIGABIT, rate=10 * GIGABIT, delay=delay * US)
    run = one(pipe, size * MSS, CUBIC, jit=False, lose=Chosen(lost))
    run.run(10**14)
    assert run.results().timeouts.tolist() == [0]
    assert run.results().fast_recoveries.tolist() == [len(lost)]
    log = log_of(run)
    peak, compared = 0.0, 0
    for number in range(len(lost)):
        cuts = [each for before, each in pairwise(log) if each.threshold != before.threshold]
        cut = cuts[number]
        before = log[log.index(cut) - 1].window / MSS
        assert cut.threshold / MSS == pytest.approx(0.7 * before, rel=0.01)
        peak = before * 0.85 if before < peak else before
        compared += follow(log[log.index(cut) : _until(log, cuts, number)], peak, before)
    assert compared > 1000


def _until(log: list[Window], cuts: list[Window], number: int) -> int:
    return log.index(cuts[number + 1]) if number + 1 < len(cuts) else len(log) - 1


def follow(log: list[Window], peak: float, prior: float) -> int:
    """Hold the windows of one period of congestion avoidance against the model; returns how many there were."""
    recovered = next(i for i, (a, b) in enumerate(pairwise(log)) if b.window < a.window and b.acknowledged > a.acknowledged)
    begun = next(i for i in range(recovered + 1, len(log)) if log[i].window >= log[i].threshold)
    model, epoch, compared = None, 0, 0
    for before, each in pairwise(log[begun:-1]):
        acked = (each.acknowledged - before.acknowledged) / MSS
        if not acked:
            return compared
        if model is None:
            model, epoch = Cubic(before.window / MSS, peak, prior), each.time_ps
        trip = trips(log)
        model.acknowledge((each.time_ps - epoch) / 1e12, trip, acked)
        assert each.window / MSS == pytest.approx(model.window, rel=0.01, abs=0.1)
        compared += 1
    return compared


def trips(log: list[Window]) -> float:
    """The path is idle: one round trip for all."""
    return TRIP[0]


TRIP = [0.0]


@pytest.mark.parametrize("value", [0, 1, 7, 8, 26, 27, 10**6, 10**18, 2**60, 2**63 - 1])
def test_cube_roots_are_exact(value: int) -> None:
    root = cube_root(value)
    assert root**3 <= value < (root + 1) ** 3
