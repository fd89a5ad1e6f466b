"""The probe clock: one tick to every switch that starts probes, once a period, for as long as the network runs.

Switches tick one after the other, spread over the period, so that rounds of probes do not meet in queues. When a tick
is due follows from the start and its number, so that no error adds up; a clock that comes late leaves out the rounds
that it has missed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from contra.diagnostics import CompileError, Diagnostic


class Time(Protocol):
    """The time that a clock lives in."""

    def now_ns(self) -> int:
        """Monotonic."""

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Until the event is set, at most so long."""


class RealTime:
    """That of the machine."""

    def now_ns(self) -> int:
        """Monotonic."""
        return time.monotonic_ns()

    def wait(self, wake: threading.Event, seconds: float) -> None:
        """Until the event is set, at most so long."""
        wake.wait(seconds)


@dataclass(frozen=True, slots=True)
class Schedule:
    """When tick `number` (counted over all switches) is due: round by round, switch by switch."""

    start_ns: int
    period_ns: int
    switches: int

    def due_ns(self, number: int) -> int:
        """The time of a tick."""
        return self.start_ns + number * self.period_ns // self.switches

    def next_after(self, number: int, now_ns: int) -> int:
        """The tick to wait for after `number`: the next one, or the same switch's first that is not over."""
        following = number + 1
        late = now_ns - self.due_ns(following)
        return following + late // self.period_ns * self.switches if late >= self.period_ns else following


class ProbeClock:
    """Ticks on a thread of its own, from `start` to `stop`. A switch that cannot be reached misses its ticks; the
    others do not wait for it.
    """

    def __init__(
        self, switches: Sequence[int], period_us: int, tick: Callable[[int], None], world: Time | None = None
    ) -> None:
        """`tick` raises CompileError where a switch does not take it, and must not wait."""
        self._switches, self._period_ns, self._tick = tuple(switches), period_us * 1000, tick
        self._time: Time = world or RealTime()
        self._stopped, self._running, self._wake = threading.Event(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self.rounds = 0
        """Whole rounds so far."""
        self.missed: dict[int, int] = {}
        """Ticks that a switch did not take, by switch."""
        self.latest = 0.0
        """Seconds by which the latest tick of all came too late."""
        self.failures: dict[int, tuple[Diagnostic, ...]] = {}
        """Why the last tick of a switch failed; of those alone that do not take ticks now."""

    def start(self) -> None:
        """Begin to tick, at once."""
        self._running.set()
        if self._thread is None and self._switches:
            self._thread = threading.Thread(target=self._run, name="probe clock", daemon=True)
            self._thread.start()

    def pause(self) -> None:
        """Keep still until `resume`: the network's state then ages, as if all controllers were gone."""
        self._running.clear()
        self._wake.set()

    def resume(self) -> None:
        """Tick again, beginning with a new period."""
        self._running.set()

    def stop(self) -> None:
        """End, and wait for the thread."""
        self._stopped.set()
        self._running.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def paused(self) -> bool:
        """Whether ticks are held back."""
        return not self._running.is_set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._running.wait()
            self._wake.clear()
            self._tick_until_paused()

    def _tick_until_paused(self) -> None:
        schedule = Schedule(self._time.now_ns(), self._period_ns, len(self._switches))
        number = 0
        while self._running.is_set() and not self._stopped.is_set():
            early = schedule.due_ns(number) - self._time.now_ns()
            if early > 0:
                self._time.wait(self._wake, early / 1e9)
                continue
            self.latest = max(self.latest, -early / 1e9)
            place = number % len(self._switches)
            self._one(self._switches[place])
            self.rounds += place == len(self._switches) - 1
            number = schedule.next_after(number, self._time.now_ns())

    def _one(self, switch: int) -> None:
        try:
            self._tick(switch)
            self.failures.pop(switch, None)
        except CompileError as error:
            self.missed[switch] = self.missed.get(switch, 0) + 1
            self.failures[switch] = error.diagnostics
