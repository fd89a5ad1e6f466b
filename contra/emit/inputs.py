"""What a build was made from, for the manifest, and which part of the build a file belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """One input of a compilation."""

    kind: str
    """`policy` or `topology`."""
    name: str
    """As the user wrote it: a path, or a name such as `zoo:Abilene`."""
    sha256: str
    """Of the file's bytes; of its content in our own form where the input is no file."""


def input_file(kind: str, name: str, stand_in: Callable[[], str]) -> InputFile:
    """Describe an input; `stand_in` gives the text to hash where `name` is no regular file."""
    path = Path(name)
    data = path.read_bytes() if path.is_file() else stand_in().encode()
    return InputFile(kind=kind, name=name, sha256=sha256(data).hexdigest())


def part_of(path: str) -> str:
    """Which of `p4`, `entries`, `graph`, `probes`, `manifest` a file of the build is, by its path."""
    if path == "manifest.json":
        return "manifest"
    if path.startswith("graph/"):
        return "graph"
    if path.startswith("tools/"):
        return "probes"
    return "p4" if path.endswith(".p4") else "entries"
