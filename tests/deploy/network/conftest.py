"""What tests of real networks start from."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.real_machine import REPO, RUN

from contra.cli.contrac import main as contrac


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build") / "diamond"
    policy, topology = REPO / "examples" / "congestion-aware.ctr", REPO / "topologies" / "diamond.json"
    assert contrac([str(policy), str(topology), "-o", str(folder), "--p4c", "-q"]) == 0
    return folder


@pytest.fixture(autouse=True)
def own_run(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """A mark in the environment of all that a test starts, whoever starts it."""
    monkeypatch.setenv(RUN, f"{os.getpid()} {request.node.name}")
