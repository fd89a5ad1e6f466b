"""The progress line is drawn on terminals only, and leaves nothing behind."""

from __future__ import annotations

import io
from typing import Any

from contra.cli import progress
from contra.cli.progress import ProgressLine
from contra.driver import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class NowTimer:
    """Fires at once, in the same thread."""

    def __init__(self, delay: float, call: Any) -> None:
        self.call = call
        self.daemon = False

    def start(self) -> None:
        self.call()

    def cancel(self) -> None:
        pass


def test_the_stage_is_shown_and_wiped_out(monkeypatch: Any) -> None:
    monkeypatch.setattr(progress.threading, "Timer", NowTimer)
    stream = Terminal()
    with ProgressLine(True, stream) as line:
        line(Progress("parse", 0, 7))
        line(Progress("emit", 6, 7, files=512))
    text = stream.getvalue()
    assert "parse" in text
    assert "emit 512 files" in text
    assert text.endswith("\r\x1b[K")


def test_short_work_draws_nothing() -> None:
    stream = Terminal()
    with ProgressLine(True, stream) as line:
        line(Progress("parse", 0, 7))
    assert stream.getvalue() == ""


def test_nothing_is_drawn_into_a_file_or_when_told_not_to(monkeypatch: Any) -> None:
    monkeypatch.setattr(progress.threading, "Timer", NowTimer)
    for enabled, stream in ((True, io.StringIO()), (False, Terminal())):
        with ProgressLine(enabled, stream) as line:
            line(Progress("parse", 0, 7))
        assert stream.getvalue() == ""
