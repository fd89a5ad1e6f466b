"""A process of its own for a network: forked from the command that starts it, and ended with the network.

The command that forked it hears of its progress over a channel. If that command goes before the network is ready
(Ctrl-C, a closed terminal, kill -9), what was started is taken down again.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from contra.deploy.daemon.channel import Channel

Body = Callable[[Channel], None]
"""Makes the network, serves it, and has it taken down when it returns or raises."""


TAKEN = "taken"
"""What the command says when it has heard that the network is ready: now it may go."""
_ENDING = (signal.SIGINT, signal.SIGTERM)


class Cancelled(BaseException):
    """The daemon is told to end."""


@contextmanager
def signals_waiting() -> Iterator[None]:
    """Signals that end a process wait until `let_signals_in`, so that none comes between a fork and its handling."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_signals_in() -> None:
    """Whatever has waited comes now."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def launch(body: Body, log: Path) -> Channel:
    """Fork a daemon that runs `body`; our end of the channel to it. What it prints goes to `log`.

    To be called inside `signals_waiting`; `body` lets signals in once it can take down what it makes.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        theirs.close()
        os.waitpid(child, 0)
        return Channel(ours)
    try:
        ours.close()
        os.setsid()
        if os.fork() == 0:
            _detach(log)
            _run(body, Channel(theirs))
    finally:
        os._exit(0)
    raise AssertionError("not reached")


def cancel_with(channel: Channel) -> None:
    """End this process in order if the other end of the channel goes before it has said that it takes the network."""

    def watch() -> None:
        while (message := channel.receive()) is not None:
            if TAKEN in message:
                return
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True, name="contra-channel").start()


def _run(body: Body, channel: Channel) -> None:
    signal.signal(signal.SIGTERM, _cancel)
    signal.signal(signal.SIGINT, _cancel)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        body(channel)
    except Cancelled:
        return
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        channel.close()


def _cancel(number: int, frame: object) -> None:
    hold_signals()
    raise Cancelled


def hold_signals() -> None:
    """From now on no signal but kill -9 interrupts: something is being taken down."""
    for each in _ENDING:
        signal.signal(each, signal.SIG_IGN)


def _detach(log: Path) -> None:
    """Away from the terminal and the folder of the command."""
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDONLY)
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(said)
