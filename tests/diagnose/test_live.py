"""A user breaks one entry of a real switch by hand, by BMv2's own command line or by p4runtime-shell, and is pointed
to the policy; or stops or kills a switch.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bmv2 import cli_command, cli_environment, missing_cli
from support.deployment import Deployment, diamond, missing

from contra.cli.contrac import main as contrac

REPO = Path(__file__).parent.parent.parent
REASON = missing()
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


def told(deployment: Deployment, command: str, build: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """What `contra verify`, `localize` or `diagnose` says of the running network."""
    command_line = [sys.executable, "-c", CODE, command, str(build), *more]
    return subprocess.run(
        command_line, cwd=REPO, env=deployment.environment(), capture_output=True, text=True, timeout=120, check=False
    )


def diagnosed(deployment: Deployment, build: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return told(deployment, "diagnose", build, *more)


def first_switch(deployment: Deployment) -> dict[str, Any]:
    row = json.loads(deployment.net("status", "--json").stdout)["switches"][0]
    assert isinstance(row, dict)
    return row


def by_shell(deployment: Deployment, *lines: str) -> None:
    """Lines of p4runtime-shell, at the first switch, as a controller that comes before ours."""
    row = first_switch(deployment)
    command = ["nsenter", "-t", str(row["pid"]), "-n", sys.executable, "-m", "p4runtime_sh"]
    command += ["--grpc-addr", row["p4runtime"], "--device-id", "1", "--election-id", "0,2"]
    text = "".join(f"{line}\n" for line in lines)
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert "Error" not in done.stdout + done.stderr


def by_hand(deployment: Deployment, line: str) -> str:
    """A line of simple_switch_CLI, at the first switch."""
    row = first_switch(deployment)
    if row["thrift"] is None:
        pytest.skip("this simple_switch_grpc was built without Thrift")
    command = ["nsenter", "-t", str(row["pid"]), "-n", *(cli_command() or []), "--thrift-port", str(row["thrift"])]
    done = subprocess.run(
        command, input=f"{line}\n", env=cli_environment(), capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout


@pytest.mark.skipif(missing_cli() is not None, reason=str(missing_cli()))
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


SHELL = (
    f'entry = table_entry["{NODE}"](action="{ENTER}")',
    'entry.match["hop"], entry.match["tag"] = "1", "0"',
)


def test_an_entry_broken_over_p4runtime(deployment: Deployment, tmp_path: Path) -> None:
    """Altered, then deleted: each of the three commands names switch, entry and line."""
    build, policy = tmp_path / "build", tmp_path / "p.ctr"
    policy.write_text("# by B, unless that is full\n\n" + POLICY.format("dpB"))
    assert contrac([str(policy), str(diamond(tmp_path, "dp")), "-o", str(build), "-q"]) == 0
    altered = 'entry.action.set(tag="0", rule="9", group="1", turn="0")'
    with deployment.up(build):
        for lines, what in (((altered, "entry.modify()"), "rule is 9"), (("entry.delete()",), "missing")):
            by_shell(deployment, *SHELL, *lines)
            for command in ("verify", "localize", "diagnose"):
                done = told(deployment, command, build)
                assert (done.returncode, done.stderr) == (1, ""), command
                assert all(each in done.stdout for each in ("dpA", "product_node[hop=1, tag=0]", what, "p.ctr:3:"))
            assert "dpA: corrupted entry (certain)" in done.stdout
            assert deployment.net("apply", str(build)).returncode == 0
            assert diagnosed(deployment, build).returncode == 0


def test_a_switch_that_is_stopped_and_one_that_is_killed(deployment: Deployment, tmp_path: Path) -> None:
    build = tmp_path / "build"
    policy = str(REPO / "examples/shortest-path.ctr")
    assert contrac([policy, str(diamond(tmp_path, "ds")), "-o", str(build), "-q"]) == 0
    with deployment.up(build):
        for how in (signal.SIGSTOP, signal.SIGKILL):
            os.kill(first_switch(deployment)["pid"], how)
            done = diagnosed(deployment, build)
            assert done.returncode == 1
            assert "1. dsA: switch unreachable (certain)" in done.stdout
            assert "2. " not in done.stdout
            assert deployment.net("restart", "dsA").returncode == 0
            assert diagnosed(deployment, build).returncode == 0
