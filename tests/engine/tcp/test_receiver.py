"""When the receiver acknowledges (RFC 1122, 4.2.3.2; RFC 5681, 4.2), and windows and buffers that limit a flow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from engine.support.pipes import GIGABIT, US, Chosen, Pipe, dissect, flows, link, one

from contra.engine.core import layout as at
from contra.engine.network import Network
from contra.engine.tcp import TcpRun
from contra.engine.transport import Transport

MSS = 1460


def watched(pipe: Pipe, size: int, transport: Transport, lose: Chosen | None = None) -> TcpRun:
    """A flow, what comes to the receiver and leaves it captured."""
    network = pipe.network(jit=lose is None, lose=lose)
    network.capture(link(network, "right", "r0"), sent=False)
    network.capture(link(network, "r0", "right"), received=False)
    return flows(network, [("l0", "r0", size, 0)], transport)


def heard(network: Network) -> tuple[list[int], list[tuple[int, int]]]:
    """At the receiver: times at which data came, and (time, segments acknowledged) of what it sent after SYN-ACK."""
    came, said, first = [], [], None
    for packet in network.journal.captured("r0", 0):
        segment = dissect(packet.data)
        if segment.flags & 2:
            first = segment.acknowledged if segment.flags & 16 else first
        elif segment.source != 5001:
            came += [packet.time_ps] * (segment.payload > 0)
        else:
            assert first is not None
            said.append((packet.time_ps, -(-((segment.acknowledged - first) % 2**32) // MSS)))
    return came, said


def test_every_second_segment_is_acknowledged_at_once_and_the_last_one() -> None:
    run = watched(Pipe(), 9 * MSS, Transport())
    run.run(10**12)
    came, said = heard(run.network)
    assert [segments for _, segments in said] == [2, 4, 6, 8, 10]  # the end (FIN) counts as a byte of a tenth
    assert [time for time, _ in said] == [came[1], came[3], came[5], came[7], came[8]]


@pytest.mark.parametrize("wait", [100, 500])
def test_a_lone_segment_is_acknowledged_when_the_timer_says_so(wait: int) -> None:
    """A window of one segment: the first one has no partner."""
    run = watched(Pipe(), 3 * MSS, Transport(initial_window=1, delayed_ack_us=wait))
    run.run(10**12)
    came, said = heard(run.network)
    assert [segments for _, segments in said] == [1, 4]
    assert said[0][0] - came[0] == wait * US
    assert said[1][0] == came[2]


def test_each_segment_is_acknowledged_where_that_is_asked_for() -> None:
    run = watched(Pipe(), 5 * MSS, Transport(delayed_ack_segments=1))
    run.run(10**12)
    came, said = heard(run.network)
    assert [time for time, _ in said] == came


def test_what_comes_out_of_order_and_what_fills_a_gap_is_acknowledged_at_once() -> None:
    """Segment 3 of 10 is lost: 4 to 9 each give a duplicate for 3; the gap is filled by one acknowledgement for all."""
    run = watched(Pipe(), 10 * MSS, Transport(), Chosen([3]))
    run.run(10**12)
    came, said = heard(run.network)
    assert [segments for _, segments in said] == [2, 3, 3, 3, 3, 3, 3, 11]
    times = [time for time, _ in said]
    assert times[1:] == came[3:]  # that of segment 2 alone was waiting for a partner


def test_two_gaps_are_filled_one_after_the_other() -> None:
    run = watched(Pipe(), 10 * MSS, Transport(), Chosen([2, 5]))
    run.run(10**12)
    came, said = heard(run.network)
    assert [segments for _, segments in said] == [2, *[2] * 6, 5, 11]
    assert {time for time, _ in said} <= set(came)  # none by the timer


FAR = Pipe(access=100 * GIGABIT, rate=100 * GIGABIT, delay=10_000 * US)


@pytest.mark.parametrize("window", [65535, 65536, 1 << 20, 65535 << 14])
def test_the_scale_is_the_smallest_that_will_do(window: int) -> None:
    """RFC 7323: a shift of 14 at most; the window of a SYN is not scaled."""
    run = watched(Pipe(), 3 * MSS, Transport(receive_window_bytes=window))
    run.run(10**12)
    answer, *rest = (packet.data for packet in run.network.journal.captured("r0", 0) if packet.data[35] == 5001 & 255)
    scale = answer[61]
    assert scale <= 14
    assert window >> scale <= 65535
    assert scale == 0 or window >> (scale - 1) > 65535
    assert dissect(answer).window == min(window, 65535)
    assert {dissect(data).window for data in rest} == {window >> scale}


@pytest.mark.parametrize("limit", ["receive_window_bytes", "send_buffer_bytes"])
@pytest.mark.parametrize("segments", [4, 10, 40])
def test_a_window_is_sent_each_round_trip(limit: str, segments: int) -> None:
    """Steady state: as many full segments as the window holds, once a round trip."""
    window = segments * MSS + 700  # no room for one more
    transport = replace(Transport(min_rto_us=200_000, initial_window=segments), **{limit: window})
    rounds = 30
    run = one(FAR, segments * rounds * MSS, transport)
    run.run(10**13)
    taken = int(run.results().finish_ps[0]) / FAR.round_trip
    assert taken == pytest.approx(1 + rounds, abs=0.05)
    assert int(run.results().retransmitted[0]) == 0


def test_the_advertised_window_is_never_overrun() -> None:
    """What is under way beyond the last acknowledgement stays within the window, whatever is lost."""
    window = 20 * MSS
    transport = Transport(receive_window_bytes=window)
    run = watched(Pipe(), 200 * MSS, transport, Chosen([15, 16, 30, 55, 56, 57, 120]))
    run.run(10**12)
    acknowledged, most = 0, 0
    for packet in run.network.journal.captured("r0", 0):
        segment = dissect(packet.data)
        if segment.flags & 2:
            first = segment.acknowledged if segment.flags & 16 else 0
            scale = packet.data[61]
            continue
        if segment.source == 5001:
            acknowledged = (segment.acknowledged - first) % 2**32
            assert segment.window << scale == window >> scale << scale
        elif segment.payload:
            place = (segment.sequence - first) % 2**32
            most = max(most, place + segment.payload - acknowledged)
    assert 15 * MSS < most <= window
    assert run.results().finished.all()


def test_what_does_not_fit_into_the_window_is_not_kept() -> None:
    """The board has a place for each segment of the window, and all are empty in the end."""
    run = watched(Pipe(), 300 * MSS, Transport(receive_window_bytes=25 * MSS), Chosen(range(40, 60)))
    run.run(10**13)
    arrays = run.network.arrays
    assert len(arrays["board"]) == 26
    assert not arrays["board"].any()
    assert at.CAPTURE_SENT
    assert run.results().finished.all()
