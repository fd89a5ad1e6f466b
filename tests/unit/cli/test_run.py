"""`contra run` as users meet it: arguments, streams, exit codes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.running import DIAMOND, build

from contra.cli.contra import main

ROOT = Path(__file__).parent.parent.parent.parent
DOCUMENTED = re.compile(r"^\| `([a-z_]+)` \|", re.M)


@pytest.fixture(scope="module")
def diamond(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("diamond"), "minimize(path.lat)", DIAMOND)


def run(*arguments: object) -> int:
    return main(["run", *map(str, arguments), "--no-jit"])


def test_the_report_goes_to_stdout_and_files_are_named_there(diamond: Path, tmp_path: Path, capsys: Any) -> None:
    files = ["--picture", tmp_path / "a.png", "--pcap", tmp_path / "caps"]
    assert run(diamond, "--for", "150ms", "--traffic", "hA:hD:8Mbit", "--fail", "A-B@80ms..90ms", *files) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for title in ("Run of", "Convergence", "Best paths", "Flows", "Failures", "Drops", "Probes", "Busiest links"):
        assert re.search(rf"^{title}", out, re.M), title
    assert f"{tmp_path}/caps/: 10 captures, SWITCH-PORT.pcap, with" in out
    assert f"{tmp_path}/a.png: what happened over time" in out
    assert max(map(len, out.splitlines())) <= 100 + len(str(tmp_path))


def test_json_has_the_keys_that_the_page_lists(diamond: Path, capsys: Any) -> None:
    assert run(diamond, "--for", "150ms", "--traffic", "hA:hD:8Mbit", "--fail", "A-B@80ms", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    page = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    documented = set(DOCUMENTED.findall(page.split("## The report as JSON")[1]))

    def keys(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(keys, value))
        if isinstance(value, dict):
            return set(value).union(*map(keys, value.values()))
        return set()

    assert keys(report) <= documented
    assert set(report) <= documented and report["flows"][0]["sent"] > 100
    assert report["time_ns"] == 150_000_000 and report["pcap"] is None


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--for", "5"], 1, "'5' has no unit"),
        (["--for", "0s"], 1, "a duration of nothing"),
        (["--traffic", "hA:hX:5Mbit"], 1, "no host or switch 'hX'"),
        (["--traffic", "missing.json"], 1, "cannot read the traffic file 'missing.json'"),
        (["--fail", "A-D@2s"], 1, "there is no link from 'A' to 'D'"),
        (["--queue", "ten"], 2, "found 'ten', expected packets such as 1000, or bytes such as 150kB"),
        (["--queue", "0"], 2, "found '0', expected packets"),
        (["--queue", "5k"], 2, "found '5k', expected packets"),
        (["--ecn", "0"], 2, "expected a whole number from 1"),
        (["--picture", "a.gif"], 2, "expected a file name that ends in .svg or .png"),
        (["--picture", "nowhere/a.svg"], 1, "there is no folder 'nowhere'"),
    ],
)
def test_what_is_wrong_is_said(diamond: Path, arguments: list[str], code: int, message: str, capsys: Any) -> None:
    assert run(diamond, *arguments) == code
    out, err = capsys.readouterr()
    assert out == "" and message in err


@pytest.mark.parametrize(
    ("text", "limits"), [("7", (7, 0)), ("150kB", (0, 150_000)), ("2KiB", (0, 2048)), ("9B", (0, 9))]
)
def test_limits_of_queues(text: str, limits: tuple[int, int]) -> None:
    from contra.cli.contra import make_parser

    assert make_parser(("run",)).parse_args(["run", "build", "--queue", text]).queue == limits


def test_no_build(tmp_path: Path, capsys: Any) -> None:
    assert run(tmp_path / "none") == 1
    assert "is no build of contrac: there is no such folder" in capsys.readouterr().err


BLOCKED = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {name!r}:
            raise ModuleNotFoundError(name, name={name!r})
sys.meta_path.insert(0, Missing())
from contra.cli.contra import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("name", ["numpy", "numba", "matplotlib"])
def test_what_is_not_installed_is_named(diamond: Path, name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", BLOCKED.format(name=name), "run", str(diamond), "--for", "20ms"]
    command += ["--picture", str(tmp_path / "a.png")] if name == "matplotlib" else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CONTRA_CACHE": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 3 and done.stdout == ""
    assert f"the Python package '{name}', which simulations need, is not installed" in done.stderr
    assert "pip install 'contrac[sim]'" in done.stderr
    assert ("--no-jit" in done.stderr) == (name == "numba")
    if name == "numba":
        plain = subprocess.run([*command, "--no-jit"], capture_output=True, text=True, env=environment, check=False)
        assert plain.returncode == 0 and "Run of" in plain.stdout


def test_ctrl_c_gives_the_report_so_far(diamond: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    from contra.engine.network import Network

    real, calls = Network.run, []

    def press(self: Network, until_ps: int) -> bool:
        calls.append(until_ps)
        if len(calls) == 100:
            raise KeyboardInterrupt
        return real(self, until_ps)

    monkeypatch.setattr(Network, "run", press)
    assert run(diamond, "--for", "1s", "--traffic", "hA:hD:8Mbit") == 130
    assert "interrupted after" in capsys.readouterr().out
