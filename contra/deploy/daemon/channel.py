"""JSON documents over a stream socket, one a line, both ways."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any


class Channel:
    """One end. Sending is safe from several threads; receiving is one thread's business."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._reader = sock.makefile("rb")
        self._lock = threading.Lock()

    def send(self, message: Mapping[str, Any]) -> bool:
        """Send a message; False if the other end has gone."""
        data = json.dumps(message, ensure_ascii=False).encode() + b"\n"
        try:
            with self._lock:
                self._socket.sendall(data)
        except OSError:
            return False
        return True

    def receive(self) -> dict[str, Any] | None:
        """The next message; None if the other end has gone or does not speak JSON."""
        try:
            line = self._reader.readline()
            message = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError):
            return None
        return message if isinstance(message, dict) else None

    def finish(self) -> None:
        """Send no more, which the other end sees; it may go on to send."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def drain(self, seconds: float) -> None:
        """Wait until the other end has gone, but no longer than so long between two messages."""
        with suppress(OSError):
            self._socket.settimeout(seconds)
            while self._reader.readline():
                pass

    def close(self) -> None:
        """Close both directions; a reader on either side sees the end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._reader.close()
            self._socket.close()
