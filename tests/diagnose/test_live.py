"""A user breaks one entry of a real switch by BMv2's own command line, and is pointed to the policy."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bmv2 import cli_command, cli_environment, missing_cli
from support.deployment import Deployment, diamond, missing

from contra.cli.contrac import main as contrac

REPO = Path(__file__).parent.parent.parent
REASON = missing() or missing_cli()
pytestmark = [
    pytest.mark.testbed,
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
]
CODE = "import sys; from contra.cli.contra import main; sys.exit(main())"
POLICY = "minimize(if .* {} .* then (1, path.len) else (2, path.len))\n"
NODE, ENTER = "ContraIngress.decide.product_node", "ContraIngress.decide.enter_node"


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(tmp_path / "run", uuid.uuid4().hex)
    yield made
    made.net("down")


def diagnosed(deployment: Deployment, build: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", CODE, "diagnose", str(build), *more]
    return subprocess.run(
        command, cwd=REPO, env=deployment.environment(), capture_output=True, text=True, timeout=120, check=False
    )


def by_hand(deployment: Deployment, line: str) -> str:
    """A line of simple_switch_CLI, at the first switch."""
    row = json.loads(deployment.net("status", "--json").stdout)["switches"][0]
    if row["thrift"] is None:
        pytest.skip("this simple_switch_grpc was built without Thrift")
    command = ["nsenter", "-t", str(row["pid"]), "-n", *(cli_command() or []), "--thrift-port", str(row["thrift"])]
    done = subprocess.run(
        command, input=f"{line}\n", env=cli_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


def test_an_entry_broken_by_hand(deployment: Deployment, tmp_path: Path) -> None:
    build, policy = tmp_path / "build", tmp_path / "p.ctr"
    policy.write_text(POLICY.format("dhB"))
    topology = diamond(tmp_path, "dh")
    assert contrac([str(policy), str(topology), "-o", str(build), "-q"]) == 0
    with deployment.up(build):
        assert diagnosed(deployment, build).stdout == "4 switches: nothing is wrong\n"

        assert "Modifying" in by_hand(deployment, f"table_modify {NODE} {ENTER} 0 => 0 9 1 0")
        done = diagnosed(deployment, build)
        assert done.returncode == 1
        assert "1. dhA: corrupted entry (certain)" in done.stdout
        assert "p.ctr:1:" in done.stdout
        assert deployment.net("apply", str(build)).returncode == 0
        assert diagnosed(deployment, build).returncode == 0

        assert "Entry has been added" in by_hand(deployment, "table_add ContraIngress.ingress_port NoAction 77 =>")
        (verdict,) = json.loads(diagnosed(deployment, build, "--json").stdout)["verdicts"]
        assert (verdict["switch"], verdict["cause"]) == ("dhA", "corrupted entry")
        assert deployment.net("restart", "dhA").returncode == 0

        assert "Deleting entry" in by_hand(deployment, f"table_delete {NODE} 0")
        assert "1. dhA: corrupted entry (certain)" in diagnosed(deployment, build).stdout
        assert deployment.net("apply", str(build)).returncode == 3
        done = diagnosed(deployment, build)
        assert "1. dhA: corrupted entry (likely)" in done.stdout
        assert "contra net restart dhA" in done.stdout
        assert deployment.net("restart", "dhA").returncode == 0
        assert diagnosed(deployment, build).returncode == 0
