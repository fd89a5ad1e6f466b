"""Faults in networks of real BMv2: 20 switches, all kinds of faults; and a `contra chaos` that is killed on the way."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.deployment import Deployment, diamond, missing, wait_for

from contra.cli.contrac import main as contrac
from contra.deploy.control.journal import journal_path

REPO = Path(__file__).parent.parent.parent
REASON = missing()
pytestmark = [
    pytest.mark.testbed,
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
]
CODE = "import sys; from contra.cli.contra import main; sys.exit(main())"
RUNS = 20
LONGEST_S = 900


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(tmp_path / "run", uuid.uuid4().hex)
    yield made
    made.net("down")


def begun(deployment: Deployment, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", CODE, *words],
        cwd=REPO,
        env=deployment.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def contra(deployment: Deployment, *words: str) -> subprocess.CompletedProcess[str]:
    process = begun(deployment, *words)
    try:
        out, err = process.communicate(timeout=LONGEST_S)
    finally:
        process.kill()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def test_faults_on_twenty_switches(deployment: Deployment, tmp_path: Path) -> None:
    build = tmp_path / "build"
    policy, topology = REPO / "examples/congestion-aware.ctr", REPO / "topologies/fattree-k4.json"
    assert contrac([str(policy), str(topology), "-o", str(build), "-q", "--probe-period", "1s"]) == 0
    with deployment.up(build):
        done = contra(deployment, "chaos", str(build), "--seed", "1", "--runs", str(RUNS), "--json")
        assert done.stdout, done.stderr
        runs = json.loads(done.stdout)["runs"]
        assert len(runs) == RUNS
        assert len({row["switch"] for row in runs}) > 5
        wrong = [row for row in runs if not row["right"]]
        assert len(wrong) * 10 <= RUNS, wrong
        whole = contra(deployment, "verify", str(build))
        assert whole.returncode == 0, whole.stdout


def test_a_run_that_is_killed_leaves_nothing(deployment: Deployment, tmp_path: Path) -> None:
    build = tmp_path / "build"
    topology = diamond(tmp_path, "ck")
    assert contrac([str(REPO / "examples/shortest-path.ctr"), str(topology), "-o", str(build), "-q"]) == 0
    before = deployment.left()
    with deployment.up(build):
        running = begun(deployment, "chaos", str(build), "--fault", "cut-push")
        wait_for(lambda: '"UNAVAILABLE"' in journal_path(build).read_text())
        running.kill()
        running.communicate()
        wait_for(lambda: deployment.net("apply", str(build)).returncode == 0)
        whole = contra(deployment, "verify", str(build))
        assert whole.returncode == 0, whole.stdout
    assert deployment.settled(before) == before


def test_another_build_than_the_one_that_runs(deployment: Deployment, tmp_path: Path) -> None:
    topology, policy = diamond(tmp_path, "cb"), str(REPO / "examples/shortest-path.ctr")
    for name in ("one", "two"):
        assert contrac([policy, str(topology), "-o", str(tmp_path / name), "-q"]) == 0
    with deployment.up(tmp_path / "one"):
        done = contra(deployment, "chaos", str(tmp_path / "two"), "--fault", "corrupt")
        assert (done.returncode, "CTR1907" in done.stderr) == (1, True)
