"""Network namespaces of Linux: which one a thread is in, a new one, another one for a while.

A namespace belongs to a thread, not to a process; threads start in the one of their creator.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from contra.deploy.errors import ToolError
from contra.deploy.network.errors import NamespaceRefused

_NEWNET = 0x40000000
_NEWNS = 0x00020000
_RECURSIVE_SLAVE = (1 << 14) | (1 << 19)
_OWN = Path("/proc/thread-self/ns/net")


def inode(pid: int | None = None) -> int:
    """What identifies the namespace of a process, or of this thread. Raises OSError where there is no such process."""
    return (_OWN if pid is None else Path(f"/proc/{pid}/ns/net")).stat().st_ino


def unshare() -> None:
    """Put this thread into a new namespace, with nothing but a loopback interface that is down. Raises ToolError."""
    _call("unshare", _NEWNET)


def isolate() -> None:
    """Put this thread into a new namespace, with a /sys that shows its interfaces: BMv2 reads their state there.

    Only this thread, and what it starts, has that /sys. Raises ToolError.
    """
    _call("unshare", _NEWNET | _NEWNS)
    _call("mount", b"none", b"/", None, _RECURSIVE_SLAVE, None)
    _call("mount", b"sysfs", b"/sys", b"sysfs", 0, None)


def opened(pid: int | None = None) -> int:
    """A file descriptor of a namespace, which keeps it alive until closed. Raises OSError."""
    return os.open(_OWN if pid is None else f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def enter(descriptor: int) -> None:
    """Put this thread into another namespace. Raises ToolError."""
    _call("setns", descriptor, _NEWNET)


@contextmanager
def inside(pid: int) -> Iterator[None]:
    """This thread is in the namespace of a process for a while. Raises OSError, ToolError."""
    own = opened()
    try:
        other = opened(pid)
        try:
            enter(other)
        finally:
            os.close(other)
        try:
            yield
        finally:
            enter(own)
    finally:
        os.close(own)


def _call(name: str, *arguments: int | bytes | None) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise ToolError([NamespaceRefused(call=name, reason=reason)])
