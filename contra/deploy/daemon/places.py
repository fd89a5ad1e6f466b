"""Where a running network keeps what other processes need to find it: one folder per name."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from contra.deploy.errors import BadName
from contra.diagnostics import CompileError

ROOT_VARIABLE = "CONTRA_RUN"
"""Environment variable that names another folder than DEFAULT_ROOT."""
DEFAULT_ROOT = Path("/run/contra")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}")


@dataclass(frozen=True, slots=True)
class Places:
    """The folder of one running network and the files in it."""

    name: str
    folder: Path

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return self.folder / "socket"

    @property
    def ledger(self) -> Path:
        """What was made, for a clean-up after any end."""
        return self.folder / "ledger.json"

    @property
    def log(self) -> Path:
        """What the daemon has to say."""
        return self.folder / "daemon.log"

    @property
    def logs(self) -> Path:
        """Folder of what the switches say."""
        return self.folder / "logs"


def places_of(name: str) -> Places:
    """The places of a network by its name. Raises CompileError for a name that cannot be one."""
    if not _NAME.fullmatch(name):
        raise CompileError([BadName(name=name)])
    root = Path(os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)
    return Places(name, root / name)


def running_names() -> list[str]:
    """Names of the networks that have a folder, alive or not."""
    root = Path(os.environ.get(ROOT_VARIABLE) or DEFAULT_ROOT)
    try:
        return sorted(entry.name for entry in root.iterdir() if _NAME.fullmatch(entry.name))
    except OSError:
        return []
