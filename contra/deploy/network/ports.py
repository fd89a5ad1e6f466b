"""TCP ports of this thread's namespace: which are taken, and by whom."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_TABLES = ("tcp", "tcp6")
_LISTEN = "0A"


def taken(ports: Iterable[int]) -> list[int]:
    """Those of the ports on which a server cannot listen."""
    return [port for port in ports if not _free(port)]


def holder(port: int, proc: Path = Path("/proc")) -> str:
    """The process that listens on a port, as "NAME (process N)"; empty where it cannot be found."""
    inodes = _listening(port, proc)
    for entry in proc.iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):
            if any(link.readlink().as_posix() in inodes for link in (entry / "fd").iterdir()):
                return f"{(entry / 'comm').read_text().strip()} (process {entry.name})"
    return ""


def _free(port: int) -> bool:
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True


def _listening(port: int, proc: Path) -> set[str]:
    """The sockets that listen on a port, as links of /proc/PID/fd name them."""
    found = set()
    for table in _TABLES:
        with suppress(OSError):
            for line in (proc / "thread-self/net" / table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTEN and int(words[1].rpartition(":")[2], 16) == port:
                    found.add(f"socket:[{words[9]}]")
    return found
