"""One flow on an idle path, against completion times worked out by hand from the RFCs' rules."""

from __future__ import annotations

import pytest
from engine.support.pipes import GIGABIT, US, Pipe, flows, one

from contra.engine.transport import Transport

LONG = Pipe(access=100 * GIGABIT, rate=100 * GIGABIT, delay=10_000 * US)
"""Round trips are so long that a window is sent in no time: rounds can be counted."""


def sending(pipe: Pipe, bytes_: int) -> int:
    """Time on the wire of the three links of equal rates, for one frame."""
    assert pipe.access == pipe.rate
    return 3 * bytes_ * 8 * 10**12 // pipe.rate


def handshake(pipe: Pipe) -> int:
    """SYN and SYN-ACK with 8 bytes of options: 62 bytes each."""
    return pipe.round_trip + 2 * sending(pipe, 62)


@pytest.mark.parametrize("jit", [False, True], ids=["python", "machine"])
@pytest.mark.parametrize("size", [1, 100, 1459, 1460])
def test_one_segment_takes_two_round_trips(jit: bool, size: int) -> None:
    """SYN, SYN-ACK; then the handshake's last acknowledgement, 60 bytes, right before the segment, which is the flow's
    end and acknowledged at once. The segment never waits behind it but at the first link."""
    pipe = Pipe()
    run = one(pipe, size, Transport(), jit=jit)
    run.run(10**12)
    ack = 60 * 8 * 100
    frame = max(54 + size, 60) * 8 * 100
    there = handshake(pipe) + ack + 3 * frame + pipe.round_trip // 2
    results = run.results()
    assert results.received_ps.tolist() == [there]
    assert results.finish_ps.tolist() == [there + 3 * ack + pipe.round_trip // 2]
    assert (results.segments_sent.tolist(), results.retransmitted.tolist()) == ([1], [0])


def rounds(segments: int, *, per_ack: int, growth: int, initial: int = 10) -> int:
    """Round trips of slow start: each acknowledgement is for `per_ack` segments and widens the window by `growth`.

    A segment that is left over waits for its partner of the next round, in no time against a round trip; the last one
    of the flow is acknowledged at once.
    """
    window, sent, count, left = initial, 0, 0, 0
    while sent < segments:
        sent += window
        count += 1
        acks, left = divmod(window + left, per_ack)
        window = acks * per_ack + acks * growth
    return count


@pytest.mark.parametrize("segments", [1, 10, 11, 25, 26, 47, 48, 81, 300])
@pytest.mark.parametrize(("per_ack", "growth"), [(1, 1), (2, 1), (2, 2)])
def test_slow_start_takes_the_rounds_of_rfc_5681(segments: int, per_ack: int, growth: int) -> None:
    transport = Transport(
        delayed_ack_segments=per_ack,
        slow_start_segments=growth,
        delayed_ack_us=90_000,
        min_rto_us=1_000_000,
        initial_rto_us=1_000_000,
    )
    run = one(LONG, segments * 1460, transport)
    run.run(10**13)
    taken = int(run.results().finish_ps[0]) / LONG.round_trip
    assert taken == pytest.approx(1 + rounds(segments, per_ack=per_ack, growth=growth), abs=0.02)


def test_a_long_flow_fills_the_link() -> None:
    """Nothing but the host's link limits the flow: its frames go out back to back, right after the handshake."""
    pipe, full, rest = Pipe(), 4321, 777
    run = one(pipe, 1460 * full + rest, Transport(initial_window=40))
    run.run(10**12)
    first = handshake(pipe) + 60 * 800
    last = first + full * 1514 * 800 + 3 * (54 + rest) * 800
    waiting = 2 * (1514 - 54 - rest) * 800  # behind the last full frame, at the two switches
    assert int(run.results().received_ps[0]) == last + waiting + pipe.round_trip // 2
    assert int(run.results().finish_ps[0]) == last + waiting + pipe.round_trip + 3 * 60 * 800


def short_beside_long(queue: str) -> tuple[int, int]:
    """A long flow, and one of a segment that starts when the 100 segments of its window are sent or queued."""
    network = Pipe(hosts=2).network()
    transport = Transport(host_queue=queue, initial_window=40, receive_window_bytes=100 * 1460)
    run = flows(network, [("l0", "r0", 5_000 * 1460, 0), ("l0", "r1", 1460, 3000 * US)], transport)
    run.run(10**12)
    return tuple(run.results().finish_ps - run.results().start_ps)


def test_a_fair_host_lets_a_short_flow_pass() -> None:
    """Its SYN, its acknowledgement and its segment wait for one frame each, at most."""
    _, short = short_beside_long("fair")
    pipe, frame = Pipe(), 1514 * 800
    alone = handshake(pipe) + 60 * 800 + 3 * frame + pipe.round_trip + 3 * 60 * 800
    assert alone < short < alone + 3 * frame + 6 * frame


def test_a_host_with_one_queue_keeps_it_waiting_twice() -> None:
    """The SYN and the rest wait behind what is left of 100 segments when 24 us worth of them are under way."""
    long, short = short_beside_long("fifo")
    pipe, frame = Pipe(), 1514 * 800
    waiting = 100 * frame - pipe.round_trip - 3 * (frame + 60 * 800)
    alone = handshake(pipe) + 60 * 800 + 3 * frame + pipe.round_trip + 3 * 60 * 800
    assert short == pytest.approx(alone + 2 * waiting, rel=0.05)
    assert long == pytest.approx(short_beside_long("fair")[0], rel=0.001)  # the link is as busy


def test_a_narrow_link_makes_its_queue_and_no_more() -> None:
    """The bottleneck is busy from the first segment on; the rest is the time before and after."""
    pipe, segments = Pipe(rate=GIGABIT), 500
    run = one(pipe, 1460 * segments, Transport())
    run.run(10**12)
    first = pipe.round_trip + 4 * 62 * 800 + 2 * 62 * 8000 + 60 * 800 + 1514 * 800 + pipe.access_delay
    behind = max(0, 60 * 8000 - 1514 * 800)  # the handshake's last acknowledgement is slow at the narrow link
    last = first + behind + segments * 1514 * 8000 + pipe.delay + 1514 * 800 + pipe.access_delay
    assert int(run.results().received_ps[0]) == last
    assert int(run.results().retransmitted[0]) == 0
