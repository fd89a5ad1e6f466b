"""Asking the daemon of a running network."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from typing import Any

from contra.deploy.daemon.channel import Channel
from contra.deploy.daemon.places import Places, running_names
from contra.deploy.errors import DaemonGone, NotAllowed, NotRunning, ToolError
from contra.diagnostics import CompileError

Say = Callable[[str], None]
"""Takes note of how far something is."""


class RemoteFailure(Exception):
    """What the daemon could not do: its diagnostics, rendered there."""

    def __init__(self, exit_code: int, text: str, data: str) -> None:
        super().__init__(text)
        self.exit_code = exit_code
        self.text = text
        """For people."""
        self.data = data
        """The JSON document for programs."""


def alive(places: Places) -> bool:
    """Whether a daemon listens there. Raises CompileError where that may not be known."""
    sock = _connected(places)
    if sock is not None:
        sock.close()
    return sock is not None


def call(places: Places, request: Mapping[str, Any], say: Say = lambda text: None) -> dict[str, Any]:
    """Ask for something and wait until it is done.

    Raises CompileError where no such network runs, RemoteFailure for what went wrong there.
    """
    sock = _connected(places)
    if sock is None:
        others = ", ".join(name for name in running_names() if name != places.name)
        raise CompileError([NotRunning(name=places.name, others=others)]) from None
    channel = Channel(sock)
    try:
        channel.send(request)
        return answer(channel, say, places)
    finally:
        channel.close()


def answer(channel: Channel, say: Say, places: Places) -> dict[str, Any]:
    """Wait for the answer to a request; progress goes to `say`."""
    while (message := channel.receive()) is not None:
        if "progress" in message:
            say(str(message["progress"]))
        elif "failed" in message:
            failed = message["failed"]
            raise RemoteFailure(int(failed["exit"]), str(failed["text"]), str(failed["data"]))
        elif "result" in message:
            return dict(message["result"])
    raise ToolError([gone(places)])


def gone(places: Places) -> DaemonGone:
    """The message for the end of a daemon."""
    return DaemonGone(name=places.name, log=str(places.log) if places.log.exists() else "")


def _connected(places: Places) -> socket.socket | None:
    """A socket to the daemon, None where there is none. Raises CompileError where we may not use it."""
    sock = socket.socket(socket.AF_UNIX)
    try:
        sock.connect(str(places.socket))
    except PermissionError:
        sock.close()
        raise CompileError([NotAllowed(name=places.name, path=str(places.folder))]) from None
    except OSError:
        sock.close()
        return None
    return sock
