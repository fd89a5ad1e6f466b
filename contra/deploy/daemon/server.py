"""The daemon's side: requests from the socket to the testbed, answers back.

Requests that change the network run one after the other; looking at it is possible meanwhile.
"""

from __future__ import annotations

import socket
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from contra.deploy.daemon.channel import Channel
from contra.deploy.daemon.client import Say
from contra.deploy.daemon.places import Places
from contra.deploy.errors import DaemonBug, ToolError, UnknownRequest
from contra.diagnostics import CompileError, Diagnostic
from contra.render import render_json, render_text

Answer = Callable[[Mapping[str, Any], Say], Mapping[str, Any]]
"""Request, progress -> result; raises CompileError."""
_FRAMES = 6
INPUT_ERROR, TOOL_FAILED, OUR_BUG = 1, 3, 70
"""Exit codes of the command that asked (contra.cli.frame)."""


class Server:
    """Serves until a request says that it is the last."""

    def __init__(self, places: Places, answers: Mapping[str, Answer], looking: Sequence[str], last: str) -> None:
        """`answers` by name of request; those in `looking` change nothing; `last` ends the server."""
        self._answers = answers
        self._looking = frozenset(looking)
        self._last = last
        self._changing = threading.Lock()
        self._end = threading.Event()
        self._ending: Channel | None = None
        self._socket = socket.socket(socket.AF_UNIX)
        places.socket.unlink(missing_ok=True)
        self._socket.bind(str(places.socket))
        places.socket.chmod(0o600)
        self._socket.listen(16)
        self._socket.settimeout(0.5)

    def serve(self) -> Channel | None:
        """Answer until the end; the channel of whoever asked for it, who waits for the answer."""
        while not self._end.is_set():
            try:
                sock, _ = self._socket.accept()
            except TimeoutError:
                continue
            sock.settimeout(None)
            threading.Thread(target=self._converse, args=(Channel(sock),), daemon=True).start()
        return self._ending

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()

    def _converse(self, channel: Channel) -> None:
        request = channel.receive()
        if request is None:
            channel.close()
            return
        if request.get("do") == self._last:
            self._ending = channel
            self._end.set()
            return
        channel.send(self._answer(request, channel))
        channel.close()

    def _answer(self, request: Mapping[str, Any], channel: Channel) -> Mapping[str, Any]:
        name = str(request.get("do"))
        color = bool(request.get("color"))
        try:
            if name not in self._answers:
                raise CompileError([UnknownRequest(name=name)])
            with nullcontext() if name in self._looking else self._changing:
                return {"result": self._answers[name](request, lambda text: _progress(channel, text))}
        except CompileError as error:
            return failed(error, color)
        except Exception as error:
            traceback.print_exc()
            return bug(error, color)


def _progress(channel: Channel, text: str) -> None:
    channel.send({"progress": text})


def bug(error: Exception, color: bool) -> Mapping[str, Any]:
    """What is sent where we are wrong."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    trail = "\n".join(f"  {Path(each.filename).name}:{each.lineno} {each.name}" for each in frames)
    return _failure(OUR_BUG, [DaemonBug(text=f"{type(error).__name__}: {error}", trail=trail)], color)


def failed(error: CompileError, color: bool) -> Mapping[str, Any]:
    """What is sent where something went wrong."""
    return _failure(TOOL_FAILED if isinstance(error, ToolError) else INPUT_ERROR, error.diagnostics, color)


def _failure(code: int, diagnostics: Sequence[Diagnostic], color: bool) -> Mapping[str, Any]:
    text, data = render_text(diagnostics, color=color), render_json(diagnostics)
    return {"failed": {"exit": code, "text": text, "data": data}}
