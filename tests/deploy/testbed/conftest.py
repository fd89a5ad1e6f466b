"""Builds of the diamond, without and with tags."""

from __future__ import annotations

from pathlib import Path

import pytest

from contra.cli.contrac import main as contrac

ROOT = Path(__file__).parent.parent.parent.parent


def compiled(policy: Path, folder: Path) -> Path:
    assert contrac([str(policy), str(ROOT / "topologies" / "diamond.json"), "-o", str(folder), "-q"]) == 0
    return folder


@pytest.fixture(scope="session")
def shortest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Any path is allowed; no tags."""
    return compiled(ROOT / "examples" / "shortest-path.ctr", tmp_path_factory.mktemp("sp") / "build")


@pytest.fixture(scope="session")
def by_b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All paths pass B; shims have a tag."""
    policy = ROOT / "bmv2-testbed" / "policies" / "waypoint-diamond.ctr"
    return compiled(policy, tmp_path_factory.mktemp("waypoint") / "build")
