"""`contra net` as a user types it. The real network is slow and needs the tools; wrong use is not, and does not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from contra.cli.contra import main as contra
from contra.cli.contrac import main as contrac
from contra.deploy.network import preflight

REPO = Path(__file__).parent.parent.parent


def missing() -> str | None:
    """Why a real network cannot be made here, or None."""
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    absent = [tool for tool in (*preflight.TOOLS, "p4c-bm2-ss") if shutil.which(tool) is None]
    return f"{', '.join(absent)} not installed" if absent else None


REASON = missing()
real = pytest.mark.skipif(REASON is not None, reason=str(REASON))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONTRA_RUN", str(tmp_path / "run"))


@pytest.mark.parametrize("action", ["status", "down", "verify", "routes", "ping"])
def test_without_a_network(action: str, capsys: Any) -> None:
    code = contra(["net", action])
    said = capsys.readouterr()
    if action == "down":
        assert (code, said.out) == (0, "no network 'contra' was running\n")
    else:
        assert code == 1
        assert "CTR0808" in said.err
        assert "contra net up BUILD" in said.err


def test_a_name_that_cannot_be_one(capsys: Any) -> None:
    assert contra(["net", "status", "--name", "../x"]) == 1
    assert "CTR0807" in capsys.readouterr().err


def test_no_build(tmp_path: Path, capsys: Any) -> None:
    assert contra(["net", "up", str(tmp_path)]) == 1
    assert "CTR1002" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("scale", ["0", "-1", "1/0", "fast", ""])
def test_a_scale_that_is_none(scale: str, capsys: Any) -> None:
    assert contra(["net", "up", "build", f"--scale={scale}"]) == 2
    assert "expected a factor such as 1/500" in capsys.readouterr().err


@pytest.mark.parametrize(("text", "reason"), [("zz", "holds no probe key"), ("00", "found 2 characters")])
def test_a_key_that_is_none(text: str, reason: str, tmp_path: Path, capsys: Any) -> None:
    build = tmp_path / "build"
    assert contrac([str(REPO / "examples/waypoint.ctr"), str(REPO / "topologies/abilene.json"), "-o", str(build)]) == 0
    key = tmp_path / "key"
    key.write_text(text)
    assert contra(["net", "up", str(build), "--probe-key", str(key)]) == 1
    said = capsys.readouterr().err
    assert "CTR0815" in said
    assert reason in said


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("net") / "build"
    assert contrac([str(REPO / "examples/waypoint.ctr"), str(REPO / "topologies/abilene.json"), "-o", str(folder)]) == 0
    return folder


def command(*words: str) -> subprocess.CompletedProcess[str]:
    """`contra net` in a process of its own, as it forks the one that holds the network."""
    code = "import sys; from contra.cli.contra import main; sys.exit(main())"
    argv = [sys.executable, "-c", code, "net", *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, cwd=REPO)


@pytest.fixture
def network(build: Path, own_folder: None) -> Iterator[Path]:
    started = command("up", str(build), "--isolate", "--json")
    assert started.returncode == 0, started.stderr
    yield build
    assert command("down").returncode == 0


@pytest.mark.testbed
@pytest.mark.slow
@real
@pytest.mark.skipif(find_spec("p4runtime_sh") is None, reason="p4runtime-shell is not installed")
def test_a_network_of_real_switches(network: Path) -> None:
    """Up, look, break, mend, restart, apply: each as said in docs/testbed.md."""
    assert "110 of 110 pairs of hosts answer" in command("ping").stdout
    assert "as compiled" in command("verify").stdout
    assert command("fail", "KSCY-IPLS").returncode == 0
    status = json.loads(command("status", "--json").stdout)
    assert [link["name"] for link in status["links"] if not link["up"]] == ["KSCY-IPLS"]
    assert command("heal").returncode == 0
    assert command("restart", "KSCY").returncode == 0
    assert "0 inserted, 0 modified, 0 deleted" in command("apply", str(network)).stdout
    assert "as compiled" in command("verify").stdout
    wrong = command("fail", "KSCY-NOWHERE")
    assert wrong.returncode == 1
    assert "CTR1020" in wrong.stderr
    actions = {json.loads(line)["action"] for line in (network / "deploy/journal.jsonl").read_text().splitlines()}
    assert {"pipeline", "insert", "link_down", "link_up", "restart", "up"} <= actions
