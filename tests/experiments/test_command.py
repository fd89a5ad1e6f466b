"""`contra exp`: what it shows, refuses and hands on."""

from __future__ import annotations

import importlib
import io
import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from contra.cli import progress
from contra.cli.contra import main
from contra.cli.progress import GridLine
from contra.diagnostics import CompileError
from contra.experiments import read
from contra.experiments.read import ready_made
from contra.experiments.runner import Progress

TEXT = """
name = "pair"
title = "Two hosts"
topology = "diamond"
pairs = [["hA", "hD"], ["hB", "hC"]]
workloads = ["web-search", "64kB"]
loads = [0.5, 1]
seeds = [1, 2]
flows = 1000
[[scheme]]
baseline = "ecmp"
[[scheme]]
name = "MU"
policy = "minimize(path.util)"
[[failure]]
link = "A-B"
at = "5ms"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pair.toml").write_text(TEXT, encoding="utf-8")
    return "pair.toml"


def test_show(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Two hosts send at 10 Gbit/s each; 16 runs of 1000 flows, half of them of 1.7 MB, half of 64 kB: 14.2 GB."""
    assert main(["exp", "show", file]) == 0
    shown = {line.split("  ")[1]: line.strip() for line in capsys.readouterr().out.splitlines()[1:]}
    assert "hA -> hD, hB -> hC" in shown["pairs"]
    assert "20Gbit of payload" in shown["load 1"]
    assert "A-B@5ms" in shown["failure"]
    assert "16: 1 network x 2 schemes x 2 workloads x 2 loads x 2 seeds, about 14.2 GB" in shown["runs"]
    assert not Path("results").exists()


def test_list_names_what_is_ready(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "two-hosts.toml").write_text(TEXT, encoding="utf-8")
    monkeypatch.setattr(read, "READY", tmp_path)
    assert main(["exp", "list"]) == 0
    assert capsys.readouterr().out.split() == ["two-hosts", "16", "runs", "Two", "hosts"]
    assert main(["exp", "show", "two-hosts"]) == 0
    assert capsys.readouterr().out.startswith("pair: Two hosts\n")
    assert main(["exp", "show", "two-host"]) == 1
    assert "did you mean 'two-hosts'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ready_made())
def test_every_ready_made_experiment_can_be_read(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exp", "show", name]) == 0, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["exp", "run", "nothing.toml"], 1, "cannot read the experiment 'nothing.toml'"),
        (["exp", "run", "nothing"], 1, "there is no experiment 'nothing'"),
        (["exp", "run", "."], 1, "cannot read the experiment '.'"),
        (["exp", "run", "pair.toml", "--jobs", "0"], 2, "expected a whole number from 1 to 1024"),
        (["exp", "run", "pair.toml", "--only", "scheme=UM"], 1, "has no scheme 'UM'; expected ecmp, MU"),
        (["exp", "run", "pair.toml", "--out", "pair.toml"], 1, "'pair.toml' is no folder of results: it is a file"),
        (["exp", "rnu", "pair.toml"], 2, "did you mean 'run'?"),
        (["exp"], 2, "the following arguments are required: ACTION"),
        (["exp", "run", ""], 2, "expected a name"),
    ],
)
def test_refused(file: str, arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == code
    assert said in capsys.readouterr().err
    assert not Path("results").exists()


def test_messages_as_json(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(file).write_text(TEXT.replace("loads = [0.5, 1]", "loads = [0.5, 2]"), encoding="utf-8")
    assert main(["exp", "run", file, "--error-format", "json"]) == 1
    (diagnostic,) = json.loads(capsys.readouterr().err)["diagnostics"]
    assert (diagnostic["code"], diagnostic["line"], diagnostic["column"]) == ("CTR1527", 7, 15)


def test_report_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    called = []

    def write_report(folder: Path, out: Path | None, reporter: Any, *, against: Path | None) -> tuple[Path, ...]:
        called.append((folder, out, against))
        return (folder / "report.html",)

    module = types.SimpleNamespace(write_report=write_report)
    monkeypatch.setitem(sys.modules, "contra.experiments.report", module)
    assert main(["exp", "report", "r"]) == 0
    assert main(["exp", "report", "r", "-o", "page", "--against", "q"]) == 0
    assert called == [(Path("r"), None, None), (Path("r"), Path("page"), Path("q"))]
    assert capsys.readouterr().out == "r/report.html\nr/report.html\n"


def test_asking_costs_little(file: str) -> None:
    """`show` loads no compiler of machine code."""
    before = set(sys.modules)
    assert main(["exp", "show", file]) == 0
    assert not {"numba", "llvmlite"} & (set(sys.modules) - before)


# ------------------------------------------------------------------------------------------------ progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class NowTimer:
    """Fires at once, in the same thread."""

    def __init__(self, delay: float, call: Any) -> None:
        self.call, self.daemon = call, False

    def start(self) -> None:
        self.call()

    def cancel(self) -> None:
        pass


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress.threading, "Timer", NowTimer)  # type: ignore[attr-defined]
    stream = Terminal()
    with GridLine(True, stream) as line:
        line.say("compiling MU")
        line.progress(Progress(12, 20, 2, 50.0, "MU 64kB load 0.5 seed 1"))
        line.progress(Progress(20, 20, 2, 4000.0, "MU 64kB load 0.5 seed 2"))
    shown = stream.getvalue()
    assert "compiling MU" in shown
    assert "[##############..........] 12 of 20 runs, 0:40 left, MU 64kB load 0.5 seed 1" in shown
    assert "20 of 20 runs, MU" in shown
    assert shown.endswith("\r\x1b[K")


def test_a_line_for_each_run_in_a_file() -> None:
    stream = io.StringIO()
    with GridLine(True, stream) as line:
        line.say("compiling MU")
        line.progress(Progress(2, 20, 2, 0.0))
        line.progress(Progress(3, 20, 2, 400.0, "one"))
    assert stream.getvalue() == " 3 of 20 runs: one, 1:53:20 left\n"
    with GridLine(False, quiet := io.StringIO()) as line:
        line.progress(Progress(3, 20, 2, 400.0, "one"))
    assert (quiet.getvalue(), line.last.done if line.last else 0) == ("", 3)


def test_an_error_of_the_report_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def write_report(folder: Path, out: Path | None, reporter: Any, *, against: Path | None) -> tuple[Path, ...]:
        errors = importlib.import_module("contra.experiments.errors")
        raise CompileError([errors.NotOurResults(path="r", reason="it is empty")])

    module = types.SimpleNamespace(write_report=write_report)
    monkeypatch.setitem(sys.modules, "contra.experiments.report", module)
    assert main(["exp", "report", "r"]) == 1
    assert "CTR1532" in capsys.readouterr().err
