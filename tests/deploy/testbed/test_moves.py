"""When flows change their way: from captures made by hand, and from times written down."""

from __future__ import annotations

from pathlib import Path

import pytest
from experiments.moves import (
    Leaving,
    Move,
    Sighting,
    as_sent,
    by_flow,
    coming,
    leaving,
    moves,
    sightings,
    silence,
    uses,
)
from scapy.layers.inet import ICMP, IP, TCP
from support.captures import datagram, hops, write
from wire import interfaces_of, paths, read_frames, shim_of

from contra.diagnostics import Reporter
from contra.engine.build import load

BY_B, BY_C = ("A", "B", "D"), ("A", "C", "D")
BD = ("B", "D")


def at(time: float, way: tuple[str, ...], flow: int = 1, sequence: int | None = None, arrived: bool = True) -> Sighting:
    return Sighting(flow, round(time * 100) if sequence is None else sequence, time, way, arrived)


def test_datagrams_are_found_in_a_capture(shortest: Path, tmp_path: Path) -> None:
    ping = IP(src="10.0.0.2", dst="10.0.3.2") / ICMP() / bytes(40)
    frames = (
        hops("ABD", datagram(7, 41), 100.0) + hops("ACD", ping, 100.2) + hops("AC", datagram(8, 3), 100.1, target="D")
    )
    found = sightings(shortest, write(tmp_path / "x.pcapng", frames))
    assert [(row.flow, row.sequence, row.way, row.arrived) for row in found] == [
        (7, 41, BY_B, True),
        (8, 3, ("A", "C"), False),
    ]
    assert found[1].time == pytest.approx(100.1, abs=1e-5)


def test_moves_go_by_the_order_of_sending() -> None:
    # the second datagram overtakes the first: there is one move, not three
    rows = [at(1.0, BY_C, sequence=2), at(1.1, BY_B, sequence=1), at(1.2, BY_C, sequence=3)]
    assert moves(rows) == [Move(1, 1.0, BY_B, BY_C)]


def test_moves_are_told_by_flow_and_leave_out_what_was_lost() -> None:
    rows = [
        at(1.0, BY_B),
        at(1.1, ("A", "C"), arrived=False),
        at(1.2, BY_B),
        at(1.1, BY_C, flow=2),
        at(1.3, BY_B, flow=2),
    ]
    assert moves(rows) == [Move(2, 1.3, BY_C, BY_B)]
    assert set(by_flow(rows)) == {1, 2}


def test_a_link_is_used_in_one_direction() -> None:
    assert uses(BY_B, BD)
    assert not uses(BY_B, ("D", "B"))
    assert not uses(BY_C, BD)


def test_leaving_a_link() -> None:
    rows = [at(9.5, BY_B), at(9.9, BY_B), at(10.1, BY_B), at(10.3, BY_C), at(10.4, BY_B), at(10.6, BY_C)]
    found = leaving(rows, BD, event=10.0, end=12.0, before_s=1.0)
    assert found.first == pytest.approx(0.3)
    assert found.last == pytest.approx(0.4)
    assert found.there == 1


def test_only_flows_that_were_there_are_looked_at() -> None:
    rows = [at(9.5, BY_C), at(10.2, BY_C), at(10.3, BY_B)]
    assert leaving(rows, BD, event=10.0, end=12.0, before_s=1.0) == Leaving(None, None, 0)


def test_a_flow_that_left_before_was_not_there() -> None:
    rows = [at(9.5, BY_B), at(9.8, BY_C), at(10.1, BY_C), at(9.8, BY_B, flow=2), at(10.2, BY_C, flow=2)]
    found = leaving(rows, BD, event=10.0, end=12.0, before_s=1.0)
    assert found.there == 1
    assert found.first == pytest.approx(0.2)


def test_a_datagram_lost_on_the_link_has_not_left_it() -> None:
    rows = [at(9.5, BY_B), at(10.2, ("A", "B"), arrived=False), at(10.5, BY_C)]
    found = leaving(rows, BD, event=10.0, end=12.0, before_s=1.0)
    assert found.first == pytest.approx(0.5)


def test_nobody_leaves() -> None:
    found = leaving([at(9.5, BY_B), at(11.9, BY_B)], BD, event=10.0, end=12.0, before_s=1.0)
    assert found.first is None
    assert found.last == pytest.approx(1.9)


def test_coming_back() -> None:
    rows = [at(9.9, BY_B), at(10.1, BY_C), at(10.2, BY_B, arrived=False), at(10.7, BY_B)]
    assert coming(rows, BD, event=10.0, end=12.0) == pytest.approx(0.7)
    assert coming(rows, BD, event=10.8, end=12.0) is None


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        ([10.1, 10.2, 10.3, 10.4, 10.5], 0.0),
        ([10.1, 10.4, 10.5], 0.4),
        ([10.1], None),
        ([], None),
        ([9.0, 10.1, 10.2, 10.3, 10.45, 20.0], 0.0),
        ([10.2, 10.3, 10.4, 10.5], 0.2),
        ([10.2, 10.4, 10.5], 0.4),
    ],
)
def test_silence_lasts_until_datagrams_come_regularly(times: list[float], wanted: float | None) -> None:
    found = silence(times, event=10.0, end=10.5, longest=0.15)
    assert found == (None if wanted is None else pytest.approx(wanted))


def test_segments_are_ordered_as_they_were_sent(shortest: Path, tmp_path: Path) -> None:
    def segment(number: int, port: int = 5000) -> IP:
        return IP(src="10.0.0.2", dst="10.0.3.2", id=number % 65536) / TCP(sport=port, dport=5201) / bytes([1] * 50)

    # the segments by C are overtaken, one wraps; the other connection is smaller
    sent = [
        (65533, "ACD", 0.030),
        (65534, "ACD", 0.031),
        (65535, "ABD", 0.001),
        (65536, "ABD", 0.002),
        (65537, "ABD", 0.003),
    ]
    frames = [frame for number, way, time in sent for frame in hops(way, segment(number), 100 + time)]
    frames += hops("ABD", segment(7, port=5001), 100.0) + hops("ABD", datagram(1, 1), 100.0)
    loaded = load(shortest, Reporter())
    read = read_frames(write(tmp_path / "x.pcapng", frames), shim_of(loaded))
    ordered = as_sent(paths(loaded, read, interfaces_of(loaded)))
    assert ["A" + "?BCD"[path.switches[1]] + "D" for path in ordered] == [way for _, way, _ in sent]
