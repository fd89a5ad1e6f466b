"""What is told where a package of the extra `diagnosis` is not installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.verifying import REPO, compiled, held, remove, written

WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named '{{name}}'", name=name)
sys.meta_path.insert(0, Missing())
from contra.cli.contra import main
sys.exit(main(sys.argv[1:]))
"""


def without(names: tuple[str, ...], *words: str) -> subprocess.CompletedProcess[str]:
    """`contra` in an environment without some packages."""
    command = [sys.executable, "-c", WITHOUT.format(names=names), *words]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)


@pytest.fixture
def broken(tmp_path: Path) -> tuple[str, str, str]:
    build = compiled(tmp_path)
    snapshot = held(build)
    remove(snapshot, "KSCY", lambda row: row.get("match") == {"hop": 1})
    return str(build), "--snapshot", str(written(tmp_path, snapshot))


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("numpy", ("localize",)),
        ("numpy", ("diagnose",)),
        ("scipy", ("localize", "--method", "exact")),
    ],
)
def test_the_extra_is_named(broken: tuple[str, ...], missing: str, words: tuple[str, ...]) -> None:
    done = without((missing,), *words, *broken)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines() == [
        f"contra: the Python package '{missing}', which 'contra localize' and 'contra diagnose' need, is not installed",
        "  = help: install contrac with it: pip install 'contrac[diagnosis]'",
    ]


def test_the_default_method_needs_no_solver(broken: tuple[str, ...]) -> None:
    done = without(("scipy",), "localize", *broken)
    assert done.returncode == 1
    assert "table KSCY.hop_port" in done.stdout


def test_the_check_needs_none_of_them(broken: tuple[str, ...]) -> None:
    """Where entries overlap it is coarser without dd, and says so (CTR1709, tests/verify/test_overlap.py)."""
    done = without(("numpy", "scipy", "dd"), "verify", *broken)
    assert done.returncode == 1
    assert "hop_port[hop=1]" in done.stdout
    assert "error" not in done.stderr


def test_the_help_needs_nothing() -> None:
    for command in ("verify", "localize", "diagnose", "chaos"):
        done = without(("numpy", "scipy", "dd", "grpc", "p4"), command, "--help")
        assert (done.returncode, done.stderr) == (0, "")
