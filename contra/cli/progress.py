"""A line on the terminal while something takes long."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TextIO

from contra.driver import Progress
from contra.render import ERASE_LINE

if TYPE_CHECKING:
    from contra.engine.run.experiment import Moment
    from contra.experiments.runner import Progress as Runs

DELAY = 0.5
"""Seconds before anything is drawn."""
PAUSE = 0.04
"""Seconds before it is drawn anew."""
_WIDTH = 24


class Line:
    """A line on stderr if that is a terminal and the work takes longer than DELAY. What it says is `text`."""

    def __init__(self, enabled: bool, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._last: Any = None
        self._open = False
        self._timer: threading.Timer | None = None
        if enabled and self._stream.isatty():
            self._timer = threading.Timer(DELAY, self._start)
            self._timer.daemon = True

    def __enter__(self) -> Self:
        if self._timer:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer:
            self._timer.cancel()
        with self._lock:
            if self._open:
                self._write(ERASE_LINE)
            self._open = False
            self._timer = None

    def note(self, last: Any) -> None:
        """Take note of where the work is."""
        with self._lock:
            self._last = last
            if self._open:
                self._draw()

    def text(self, last: Any) -> str:
        """The line for what was noted last."""
        return str(last)

    def _start(self) -> None:
        with self._lock:
            if self._timer:
                self._open = True
                self._draw()

    def _draw(self) -> None:
        if self._last is not None:
            self._write(f"{ERASE_LINE}{self.text(self._last)}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def _bar(part: int, whole: int) -> str:
    done = _WIDTH * part // whole
    return f"[{'#' * done}{'.' * (_WIDTH - done)}]"


class ProgressLine(Line):
    """The stage of a compilation."""

    def __call__(self, progress: Progress) -> None:
        """Take note of where the work is."""
        self.note(progress)

    def text(self, last: Progress) -> str:
        """A bar, the stage, the files written."""
        files = f" {last.files} files" if last.files else ""
        return f"{_bar(last.number + 1, last.total + 1)} {last.stage}{files}"


class RunLine(Line):
    """How far a simulation is."""

    _drawn = 0.0

    def say(self, what: str) -> None:
        """What is being done, before and after the simulation."""
        self.note(what)

    def moment(self, moment: Moment) -> None:
        """Take note of the virtual time, unless that was just done."""
        if moment.seconds - self._drawn > PAUSE:
            self._drawn = moment.seconds
            self.note(moment)

    def text(self, last: Moment | str) -> str:
        """A bar, the virtual time, packet-hops and their rate."""
        if isinstance(last, str):
            return last
        rate = last.packet_hops / max(last.seconds, 1e-9) / 1e6
        clock = f"{last.now_ps / 1e12:.3f} of {last.until_ps / 1e12:.3f} s"
        return (
            f"{_bar(last.now_ps, last.until_ps)} {clock}, {last.packet_hops:,} packet-hops, {rate:.2f} million a second"
        )


class GridLine(Line):
    """How far an experiment is: a bar on a terminal, else a line for each run that is finished."""

    def __init__(self, enabled: bool, stream: TextIO | None = None) -> None:
        super().__init__(enabled, stream)
        self.last: Runs | None = None
        self._plain = enabled and not self._stream.isatty()

    def say(self, what: str) -> None:
        """What is being done before the first run."""
        self.note(what)

    def progress(self, runs: Runs) -> None:
        """Take note of a finished run."""
        self.last = runs
        self.note(runs)
        if self._plain and runs.last:
            self._write(f"{runs.done:{len(str(runs.total))}} of {runs.total} runs: {runs.last}{_left(runs)}\n")

    def text(self, last: Runs | str) -> str:
        """A bar, runs, what is left, the run that was finished last."""
        if isinstance(last, str):
            return last
        behind = f", {last.last}" if last.last else ""
        return f"{_bar(last.done, max(last.total, 1))} {last.done} of {last.total} runs{_left(last)}{behind}"


def _left(runs: Runs) -> str:
    """The time that is left at the pace so far."""
    if runs.remaining_s is None or runs.done == runs.total:
        return ""
    minutes, seconds = divmod(round(runs.remaining_s), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f", {clock} left"
