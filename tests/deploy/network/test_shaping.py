"""Capacities and queues: the commands, and what is read back."""

from __future__ import annotations

from typing import Any

import pytest

from contra.deploy.errors import ToolError
from contra.deploy.network import shaping
from contra.deploy.network.shaping import Shape

SHAPE = Shape(interface="s1-eth1", capacity=20_000_000, packets=64, frame=1550)


@pytest.mark.parametrize(
    ("capacity", "mtu", "most", "packets"),
    [
        (20_000_000, 1536, 64, 64),  # 100 ms are 161 frames
        (20_000_000, 1536, None, 161),
        (5_000_000, 1536, 64, 40),
        (1_000_000, 1536, 64, 16),
        (8_000, 1536, 64, 16),
        (10**9, 1486, None, 8333),
    ],
)
def test_room_of_queues(capacity: int, mtu: int, most: int | None, packets: int) -> None:
    assert shaping.queue_packets(capacity, mtu, most) == packets


def test_room_for_packets_on_their_way() -> None:
    """20 Mbit/s for 31 ms are 77500 bytes, 50 frames of 1550; one byte more needs another place."""
    late = Shape(interface="x", capacity=20_000_000, packets=64, frame=1550, latency_ns=31_000_000)
    assert shaping.room(late) == 64 + 50
    assert shaping.room(Shape(interface="x", capacity=20_000_000, packets=64, frame=1549, latency_ns=31_000_000)) == 115
    assert list(shaping.commands(late))[-1].endswith("netem delay 31000.000us limit 114")


def disciplines(**leaf: Any) -> list[dict[str, Any]]:
    return [
        {"kind": "htb", "handle": "5:", "root": True, "dev": "s1-eth1"},
        {"kind": "pfifo", "handle": "10:", "parent": "5:1", "options": {"limit": 64}} | leaf,
    ]


CLASS = "class htb 5:1 root leaf 10: prio 0 rate {} ceil {} burst 5000b cburst 5000b "


@pytest.mark.parametrize(
    ("capacity", "printed"),
    [  # as tc of iproute2 6.1 prints what it was given
        (20_000_000, "20Mbit"),
        (12_345_678, "12345Kbit"),
        (40_000_007, "40Mbit"),
        (123_456_789, "123456Kbit"),
        (1_000_000_000, "1Gbit"),
        (8_001, "8Kbit"),
        (999_999, "999992bit"),
    ],
)
def test_rates_as_they_are_printed(capacity: int, printed: str) -> None:
    shape = Shape(interface="s1-eth1", capacity=capacity, packets=64, frame=1550)
    shaping.check(shape, disciplines(), CLASS.format(printed, printed))
    other = Shape(interface="s1-eth1", capacity=capacity * 102 // 100, packets=64, frame=1550)
    with pytest.raises(ToolError):
        shaping.check(other, disciplines(), CLASS.format(printed, printed))


@pytest.mark.parametrize(
    ("rows", "classes", "what"),
    [
        ([], CLASS.format("20Mbit", "20Mbit"), "the queueing discipline"),
        (disciplines()[:1], CLASS.format("20Mbit", "20Mbit"), "the queue"),
        (disciplines(kind="blackhole"), CLASS.format("20Mbit", "20Mbit"), "the queue"),
        (disciplines(options={"limit": 1000}), CLASS.format("20Mbit", "20Mbit"), "the room of the queue"),
        (disciplines(), "", "the rate"),
        (disciplines(), CLASS.format("21Mbit", "21Mbit"), "the rate"),
    ],
)
def test_what_is_not_as_wanted(rows: list[dict[str, Any]], classes: str, what: str) -> None:
    with pytest.raises(ToolError) as error:
        shaping.check(SHAPE, rows, classes)
    (problem,) = error.value.diagnostics
    assert problem.code == "CTR1237"
    assert problem.title_text().startswith(f"{what} of interface 's1-eth1'")
