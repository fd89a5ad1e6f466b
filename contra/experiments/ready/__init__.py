"""The experiments that ship with contrac: a TOML file each, and beside them the policies they need."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def names() -> tuple[str, ...]:
    """Names of the ready-made experiments, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def path(name: str) -> Path | None:
    """The file of a ready-made experiment, None where there is none of this name."""
    return _FOLDER / f"{name}.toml" if name in names() else None
