"""A line on the terminal while something takes long."""

from __future__ import annotations

import sys
import threading
from types import TracebackType
from typing import TextIO

from contra.driver import Progress
from contra.render import ERASE_LINE

DELAY = 0.5
"""Seconds before anything is drawn."""
_WIDTH = 24


class ProgressLine:
    """Shows the stage on stderr if that is a terminal and the work takes longer than DELAY."""

    def __init__(self, enabled: bool, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()
        self._last: Progress | None = None
        self._open = False
        self._timer: threading.Timer | None = None
        if enabled and self._stream.isatty():
            self._timer = threading.Timer(DELAY, self._start)
            self._timer.daemon = True

    def __enter__(self) -> ProgressLine:
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

    def __call__(self, progress: Progress) -> None:
        """Take note of where the work is."""
        with self._lock:
            self._last = progress
            if self._open:
                self._draw()

    def _start(self) -> None:
        with self._lock:
            if self._timer:
                self._open = True
                self._draw()

    def _draw(self) -> None:
        if self._last:
            done = _WIDTH * (self._last.number + 1) // (self._last.total + 1)
            files = f" {self._last.files} files" if self._last.files else ""
            bar = "#" * done + "." * (_WIDTH - done)
            self._write(f"{ERASE_LINE}[{bar}] {self._last.stage}{files}")

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
