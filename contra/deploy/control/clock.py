"""The probe clock: a tick for every destination switch once per probe period, spread over the period."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from contra.diagnostics import CompileError, Diagnostic


class ProbeClock:
    """Ticks until it is stopped. A switch that cannot be reached misses its tick; the others do not wait for it."""

    def __init__(self, switches: Sequence[int], period_us: int, tick: Callable[[int], None]) -> None:
        """`tick` raises CompileError where a switch does not take it."""
        self._switches, self._period, self._tick = tuple(switches), period_us / 1e6, tick
        self._stop, self._running = threading.Event(), threading.Event()
        self._running.set()
        self._thread = threading.Thread(target=self._run, name="contra-clock", daemon=True)
        self.rounds = 0
        """Whole rounds so far."""
        self.missed: dict[int, int] = {}
        """Ticks that a switch did not take, by switch."""
        self.latest = 0.0
        """Seconds by which the latest tick of all came too late."""
        self.failures: dict[int, tuple[Diagnostic, ...]] = {}
        """Why the last tick of a switch failed."""

    def start(self) -> None:
        """Tick from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End; no tick comes after this."""
        self._stop.set()
        self._running.set()
        if self._thread.is_alive():
            self._thread.join()

    def pause(self) -> None:
        """Hold the ticks back."""
        self._running.clear()

    def resume(self) -> None:
        """Let them go on."""
        self._running.set()

    @property
    def paused(self) -> bool:
        """Whether ticks are held back."""
        return not self._running.is_set()

    def _run(self) -> None:
        step = self._period / max(1, len(self._switches))
        due = time.monotonic()
        while not self._stop.is_set():
            for index in self._switches:
                if self._stop.wait(max(0.0, due - time.monotonic())):
                    return
                self._running.wait()
                late = time.monotonic() - due
                if late > self._period:  # after a pause, or a machine that slept: begin anew, without a burst
                    due, late = time.monotonic(), 0.0
                self.latest = max(self.latest, late)
                self._one(index)
                due += step
            self.rounds += 1

    def _one(self, index: int) -> None:
        try:
            self._tick(index)
            self.failures.pop(index, None)
        except CompileError as error:
            self.missed[index] = self.missed.get(index, 0) + 1
            self.failures[index] = error.diagnostics
