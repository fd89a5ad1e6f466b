"""The loop of `contra net watch`: a screen that is drawn anew, until `q` or Ctrl-C; the terminal is left as it was."""

from __future__ import annotations

import os
import select
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO

from contra.deploy.state.snapshot import Snapshot
from contra.deploy.state.watch import History, Style, advance, screen
from contra.diagnostics import CompileError
from contra.render import END_OF_LINE, ENTER_SCREEN, ERASE_BELOW, LEAVE_SCREEN, TOP

Take = Callable[[], Snapshot]
"""Looks at the network; raises CompileError where it cannot."""

INTERVAL = 1.0
"""Seconds from one look to the next."""
_LOOP = 0.1
"""Seconds until a key, a new size or a new snapshot shows at the latest."""
_PATIENCE = 3.0
"""Seconds that a look may take, beyond the interval, before the user is told that the picture is old."""
_QUIT = ("q", "Q", "\x03", "\x04", "")


def run_watch(
    take: Take,
    stream: TextIO,
    keys: TextIO,
    *,
    color: bool,
    interval: float = INTERVAL,
    transient: tuple[type[Exception], ...] = (CompileError,),
) -> None:
    """Show the network until the user has enough: `q`, Ctrl-C, the end of the keys, or a signal that ends programs.

    `stream` and `keys` are the terminal, written to and read from. What `take` raises ends the watching, unless there
    is a picture already and it is `transient`: then it is said below that picture.
    """
    looking = _Looking(take, interval, transient)
    with _screen_of(stream, keys) as again, suppress(KeyboardInterrupt):
        looking.start()
        try:
            _loop(looking, stream, keys, _style(stream, color), again)
        finally:
            looking.stop()


def write_once(history: History, stream: TextIO, *, color: bool) -> None:
    """Write one screen as text: as large as the terminal, else COLUMNS (100) times LINES (40)."""
    width, height = shutil.get_terminal_size((100, 40))
    lines = screen(history, width, height, _style(stream, color), " ")
    stream.write("\n".join(line.rstrip() for line in lines).rstrip() + "\n")


def _style(stream: TextIO, color: bool) -> Style:
    """ASCII where the terminal's encoding has no blocks."""
    try:
        (Style().full + Style().empty + Style().more).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return Style(color, ascii=True)
    return Style(color)


def _loop(looking: _Looking, stream: TextIO, keys: TextIO, style: Style, again: threading.Event) -> None:
    drawn: object = None
    while True:
        if looking.failure is not None:
            raise looking.failure
        size = _size(stream)
        history, note = looking.history, looking.note
        picture = (looking.number, size, note)
        if picture != drawn or again.is_set():
            again.clear()
            _draw(stream, screen(history, size[0], size[1], style, note))
            drawn = picture
        if select.select([keys], [], [], _LOOP)[0] and os.read(keys.fileno(), 1).decode("latin-1") in _QUIT:
            return


def _size(stream: TextIO) -> tuple[int, int]:
    try:
        size = os.get_terminal_size(stream.fileno())
    except OSError:
        return 80, 24
    return (size.columns, size.lines) if size.columns and size.lines else (80, 24)


def _draw(stream: TextIO, lines: list[str]) -> None:
    """Over what is there, line by line: nothing flickers."""
    stream.write(TOP + END_OF_LINE.join(lines) + ERASE_BELOW)
    stream.flush()


class _Looking:
    """Takes snapshots on a thread of its own, so that keys are answered while a look takes its time."""

    def __init__(self, take: Take, interval: float, transient: tuple[type[Exception], ...]) -> None:
        self._take = take
        self._interval = interval
        self._transient = transient
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._heard = time.monotonic()
        self._error: Exception | None = None
        self.history = History()
        self.number = 0
        """Grows with every look."""
        self.failure: Exception | None = None
        """What ended the looking."""

    @property
    def note(self) -> str:
        """What is wrong, and since when the picture is old."""
        error, silent = self._error, time.monotonic() - self._heard
        if error is None and silent < self._interval + _PATIENCE:
            return ""
        reason = f": {next(iter(str(error).splitlines()), '')}" if error is not None else ""
        return f"no answer for {silent:.0f} s{reason}"

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No further look; one that is under way is not waited for."""
        self._end.set()

    def _run(self) -> None:
        while not self._end.is_set():
            due = time.monotonic() + self._interval
            try:
                self.history = advance(self.history, self._take())
                self._heard, self._error = time.monotonic(), None
            except Exception as error:
                if self.history.last is None or not isinstance(error, self._transient):
                    self.failure = error
                    return
                self._error = error
            self.number += 1
            self._end.wait(max(0.0, due - time.monotonic()))


@contextmanager
def _screen_of(stream: TextIO, keys: TextIO) -> Iterator[threading.Event]:
    """The alternate screen, keys one by one and unseen; undone whatever happens, also when the program is stopped.

    The event is set when the screen has to be drawn anew.
    """
    import termios
    import tty

    before = termios.tcgetattr(keys)
    again = threading.Event()

    def enter() -> None:
        tty.setcbreak(keys, termios.TCSANOW)
        stream.write(ENTER_SCREEN)
        stream.flush()

    def leave() -> None:
        termios.tcsetattr(keys, termios.TCSANOW, before)
        stream.write(LEAVE_SCREEN)
        stream.flush()

    def ended(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    def stopped(number: int, frame: FrameType | None) -> None:
        leave()
        os.kill(os.getpid(), signal.SIGSTOP)
        enter()
        again.set()

    handlers = {signal.SIGTERM: ended, signal.SIGHUP: ended, signal.SIGTSTP: stopped}
    mine = threading.current_thread() is threading.main_thread()
    old = {number: signal.signal(number, handler) for number, handler in handlers.items()} if mine else {}
    try:
        enter()
        yield again
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
        leave()
