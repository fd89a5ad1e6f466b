"""The loop of `contra net watch` in a real pseudo-terminal: keys, sizes, signals, and a terminal left as it was."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from deploy.state.test_watch import abilene

from contra.deploy.errors import ToolError, ToolMissing
from contra.deploy.state.terminal import run_watch, write_once
from contra.deploy.state.watch import History, advance
from contra.render import ENTER_SCREEN, LEAVE_SCREEN, TOP

HERE = Path(__file__)
PROGRAM = """
import sys
from deploy.state.test_terminal import in_the_terminal
in_the_terminal(sys.argv[1])
"""


def in_the_terminal(mood: str) -> None:
    """What runs there."""
    looks = 0

    def take():  # type: ignore[no-untyped-def]
        nonlocal looks
        looks += 1
        if (mood == "sticks" and looks > 1) or mood == "slow":
            time.sleep(60)
        if (mood == "fails" and looks > 1) or mood == "refused":
            raise ToolError([ToolMissing(tool="contra", purpose="a test", fix="wait")])
        if mood == "breaks" and looks > 1:
            raise ZeroDivisionError("broken")
        return abilene(float(looks))

    run_watch(take, sys.stdout, sys.stdin, color=True, interval=0.05)
    sys.stdout.write("done\n")


class Terminal:
    """A program in a pseudo-terminal."""

    def __init__(self, argv: list[str], lines: int = 24, columns: int = 80) -> None:
        self.master, self.slave = pty.openpty()
        self.resize(lines, columns)
        self.before = termios.tcgetattr(self.slave)
        root = HERE.parents[3]
        env = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{root / 'tests'}", "PYTHONIOENCODING": "utf-8"}
        self.process = subprocess.Popen(
            argv,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            env=env,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        self.heard = ""

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until(self, text: str, seconds: float = 20.0) -> str:
        """Read until a text comes; what came before it and with it, and that is forgotten."""
        end = time.monotonic() + seconds
        while text not in self.heard:
            assert time.monotonic() < end, f"no {text!r} in {self.heard[-2000:]!r}"
            if select.select([self.master], [], [], 0.2)[0]:
                self.heard += os.read(self.master, 65536).decode("utf-8", "replace")
        found, self.heard = self.heard[: self.heard.index(text) + len(text)], self.heard.split(text, 1)[1]
        return found

    def key(self, key: str) -> None:
        os.write(self.master, key.encode())

    def ended(self) -> str:
        """Wait for the end; the terminal must be as it was."""
        text = self.until(LEAVE_SCREEN)
        while self.process.poll() is None:
            if select.select([self.master], [], [], 0.1)[0]:
                self.heard += os.read(self.master, 65536).decode("utf-8", "replace")
        assert termios.tcgetattr(self.slave) == self.before
        return text

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def terminals():
    made: list[Terminal] = []

    def start(mood: str) -> Terminal:
        made.append(Terminal([sys.executable, "-c", PROGRAM, mood]))
        made[-1].until(ENTER_SCREEN)
        return made[-1]

    yield start
    for each in made:
        each.close()


@pytest.mark.parametrize("how", ["q", "Q", "\x03", "\x04", "TERM", "HUP", "INT"])
def test_every_way_out_restores_the_terminal(terminals, how: str) -> None:
    terminal = terminals("good")
    terminal.until("Paths of new packets")
    assert termios.tcgetattr(terminal.slave) != terminal.before
    if len(how) == 1:
        terminal.key(how)
    else:
        os.kill(terminal.process.pid, getattr(signal, f"SIG{how}"))
    terminal.ended()
    assert terminal.process.returncode == 0
    assert "Traceback" not in terminal.heard


def test_other_keys_do_nothing_and_a_new_size_is_used(terminals) -> None:
    terminal = terminals("good")
    terminal.until("Paths of new packets")
    terminal.key("xyz\x1b[A ")
    terminal.resize(12, 60)
    terminal.until("11 less full ones are not shown")
    terminal.resize(5, 20)
    terminal.until("too small")
    terminal.resize(24, 80)
    terminal.until("Paths of new packets")
    terminal.key("q")
    terminal.ended()


def test_a_look_that_takes_long_does_not_hold_keys_up(terminals) -> None:
    terminal = terminals("slow")
    terminal.until("waiting for the first look")
    started = time.monotonic()
    terminal.key("q")
    terminal.ended()
    assert terminal.process.returncode == 0
    assert time.monotonic() - started < 30  # the look takes 60


def test_what_passes_is_said_below_the_last_picture(terminals) -> None:
    terminal = terminals("fails")
    picture = terminal.until("'contra' is not installed").split(TOP)[-1]
    assert "Paths of new packets" in picture
    assert "no answer for" in picture
    terminal.key("q")
    terminal.ended()


def test_a_picture_that_is_old_says_so(terminals) -> None:
    terminal = terminals("sticks")
    picture = terminal.until("no answer for 3 s").split(TOP)[-1]
    assert "Paths of new packets" in picture
    terminal.until("no answer for 4 s")
    terminal.key("q")
    terminal.ended()


def test_what_would_pass_ends_it_where_there_is_no_picture_yet(terminals) -> None:
    terminal = terminals("refused")
    terminal.ended()
    assert terminal.process.returncode == 1
    assert "ToolError" in terminal.heard


def test_what_does_not_pass_ends_it(terminals) -> None:
    terminal = terminals("breaks")
    terminal.ended()
    assert terminal.process.returncode == 1
    assert "ZeroDivisionError: broken" in terminal.heard


def test_stopped_and_continued(terminals) -> None:
    terminal = terminals("good")
    terminal.until("Paths of new packets")
    terminal.key("\x1a")
    terminal.until(LEAVE_SCREEN)
    deadline = time.monotonic() + 20
    while Path(f"/proc/{terminal.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "T":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert termios.tcgetattr(terminal.slave) == terminal.before
    os.kill(terminal.process.pid, signal.SIGCONT)
    terminal.until(ENTER_SCREEN)
    terminal.until("Paths of new packets")
    terminal.key("q")
    terminal.ended()


def test_one_picture_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "70")
    monkeypatch.setenv("LINES", "20")
    out = io.StringIO()
    write_once(advance(History(), abilene()), out, color=False)
    lines = out.getvalue().split("\n")
    assert lines[0].startswith("abilene: 11 switches")
    assert lines[-1] == ""
    assert lines[-2]
    assert len(lines) <= 21
    assert max(map(len, lines)) <= 70
    assert "\x1b" not in out.getvalue()
