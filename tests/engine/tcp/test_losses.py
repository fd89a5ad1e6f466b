"""Lost segments: fast retransmit and NewReno's recovery (RFC 5681, 6582), time-outs (RFC 6298), Karn's rule."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from engine.support.pipes import ACK, GIGABIT, US, Chosen, Pipe, Seen, flows, link, one

from contra.engine.core import layout as at
from contra.engine.network import Network
from contra.engine.results import Window
from contra.engine.transport import Transport

LONG = Pipe(access=100 * GIGABIT, rate=100 * GIGABIT, delay=10_000 * US)
"""A round trip of 20 ms; sending takes next to nothing."""
MSS = 1460
PATIENT = Transport(
    delayed_ack_segments=1, min_rto_us=5_000_000, initial_rto_us=5_000_000, delayed_ack_us=1000, limited_transmit=False
)
"""Never times out by mistake, acknowledges every segment."""


def windows(network: Network) -> list[Window]:
    return list(network.journal.windows())


@pytest.mark.parametrize("lost", [[20], [20, 21], [20, 25, 29], [12, 15, 18, 21, 24], list(range(12, 28))])
def test_recovery_takes_a_round_trip_for_each_lost_segment(lost: list[int]) -> None:
    """Segments 10 to 29 are the second window. The first one lost is sent again at the third duplicate, each other when
    the one before is acknowledged: RFC 6582 recovers one a round trip."""
    network = LONG.network(jit=False, lose=Chosen(lost))
    network.log(windows=True)
    network.capture(link(network, "l0", "left"), received=False)
    run = flows(network, [("l0", "r0", 200 * MSS, 0)], PATIENT)
    run.run(10**13)
    results = run.results()
    assert results.retransmitted.tolist() == [len(lost)]
    assert (results.fast_recoveries.tolist(), results.timeouts.tolist()) == ([1], [0])
    log = windows(run.network)
    begun = next(each for each in log if each.threshold < 1 << 30)
    # 20 segments were under way, and for those that came the window had grown
    before = log[log.index(begun) - 1]
    first = lost[0]
    sent = 30 + 2 * (first - 10)  # by the time of the third duplicate: two more for each acknowledged of this window
    assert begun.threshold == (sent - first) // 2 * MSS
    assert begun.window == begun.threshold + 3 * MSS
    assert before.acknowledged == first * MSS
    done = next(each for each in log if each.acknowledged > (lost[-1] + 1) * MSS)
    trips = (done.time_ps - begun.time_ps) / LONG.round_trip
    assert trips == pytest.approx(len(lost), abs=0.02)
    frames = [packet for packet in network.journal.captured("l0", 0) if packet.size > 1000]
    new = sum(packet.time_ps < done.time_ps for packet in frames) - len(lost)
    assert done.window == min(begun.threshold, max(new * MSS - done.acknowledged, MSS) + MSS)


@pytest.mark.parametrize(("segments", "timeouts"), [(10, 1), (11, 0)])
def test_two_duplicates_are_none(segments: int, timeouts: int) -> None:
    """The eighth segment is lost, and two or three come after it: only three tell of it before the timer does."""
    transport = Transport(delayed_ack_segments=1, initial_window=11)
    run = one(LONG, segments * MSS, transport, jit=False, lose=Chosen([7]))
    run.run(10**13)
    results = run.results()
    assert (results.timeouts.tolist(), results.retransmitted[0] > 0) == ([timeouts], True)
    assert results.finished.all()


def test_limited_transmit_saves_a_small_window() -> None:
    """A window of three segments, the first one lost, has two duplicates; RFC 3042 lets out two segments for them."""
    found = {}
    for limited in (False, True):
        transport = Transport(
            limited_transmit=limited, delayed_ack_segments=1, initial_window=3, min_rto_us=200_000, max_rto_us=200_000
        )
        run = one(LONG, 20 * MSS, transport, jit=False, lose=Chosen([0]))
        run.run(10**13)
        found[limited] = run.results().timeouts.tolist()[0], run.results().fast_recoveries.tolist()[0]
    assert found == {False: (1, 0), True: (0, 1)}


def sent_at(network: Network, node: str, *, flags: int | None = None) -> list[int]:
    """Times at which a host put packets on the wire."""
    return [packet.time_ps for packet in network.journal.captured(node, 0) if flags is None or packet.data[47] == flags]


def test_the_timer_doubles_up_to_its_limit() -> None:
    """The path breaks after the handshake: RFC 6298, 5.5; 10, 20, 40 ms, and so on, 200 ms at most."""
    transport = Transport(max_rto_us=200_000, retries=8, min_rto_us=10_000)
    pipe = Pipe()
    network = pipe.network()
    network.capture(link(network, "l0", "left"))
    network.set_link(30 * US, link(network, "left", "right"), False)
    run = flows(network, [("l0", "r0", MSS * 10, 0)], transport)
    run.run(10**14)
    times = sent_at(network, "l0")
    gaps = [round((after - before) / (1000 * US)) for before, after in pairwise(times)][-8:]
    assert gaps == [10, 20, 40, 80, 160, 200, 200, 200]
    assert run.over
    assert run.finished == 0
    assert run.results().finish_ps.tolist() == [-1]
    assert run.results().timeouts.tolist() == [9]
    assert network.now < 2 * 10**12


def test_a_syn_is_sent_again_with_a_doubled_timer() -> None:
    chosen = Chosen(syn=2, syn_ack=1)
    network = Pipe().network(jit=False, lose=chosen)
    network.capture(link(network, "l0", "left"), received=False)
    network.log(windows=True)
    run = flows(network, [("l0", "r0", MSS * 4, 0)], Transport(initial_rto_us=30_000))
    run.run(10**13)
    times = sent_at(network, "l0", flags=2)
    assert [time // (1000 * US) for time in times] == [0, 30, 90, 210]
    # RFC 5681, 3.1: the first window is one segment then
    assert [kind for kind, _ in chosen.seen if kind.isdigit()] == ["0", "1", "2", "3"]
    first = next(each for each in windows(network))
    assert (first.acknowledged, first.window) == (MSS, 2 * MSS)
    assert run.results().timeouts.tolist() == [3]
    assert first.rto_ps < 30_000 * US  # measured from fresh data


def test_after_a_lost_syn_the_timer_begins_anew() -> None:
    """RFC 6298, 5.7: not with the timer that was doubled for the SYN; the first segment is lost too."""
    network = Pipe().network(jit=False, lose=Chosen([0], syn=1))
    network.capture(link(network, "l0", "left"), received=False)
    run = flows(network, [("l0", "r0", MSS, 0)], Transport(initial_rto_us=30_000))
    run.run(10**13)
    times = sent_at(network, "l0")
    assert [round(time / (1000 * US)) for time in times] == [0, 30, 30, 30, 60]  # SYN, SYN, ACK, data, data


def test_the_last_acknowledgement_of_the_handshake_may_be_lost() -> None:
    lost: list[Seen] = []

    def first_ack(segment: Seen) -> bool:
        if lost or segment.payload or segment.flags != ACK:
            return False
        lost.append(segment)
        return True

    run = one(Pipe(), 5 * MSS, Transport(), jit=False, lose=first_ack)
    run.run(10**13)
    assert len(lost) == 1
    assert run.results().retransmitted.tolist() == [0]


def test_karn_no_sample_of_what_was_sent_twice() -> None:
    """The only segment under way is lost twice: its acknowledgement tells nothing, the doubled timer stays until new
    data is measured (RFC 6298, section 3 and 5.7)."""
    transport = Transport(initial_window=1, delayed_ack_segments=1, min_rto_us=10_000)
    run = one(Pipe(), 3 * MSS, transport, jit=False, lose=Chosen([0, 0]))
    run.run(10**13)
    log = windows(run.network)
    assert [each.acknowledged for each in log][:1] == [MSS]
    assert log[0].rto_ps == 4 * 10_000 * US
    assert log[1].rto_ps == 10_000 * US
    assert run.results().timeouts.tolist() == [2]
    assert log[0].threshold == 2 * MSS


@pytest.mark.parametrize("again", [0, 2])
def test_a_time_out_goes_back_and_slow_starts_to_half(again: int) -> None:
    """All but the last segment of the third window is lost (30 to 68 of 69): no three duplicates. RFC 5681, 3.1: half
    of the 40 segments that were under way, then one segment, then one more for each that is acknowledged. All 40 are
    sent again: nothing says that the last one came. Further time-outs of the same segment leave the threshold alone."""
    transport = Transport(delayed_ack_segments=1, limited_transmit=False)
    run = one(LONG, 200 * MSS, transport, jit=False, lose=Chosen([*range(30, 69), *[30] * again]))
    run.run(10**13)
    results = run.results()
    assert (results.timeouts.tolist(), results.fast_recoveries.tolist()) == ([1 + again], [0])
    after = [each for each in windows(run.network) if each.threshold < 1 << 30]
    assert {each.threshold for each in after} == {20 * MSS}
    sizes = [each.window // MSS for each in after[:19]]
    assert sizes == list(range(2, 21))
    assert results.retransmitted.tolist() == [40 + again]


def test_drops_are_counted_for_the_connection() -> None:
    run = one(Pipe(), 30 * MSS, Transport(), jit=False, lose=Chosen([3, 9], syn=1))
    run.run(10**13)
    assert run.results().lost.tolist() == [3]
    assert run.network.totals.drops == {"dropped by the ingress": 3}
    assert at.DROP_INGRESS == 3


ALMOST = Transport(delayed_ack_segments=1, limited_transmit=False, min_rto_us=100_000, delayed_ack_us=1000)
"""Times out after 100 ms, five round trips."""


def test_a_partial_acknowledgement_takes_what_it_acknowledges_off_the_window() -> None:
    """RFC 6582, 3.2, step 3: less the bytes acknowledged, plus a segment; step 4 of RFC 5681: plus one a duplicate."""
    run = one(LONG, 200 * MSS, PATIENT, jit=False, lose=Chosen([20, 24, 31]))
    run.run(10**13)
    log = windows(run.network)
    start = next(place for place, each in enumerate(log) if each.threshold < 1 << 30)
    partial = 0
    for before, each in pairwise(log[start:]):
        acked = each.acknowledged - before.acknowledged
        if each.acknowledged > 31 * MSS:
            break
        partial += acked > 0
        assert each.window - before.window == (MSS - acked if acked else MSS)
    assert partial == 2


def test_the_timer_is_started_anew_by_the_first_partial_acknowledgement_alone() -> None:
    """RFC 6582, section 4: with many losses a time-out ends recovery, a timer after the first partial one."""
    network = LONG.network(jit=False, lose=Chosen(range(12, 28)))
    network.log(windows=True)
    network.capture(link(network, "l0", "left"), received=False)
    run = flows(network, [("l0", "r0", 200 * MSS, 0)], ALMOST)
    run.run(10**13)
    results = run.results()
    assert (results.timeouts.tolist(), results.fast_recoveries.tolist()) == ([1], [1])
    first = next(each for each in windows(network) if each.acknowledged > 12 * MSS)
    assert first.rto_ps == 100_000 * US
    times = sent_at(network, "l0")
    assert first.time_ps + first.rto_ps in times


def test_duplicates_of_what_was_sent_before_a_time_out_begin_no_recovery() -> None:
    """RFC 6582, 3.2, step 6. Segment 30 and its repetition are lost, so the timer expires; going back, the sender
    repeats 37 to 42, which had come: six duplicates for 45, which is lost too and repeated in its turn."""
    lost = [30, 30, *range(31, 37), 45]
    run = one(LONG, 200 * MSS, ALMOST, jit=False, lose=Chosen(lost))
    run.run(10**13)
    results = run.results()
    assert (results.timeouts.tolist(), results.fast_recoveries.tolist()) == ([1], [1])
    duplicates = [each for each in windows(run.network) if each.acknowledged == 45 * MSS]
    assert len(duplicates) > 4


@pytest.mark.parametrize(("control", "tenths"), [("newreno", 5), ("dctcp", 5), ("cubic", 7)])
def test_a_time_out_in_recovery_cuts_by_what_is_in_the_network(control: str, tenths: int) -> None:
    """RFC 5681, equation (4), RFC 9438, section 4.6: of what is outstanding in the network. Each acknowledgement, of
    new data or duplicate, tells of one segment that has left it. 24 and its repetition are lost: until the timer
    expires the duplicates let out four more windows, which wait at the receiver."""
    network = LONG.network(jit=False, lose=Chosen([20, 24, 24]))
    network.log(windows=True)
    network.capture(link(network, "l0", "left"), received=False)
    run = flows(network, [("l0", "r0", 800 * MSS, 0)], replace(ALMOST, congestion_control=control))
    run.run(10**13)
    results = run.results()
    assert (results.timeouts.tolist(), results.fast_recoveries.tolist()) == ([1], [1])
    log = windows(network)
    data = [packet for packet in network.journal.captured("l0", 0) if packet.size > 1000]
    numbers = [int.from_bytes(packet.data[38:42], "big") for packet in data]
    first = numbers[0]
    sent = [(packet.time_ps, (number - first) // MSS) for packet, number in zip(data, numbers, strict=True)]
    expired = [time for time, segment in sent if segment == 24][2]
    new = 1 + max(segment for time, segment in sent if time < expired)
    heard = sum(each.time_ps < expired for each in log)
    in_network = new - heard
    after = next(each for each in log if each.time_ps > expired)
    assert new - 24 > 4 * in_network
    assert after.threshold == in_network * MSS * tenths // 10


def test_karn_no_sample_of_what_was_retransmitted_fast() -> None:
    """Segment 0 is timed and lost: what acknowledges its repetition came two round trips after it was first sent."""
    transport = Transport(delayed_ack_segments=1, min_rto_us=1_000, delayed_ack_us=100)
    run = one(LONG, 60 * MSS, transport, jit=False, lose=Chosen([0]))
    run.run(10**13)
    assert run.results().fast_recoveries.tolist() == [1]
    log = windows(run.network)
    # after the handshake SRTT + 4 RTTVAR is three round trips; more of equal length make it less
    trip = LONG.round_trip * 1.001
    assert max(each.rto_ps for each in log) <= 3 * trip
    assert log[-1].rto_ps < 2.6 * trip
