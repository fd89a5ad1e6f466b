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

    `stream` and `keys` are the terminal, written to and read from. Where they are no terminal, one picture is written
    and that is it. What `take` raises ends the watching, unless it is `transient`: then it is said below the last
    picture.
    """
    if not (stream.isatty() and keys.isatty()):
        width, height = shutil.get_terminal_size((100, 40))
        lines = screen(advance(History(), take()), width, height, _style(stream, color), " ")
        stream.write("\n".join(line.rstrip() for line in lines).rstrip() + "\n")
        return
    looking = _Looking(take, interval, transient)
    with _screen_of(stream, keys) as again, suppress(KeyboardInterrupt):
        looking.start()
        try:
            _loop(looking, stream, keys, _style(stream, color), again)
        finally:
            looking.stop()


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
        picture = (looking.number, size)
        if picture != drawn or again.is_set():
            again.clear()
            history, note = looking.history, looking.note
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
        self.history = History()
        self.note = ""
        """What is wrong, and since when the picture is old."""
        self.number = 0
        """Grows with every look."""
        self.failure: Exception | None = None
        """What ended the looking."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """No further look; one that is under way is not waited for."""
        self._end.set()

    def _run(self) -> None:
        failed_at: float | None = None
        while not self._end.is_set():
            due = time.monotonic() + self._interval
            try:
                self.history = advance(self.history, self._take())
                self.note, failed_at = "", None
            except self._transient as error:
                failed_at = failed_at or time.monotonic()
                self.note = f"no answer for {time.monotonic() - failed_at:.0f} s: {error}"
            except Exception as error:
                self.failure = error
                return
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
