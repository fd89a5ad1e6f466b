"""Finds the files that ship beside the code: grammars, P4 templates, topologies.

In a wheel they lie in `contra/_data/<kind>`; in a checkout they are top-level folders.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def resource_dir(kind: str) -> Path:
    """Folder of one kind of resource: `grammar`, `p4templates` or `topologies`.

    Raises FileNotFoundError where the installation is incomplete.
    """
    for candidate in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"contrac's own '{kind}' folder is missing: reinstall contrac")


def read_resource(kind: str, name: str) -> str:
    """The text of one resource file."""
    return (resource_dir(kind) / name).read_text(encoding="utf-8")
