"""The commands of `contra` on small inputs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contra.cli.contra import main
from contra.diagnostics import Reporter
from contra.topology import load

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -------------------------------------------------------------------------------------------------- topo


@pytest.mark.parametrize(
    ("arguments", "switches", "links", "hosts"),
    [
        (["fat-tree", "4"], 20, 32, 16),
        (["fat-tree", "4", "--hosts-per-edge", "0"], 20, 32, 0),
        (["fat-tree", "4", "--oversubscription", "2"], 20, 32, 32),
        (["leaf-spine", "4", "2", "--hosts-per-leaf", "3"], 6, 8, 12),
        (["ring", "5"], 5, 5, 0),
        (["grid", "2", "3", "--hosts-per-switch", "1"], 6, 7, 6),
        (["random", "10", "--degree", "4", "--seed", "7"], 10, 20, 0),
    ],
)
def test_generators(arguments: list[str], switches: int, links: int, hosts: int, capsys: Any) -> None:
    assert main(["topo", *arguments, "-o", "net.json"]) == 0
    assert capsys.readouterr().out == f"net.json: {switches} switches, {links} links, {hosts} hosts\n"
    topology = load("net.json", Reporter())
    assert (len(topology.switches), len(topology.links), len(topology.hosts)) == (switches, links, hosts)


def test_a_generated_topology_to_stdout_with_its_link_defaults(capsys: Any) -> None:
    assert main(["topo", "ring", "3", "--capacity", "40Gbit", "--latency", "3us"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert {link["capacity"] for link in content["links"]} == {"40Gbit"}
    assert {link["latency"] for link in content["links"]} == {"3us"}


def test_the_same_seed_gives_the_same_bytes(capsys: Any) -> None:
    texts = []
    for seed in ("1", "1", "2"):
        assert main(["topo", "random", "20", "--degree", "3", "--seed", seed]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ring", "2"], "at least 3 switches"),
        (["fat-tree", "3"], "even"),
        (["fat-tree", "x"], "whole number from 2 to 256"),
        (["random", "5", "--degree", "3"], ""),
        (["random", "5"], "--degree"),
        (["fat-tree", "4", "--oversubscription", "0"], "expected a ratio"),
        (["fat-tree", "4", "--oversubscription", "1/0"], "expected a ratio"),
        (["star", "4"], "KIND"),
        ([], "KIND"),
    ],
)
def test_sizes_that_do_not_exist_are_wrong_usage(arguments: list[str], said: str, capsys: Any) -> None:
    assert main(["topo", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_import_says_what_it_assumed(capsys: Any) -> None:
    Path("net.json").write_text('{"switches": {"A": {}, "B": {}}, "links": [{"ends": ["A", "B"]}]}', encoding="utf-8")
    assert main(["topo", "import", "net.json", "-o", "full.json"]) == 0
    out, err = capsys.readouterr()
    assert out == "full.json: 2 switches, 1 link, 0 hosts\n"
    assert "warning[" in err
    assert main(["topo", "import", "full.json"]) == 0
    assert capsys.readouterr().err == ""


def test_import_of_nothing_is_an_error_of_the_user(capsys: Any) -> None:
    assert main(["topo", "import", "missing.json", "-o", "x.json"]) == 1
    assert not Path("x.json").exists()
    assert main(["topo", "import", "zoo:Atlantis"]) == 1
    assert main(["topo", "import", "missing.json", "--error-format", "json"]) == 1
    assert capsys.readouterr().err.endswith("}\n")


def test_results_go_nowhere_half_written(capsys: Any) -> None:
    Path("folder").mkdir()
    assert main(["topo", "ring", "3", "-o", "folder"]) == 1
    assert main(["topo", "ring", "3", "-o", "no/such/folder.json"]) == 1
    assert capsys.readouterr().err.count("CTR0703") == 2
    assert [path.name for path in Path().iterdir()] == ["folder"]


# --------------------------------------------------------------------------------------------------- fmt

UGLY = "minimize( ( path.len ,path.util ) )  # why\n"


def test_fmt_prints_checks_and_writes(capsys: Any) -> None:
    Path("p.ctr").write_text(UGLY, encoding="utf-8")
    Path("p.ctr").chmod(0o640)
    assert main(["fmt", "p.ctr"]) == 0
    pretty = capsys.readouterr().out
    assert "(path.len, path.util)" in pretty
    assert "# why" in pretty
    assert main(["fmt", "--check", "p.ctr"]) == 1
    assert capsys.readouterr().out == "p.ctr\n"
    assert Path("p.ctr").read_text(encoding="utf-8") == UGLY
    assert main(["fmt", "-w", "p.ctr"]) == 0
    assert Path("p.ctr").read_text(encoding="utf-8") == pretty
    assert Path("p.ctr").stat().st_mode & 0o777 == 0o640
    assert main(["fmt", "--check", "p.ctr"]) == 0
    assert capsys.readouterr() == ("", "")


def test_fmt_shows_the_errors_of_all_files_and_formats_the_rest(capsys: Any) -> None:
    Path("bad.ctr").write_text("minimize(", encoding="utf-8")
    Path("good.ctr").write_text(UGLY, encoding="utf-8")
    assert main(["fmt", "-w", "bad.ctr", "good.ctr", "missing.ctr"]) == 1
    err = capsys.readouterr().err
    assert "bad.ctr" in err
    assert "missing.ctr" in err
    assert Path("good.ctr").read_text(encoding="utf-8") != UGLY
    assert Path("bad.ctr").read_text(encoding="utf-8") == "minimize("


def test_fmt_translates_the_prototypes_dialect_but_not_in_place(capsys: Any) -> None:
    Path("p.hula").write_text("(path.length, path.util)", encoding="utf-8")
    assert main(["fmt", "p.hula"]) == 0
    assert capsys.readouterr().out.startswith("minimize(")
    assert main(["fmt", "-w", "p.hula"]) == 2
    assert Path("p.hula").read_text(encoding="utf-8") == "(path.length, path.util)"


# ------------------------------------------------------------------------------------------ show, graph


@pytest.fixture
def build(own_folder: Path) -> Path:
    folder = own_folder / "build"
    (folder / "graph").mkdir(parents=True)
    (folder / "graph/product.dot").write_text('digraph { "A:0" -> "B:0" }\n', encoding="utf-8")
    return folder


def test_graph_prints_or_writes_the_dot_text(build: Path, capsys: Any) -> None:
    assert main(["graph", "build"]) == 0
    text = capsys.readouterr().out
    assert text == (build / "graph/product.dot").read_text(encoding="utf-8")
    assert main(["graph", "build", "-o", "x.dot"]) == 0
    assert Path("x.dot").read_text(encoding="utf-8") == text


@pytest.mark.skipif(not shutil.which("dot"), reason="graphviz is not installed")
def test_graph_draws(build: Path) -> None:
    assert main(["graph", "build", "--svg", "-o", "x.svg"]) == 0
    assert "<svg" in Path("x.svg").read_text(encoding="utf-8")


def test_graph_without_graphviz_says_how_to_get_it(build: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["graph", "build", "--svg", "-o", "x.svg"]) == 3
    assert "apt install graphviz" in capsys.readouterr().err
    assert not Path("x.svg").exists()


@pytest.mark.parametrize("command", ["graph", "show"])
def test_a_folder_that_is_no_build_is_said(command: str, capsys: Any) -> None:
    if command == "show":
        pytest.importorskip("contra.emit.show")
    assert main([command, "nowhere"]) == 1
    assert capsys.readouterr().err.startswith("error[CTR0")


# -------------------------------------------------------------------------------------------- completion


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_completion_is_a_script_that_the_shell_accepts(shell: str, capsys: Any) -> None:
    pytest.importorskip("shtab")
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "--hula-capacity" in script
    assert "fat-tree" in script
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)


def test_completion_without_shtab_says_how_to_get_it(capsys: Any, monkeypatch: Any) -> None:
    from contra.cli.commands import completion

    monkeypatch.setattr(completion, "find_spec", lambda name: None)
    assert main(["completion", "bash"]) == 3
    assert "contrac[completion]" in capsys.readouterr().err


def test_python_m_contra_is_the_command() -> None:
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, "-m", "contra", "topo", "ring", "2"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == "contra topo ring: error: a ring has at least 3 switches, not 2\n"
