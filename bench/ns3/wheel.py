"""Finds the `ns3` wheel and builds the model with it. ns-3 is never imported: only its headers and libraries count."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from contra.engine.simulation import cache_dir

MODEL = Path(__file__).parent / "model.cc"
LIBRARIES = ("core", "network", "internet", "point-to-point")
FLAGS = ("-std=c++20", "-O2", "-DNS3_LOG_ENABLE", "-DNS3_ASSERT_ENABLE")
"""The wheel's libraries are built with logging and assertions, which changes the layout of their classes."""
WANTED = "3.44"
PYTHON = "CONTRA_NS3_PYTHON"
_INSTALL = "pip install --no-deps 'ns3==3.44.post0'"
_LOCATE = """
import importlib.metadata, importlib.util
spec = importlib.util.find_spec("ns3")
if spec is not None and spec.submodule_search_locations:
    print(next(iter(spec.submodule_search_locations)))
    print(importlib.metadata.version("ns3"))
"""


class Unavailable(Exception):
    """ns-3 or what it takes to use it is missing; the text says what to do."""


@dataclass(frozen=True)
class Wheel:
    """An installed `ns3` wheel."""

    folder: Path
    version: str

    @property
    def libraries(self) -> Path:
        """Where its shared objects are."""
        return self.folder / "lib64"


def find(python: Path | None = None) -> Wheel:
    """The wheel that an interpreter would import: that of $CONTRA_NS3_PYTHON by default, else this one.

    Raises Unavailable.
    """
    command = str(python or os.environ.get(PYTHON) or sys.executable)
    try:
        done = subprocess.run([command, "-c", _LOCATE], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"cannot run {command}: {error}") from error
    lines = done.stdout.split("\n")
    if done.returncode != 0 or len(lines) < 2 or not (Path(lines[0]) / "include" / "ns3").is_dir():
        raise Unavailable(
            f"{command} has no ns3 wheel.\nInstall it ({_INSTALL}; Linux on x86-64, 65 MB),"
            f" or name an interpreter that has it with --ns3-python or in {PYTHON}."
        )
    if not lines[1].startswith(f"{WANTED}."):
        raise Unavailable(f"{command} has ns3 {lines[1]}, the model is for {WANTED}: {_INSTALL}")
    return Wheel(Path(lines[0]), lines[1])


def model(wheel: Wheel) -> Path:
    """The model's executable, built where it is not yet in the cache. Raises Unavailable."""
    compiler = os.environ.get("CXX") or "g++"
    text = MODEL.read_bytes()
    key = hashlib.sha256(b"\0".join((text, str(wheel.folder).encode(), wheel.version.encode(), compiler.encode())))
    made = cache_dir() / "ns3" / f"model-{key.hexdigest()[:16]}"
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        _compile(compiler, wheel, made)
    return made


def _compile(compiler: str, wheel: Wheel, made: Path) -> None:
    if shutil.which(compiler) is None:
        raise Unavailable(f"no C++ compiler '{compiler}': install g++, or name another in CXX")
    with tempfile.TemporaryDirectory(dir=made.parent) as folder:
        out = Path(folder) / "model"
        done = subprocess.run(command(compiler, wheel, out), capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"{compiler} could not build {MODEL.name}:\n{done.stderr[:2000]}")
        out.replace(made)


def command(compiler: str, wheel: Wheel, out: Path) -> list[str]:
    """How the model is built."""
    libraries = [f"-lns{WANTED}-{name}" for name in LIBRARIES]
    paths = [f"-I{wheel.folder / 'include'}", f"-L{wheel.libraries}", f"-Wl,-rpath,{wheel.libraries}"]
    return [compiler, *FLAGS, str(MODEL), "-o", str(out), *paths, *libraries]
