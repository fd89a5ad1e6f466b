"""Where the core's machine code is kept, and that runs without numba do not load it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from contra.engine import jit

ROOT = Path(jit.__file__).parent.parent.parent
RUN = """
from support.fake import chain, frame
from contra.engine.network import Network
import sys
network = Network(chain(2, {jit}), jit={jit})
flow = network.add_flow("h1")
network.add_udp("h0", frame(1), size=100, gap_ps=10**6, flow=flow, stop_ps=10**8)
network.run(10**9)
print(network.flow_totals(flow).received, "numba" in sys.modules)
"""


def start(compiled: bool, cache: Path) -> subprocess.Popen[str]:
    """A process that runs a small network."""
    environment = {**os.environ, "CONTRA_CACHE": str(cache), "PYTHONPATH": os.pathsep.join((str(ROOT), "tests"))}
    command = [sys.executable, "-c", RUN.format(jit=compiled)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_python_needs_no_numba(tmp_path: Path) -> None:
    out, errors = start(False, tmp_path / "cache").communicate()
    assert (out.split(), errors) == (["100", "False"], "")
    assert not (tmp_path / "cache").exists()


@pytest.mark.slow
def test_two_first_runs_at_a_time_share_one_cache(tmp_path: Path) -> None:
    processes = [start(True, tmp_path) for _ in range(2)]
    assert [process.communicate() for process in processes] == [("100 True\n", "")] * 2
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")}
    assert len(before) == 2
    assert start(True, tmp_path).communicate() == ("100 True\n", "")
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.nb?")} == before


def test_the_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CONTRA_CACHE", str(tmp_path / "mine"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert jit.cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("CONTRA_CACHE")
    assert jit.cache_folder() == tmp_path / "xdg" / "contra"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert jit.cache_folder() == Path.home() / ".cache" / "contra"


def test_a_folder_that_cannot_be_written_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert not jit.usable(tmp_path / "file" / "cache")
    assert jit.usable(tmp_path / "new" / "cache")


def test_the_digest_follows_the_core_and_the_interface(tmp_path: Path) -> None:
    import shutil

    for part in ("p4", "engine"):
        shutil.copytree(ROOT / "contra" / part, tmp_path / "contra" / part)
    engine = tmp_path / "contra" / "engine"
    first = jit.digest(engine)
    assert first == jit.digest(engine)
    seen = {first}
    for path in (engine / "core" / "heap.py", engine / "jit.py", tmp_path / "contra" / "p4" / "abi.py"):
        path.write_text(path.read_text() + "\n# changed\n")
        seen.add(jit.digest(engine))
    assert len(seen) == 4
