"""The probe clock, in a time of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from contra.deploy.control.client import Kind
from contra.deploy.control.clock import ProbeClock, Schedule
from contra.deploy.control.errors import ControlError, SwitchDied

PERIOD_US = 1000
PERIOD_NS = PERIOD_US * 1000


class World:
    """Time that passes when somebody waits, and switches whose ticks are noted; after so many it ends."""

    def __init__(self, switches: int, ticks: int) -> None:
        self.ns = 5_000_000_000
        self.left = ticks
        self.log: list[tuple[int, int]] = []
        self.ended = threading.Event()
        self.after: Callable[[int, int], None] = lambda switch, count: None
        """Called with each tick: the switch, and how many it has had."""
        self.clock = ProbeClock(range(switches), PERIOD_US, self.tick, self)

    def now_ns(self) -> int:
        return self.ns

    def wait(self, wake: threading.Event, seconds: float) -> None:
        self.ns += round(seconds * 1e9)

    def tick(self, switch: int) -> None:
        self.log.append((switch, self.ns))
        self.left -= 1
        if self.left == 0:
            self.clock._stopped.set()
            self.ended.set()
        self.after(switch, sum(each == switch for each, _ in self.log))

    def run(self) -> None:
        self.clock.start()
        assert self.ended.wait(10)
        self.clock.stop()


def test_each_switch_ticks_once_a_period_and_none_with_another() -> None:
    world = World(4, 40)
    world.run()
    start = world.log[0][1]
    assert [switch for switch, _ in world.log] == [0, 1, 2, 3] * 10
    assert [ns - start for _, ns in world.log] == [number * PERIOD_NS // 4 for number in range(40)]
    assert world.clock.rounds == 10
    assert world.clock.latest == 0


def test_no_error_adds_up() -> None:
    """Three switches do not divide a period; each tick itself takes time."""
    world = World(3, 3000)

    def slow(switch: int, count: int) -> None:
        world.ns += 12_345

    world.after = slow
    world.run()
    start = world.log[0][1]
    assert all(0 <= ns - start - (number * PERIOD_NS // 3) <= 12_345 for number, (_, ns) in enumerate(world.log))


def test_a_clock_that_comes_late_leaves_rounds_out() -> None:
    world = World(2, 8)

    def stuck(switch: int, count: int) -> None:
        if (switch, count) == (0, 2):
            world.ns += 5 * PERIOD_NS + 1  # the machine slept

    world.after = stuck
    world.run()
    start = world.log[0][1]
    assert [(switch, (ns - start) // (PERIOD_NS // 2)) for switch, ns in world.log] == [
        (0, 0), (1, 1), (0, 2), (1, 12), (0, 12), (1, 13), (0, 14), (1, 15)
    ]  # fmt: skip
    assert world.clock.latest == pytest.approx(0.5 * PERIOD_US / 1e6, abs=1e-8)


def test_a_dead_switch_is_told_and_keeps_nobody_up() -> None:
    world = World(3, 18)
    during: list[bool] = []

    def broken(switch: int, count: int) -> None:
        during.append(1 in world.clock.failures)
        if switch == 1 and count in (2, 3, 5):
            raise ControlError(Kind.DIED, SwitchDied(switch="B", doing="", reason=""))

    world.after = broken
    world.run()
    assert [switch for switch, _ in world.log] == [0, 1, 2] * 6
    assert world.clock.missed == {1: 3}
    assert world.clock.failures == {}
    # from its second tick to its fourth, and from its fifth to its sixth
    assert during == [5 <= number <= 10 or 14 <= number <= 16 for number in range(18)]


def test_pause_and_resume_with_real_time() -> None:
    ticks: list[int] = []
    more = threading.Event()

    def tick(switch: int) -> None:
        ticks.append(switch)
        more.set()

    clock = ProbeClock([7], 2000, tick)
    clock.start()
    assert more.wait(5)
    clock.pause()
    assert clock.paused
    threading.Event().wait(0.02)  # whatever was under way is over
    before = len(ticks)
    threading.Event().wait(0.05)
    assert len(ticks) == before
    more.clear()
    clock.resume()
    assert more.wait(5)
    assert not clock.paused
    clock.stop()
    assert clock._thread is not None
    assert not clock._thread.is_alive()
    assert set(ticks) == {7}


def test_a_paused_clock_can_be_stopped() -> None:
    clock = ProbeClock([1], 2000, lambda switch: None)
    clock.start()
    clock.pause()
    clock.stop()
    clock.stop()


def test_a_clock_without_switches_does_nothing() -> None:
    clock = ProbeClock([], PERIOD_US, lambda switch: None)
    clock.start()
    clock.stop()


@pytest.mark.parametrize(("late_periods", "expected"), [(0, 8), (0.5, 8), (1, 11), (2.9, 14)])
def test_the_next_tick_after_a_delay_is_of_the_same_switch(late_periods: float, expected: int) -> None:
    schedule = Schedule(0, PERIOD_NS, 3)
    now = schedule.due_ns(8) + round(late_periods * PERIOD_NS)
    assert schedule.next_after(7, now) == expected
