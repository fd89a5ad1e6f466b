"""Clumsy and hostile use of `contra run`, `trace`, `routes`: a message, never a traceback, nothing half-written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.running import DIAMOND, build

from contra.cli.contra import main
from contra.cli.frame import as_process
from contra.diagnostics import Reporter
from contra.p4 import executable
from contra.source import SourceFile

PROGRAM = "programs/destination.p4"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("made"), "minimize(path.util)", DIAMOND)


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A build of its own for a test to spoil."""
    return Path(shutil.copytree(made, tmp_path / "build"))


def edit(path: Path, change: Callable[[str], str]) -> None:
    text = path.read_text(encoding="utf-8")
    assert change(text) != text
    path.write_text(change(text), encoding="utf-8")


@pytest.mark.parametrize("command", [["run", "--for", "10ms"], ["routes"], ["trace", "A", "D"]])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda text: re.sub(r"\bdrops\b", "lost", text), "has no counter 'drops'"),
        (lambda text: re.sub(r"\bcounter\(\d+,", "counter(1,", text), "a counter 'drops' of 1, and the manifest"),
        (lambda text: re.sub(r"\bfwd_next\b", "following", text), "has no register 'fwd_next'"),
        (lambda text: re.sub(r"\blink_load\b", "other_load", text), "has no register 'link_load'"),
        (lambda text: text.replace("<bit<48>>(3)", "<bit<48>>(1)").replace("<bit<48>>(4)", "<bit<48>>(1)"),
         "a register 'link_load' of 1 times 48 bits"),
    ],
)  # fmt: skip
def test_a_program_with_other_state_is_refused(
    folder: Path, command: list[str], change: Any, said: str, capsys: Any
) -> None:
    edit(folder / PROGRAM, change)
    assert main([command[0], str(folder), *command[1:], "--no-jit"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and "CTR1013" in err and said in err and "manifest.json:" in err
    assert err.count("error[") == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda manifest: manifest["metrics"][0].update(unit="ns"), "metric 'util' cannot have 16 bits in units"),
        (lambda manifest: manifest["metrics"][0].update(bits=2**60), "metric 'util' cannot have"),
        (lambda manifest: manifest["metrics"][0].update(name="speed"), "the network has no metric 'speed'"),
        (lambda manifest: manifest["programs"]["destination"].update(cells=[]), "describes none"),
        (
            lambda manifest: manifest["programs"]["destination"]["cells"][0].update(fields=[["version", 2**60]]),
            "the fields of cell 'origin_version' do not have 16 bits together",
        ),
    ],
)
def test_a_manifest_that_describes_something_else(folder: Path, change: Any, said: str, capsys: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    assert main(["routes", str(folder), "--no-jit"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and said in err and "manifest.json:" in err


@pytest.mark.parametrize("value", ["9" * 400, "-" + "9" * 4000, "1e999"])
def test_huge_numbers_in_a_state_file(folder: Path, value: str, tmp_path: Path, capsys: Any) -> None:
    state = tmp_path / "state.json"
    state.write_text(f'{{"links": [{{"from": "A", "to": "B", "util": {value}}}]}}', encoding="utf-8")
    assert main(["routes", str(folder), "--state", str(state), "--no-jit"]) == 1
    err = capsys.readouterr().err
    assert "CTR1022" in err and "state.json:1:" in err


@pytest.mark.parametrize("option", [["--picture", "a\0.svg"], ["--pcap", "a\0b"]])
def test_a_nul_in_a_name_is_wrong_usage(folder: Path, option: list[str], capsys: Any) -> None:
    assert main(["run", str(folder), *option, "--no-jit"]) == 2
    assert "found a text with a NUL character" in capsys.readouterr().err


def test_a_picture_that_cannot_be_written_leaves_nothing(folder: Path, tmp_path: Path, capsys: Any) -> None:
    loop = tmp_path / "loop.svg"
    loop.symlink_to(loop)
    before = sorted(tmp_path.iterdir())
    assert main(["run", str(folder), "--for", "1ms", "--picture", str(loop), "--no-jit"]) == 1
    out, err = capsys.readouterr()
    assert out == "" and f"cannot write '{loop}'" in err and sorted(tmp_path.iterdir()) == before


def test_a_cache_with_a_flipped_bit_is_made_anew(folder: Path, tmp_path: Path) -> None:
    source = SourceFile("p.p4", (folder / PROGRAM).read_text(encoding="utf-8"))
    cache = tmp_path / "cache"
    executable.load(source, Reporter(), jit=False, cache_dir=cache)
    (file,) = cache.iterdir()
    right = file.read_bytes()
    for place in (0, len(right) // 2, len(right) - 20):
        wrong = bytearray(right)
        wrong[place] ^= 1
        file.write_bytes(wrong)
        executable.load(source, Reporter(), jit=False, cache_dir=cache)
        assert file.read_bytes() != bytes(wrong)


def test_ctrl_c_before_the_command_has_begun() -> None:
    def main() -> int:
        raise KeyboardInterrupt

    assert as_process(main) == 130
