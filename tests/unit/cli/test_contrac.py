"""`contrac` as a user meets it: what is written, what is said where, and the exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import contra.emit
from contra import driver
from contra.cli.contrac import main
from contra.diagnostics import CompileError
from contra.emit.errors import CannotWrite

ROOT = Path(__file__).parent.parent.parent.parent
DIAMOND = str(ROOT / "topologies" / "diamond.json")

FILES = [
    ("programs/destination.p4", "// p4\n"),
    ("switches/A/A.p4", "// p4\n"),
    ("switches/A/runtime.json", "{}\n"),
    ("graph/product.json", "{}\n"),
    ("graph/product.dot", "digraph {}\n"),
    ("tools/contra_headers.py", "# scapy\n"),
    ("manifest.json", '{"generator": "contrac", "switches": {"A": {"entries": 7, "groups": 1}}}\n'),
]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with good and bad policies, and a back end that writes a few small files."""
    monkeypatch.chdir(tmp_path)
    Path("good.ctr").write_text("minimize((path.len, path.util))\n", encoding="utf-8")
    Path("bad.ctr").write_text("minimize(path.utl + path.lne)\n", encoding="utf-8")
    Path("refused.ctr").write_text("minimize((path.util, path.len))\n", encoding="utf-8")
    Path("doubtful.ctr").write_text("minimize(if A B D then path.len else inf)\n", encoding="utf-8")
    monkeypatch.setattr(contra.emit, "emit", lambda deployment, inputs, canonical: iter(FILES), raising=False)
    return tmp_path


def written(folder: str = "build") -> list[str]:
    root = Path(folder)
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def test_a_build_ends_with_one_line_of_summary(capsys: Any) -> None:
    assert main(["good.ctr", DIAMOND]) == 0
    out, err = capsys.readouterr()
    assert re.fullmatch(r"build/: \d+ switches, 1 program, 7 entries, 7 files, no warnings, \d+\.\d\d s\n", out)
    assert err == ""
    assert written() == sorted(path for path, _ in FILES)


def test_quiet_says_nothing(capsys: Any) -> None:
    assert main(["good.ctr", DIAMOND, "-q", "-o", "elsewhere/deep"]) == 0
    assert capsys.readouterr() == ("", "")
    assert len(written("elsewhere/deep")) == 7


def test_check_writes_nothing(capsys: Any) -> None:
    assert main(["good.ctr", DIAMOND, "--check"]) == 0
    assert capsys.readouterr().out.startswith("checked, nothing written: ")
    assert not Path("build").exists()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ("p4", ["manifest.json", "programs/destination.p4", "switches/A/A.p4"]),
        ("entries,manifest", ["manifest.json", "switches/A/runtime.json"]),
        ("graph", ["graph/product.dot", "graph/product.json", "manifest.json"]),
        ("probes", ["manifest.json", "tools/contra_headers.py"]),
    ],
)
def test_emit_chooses_parts(parts: str, expected: list[str]) -> None:
    assert main(["good.ctr", DIAMOND, "--emit", parts]) == 0
    assert written() == expected


def test_all_errors_are_shown_and_nothing_is_written(capsys: Any) -> None:
    assert main(["bad.ctr", DIAMOND]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "bad.ctr:1:10" in err
    assert "bad.ctr:1:21" in err
    assert err.endswith("2 errors\n")
    assert not Path("build").exists()


def test_an_earlier_build_survives_an_error() -> None:
    assert main(["good.ctr", DIAMOND]) == 0
    before = written()
    assert main(["bad.ctr", DIAMOND]) == 1
    assert written() == before


def test_a_refusal_carries_its_witness_in_json(capsys: Any) -> None:
    assert main(["refused.ctr", DIAMOND, "--error-format", "json"]) == 1
    (entry,) = json.loads(capsys.readouterr().err)["diagnostics"]
    assert entry["severity"] == "error"
    assert entry["witness"]


def test_a_name_with_a_nul_is_wrong_usage(capsys: Any) -> None:
    assert main(["\0", DIAMOND]) == 2
    assert "a text with a NUL character" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("policy", "topology"),
    [("missing.ctr", DIAMOND), ("good.ctr", "missing.json"), (".", DIAMOND), ("good.ctr", ".")],
)
def test_files_that_are_not_there_are_errors_of_the_user(policy: str, topology: str, capsys: Any) -> None:
    assert main([policy, topology]) == 1
    assert re.match(r"error\[CTR0[12]\d\d\]: ", capsys.readouterr().err)


@pytest.mark.parametrize("content", [b"", b"\0\0\0", b"\xff\xfe", b"(" * 100_000, b"minimize(" + b"9" * 10**6 + b")"])
def test_hostile_policies_are_errors_of_the_user(content: bytes, capsys: Any) -> None:
    Path("hostile.ctr").write_bytes(content)
    assert main(["hostile.ctr", DIAMOND]) == 1
    err = capsys.readouterr().err
    assert err.startswith("error[CTR")
    assert len(err) < 10_000


def test_werror_makes_warnings_fatal(capsys: Any) -> None:
    assert main(["doubtful.ctr", DIAMOND, "--check"]) == 0
    assert "warning[" in capsys.readouterr().err
    assert main(["doubtful.ctr", DIAMOND, "--Werror"]) == 1
    err = capsys.readouterr().err
    assert "CTR0705" in err
    assert "warning[" in err
    assert not Path("build").exists()


def test_explain_comes_before_the_summary(capsys: Any) -> None:
    assert main(["good.ctr", DIAMOND, "--explain", "--check"]) == 0
    assert capsys.readouterr().out.rstrip().split("\n")[-1].startswith("checked, nothing written")


@pytest.mark.parametrize("stage", driver.STAGES)
def test_every_stage_can_be_dumped(stage: str, capsys: Any) -> None:
    assert main(["good.ctr", DIAMOND, "--dump-after", stage, "-o", "never"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert not Path("never").exists()
    if stage in ("load", "build"):
        json.loads(out)


def test_stats_as_text_and_json(capsys: Any) -> None:
    assert main(["--stats", "good.ctr", DIAMOND, "--check"]) == 0
    assert re.search(r"^product nodes +\d+$", capsys.readouterr().out, re.M)
    assert main(["good.ctr", DIAMOND, "--stats=json"]) == 0
    stats = json.loads(capsys.readouterr().out)
    topology = json.loads(Path(DIAMOND).read_text(encoding="utf-8"))
    assert stats["switches"] == len(topology["switches"])
    assert stats["links"] == len(topology["links"])
    assert list(stats["seconds"]) == list(driver.STAGES)
    assert stats["files"] == len(FILES)


def test_verbose_tells_the_times_on_stderr(capsys: Any) -> None:
    assert main(["good.ctr", DIAMOND, "-v"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == list(driver.STAGES)


def test_a_folder_of_others_is_refused_before_any_work(capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("build").mkdir()
    Path("build/thesis.tex").touch()
    monkeypatch.setattr(driver, "STAGES", {})
    assert main(["good.ctr", DIAMOND]) == 1
    assert "CTR0701" in capsys.readouterr().err
    assert written() == ["thesis.tex"]


def breaking(error: BaseException) -> Iterator[tuple[str, str]]:
    yield from FILES
    raise error


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError(), 70),
        (CompileError([CannotWrite(path="x", reason="full")]), 1),
    ],
)
def test_whatever_breaks_nothing_is_left_behind(
    error: BaseException, code: int, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contra.emit, "emit", lambda deployment, inputs, canonical: breaking(error), raising=False)
    before = set(own_folder.iterdir())
    assert main(["good.ctr", DIAMOND]) == code
    assert set(own_folder.iterdir()) == before


def test_inputs_are_named_and_hashed() -> None:
    seen: list[Any] = []

    def emit(deployment: Any, inputs: Any, canonical: str) -> Iterator[tuple[str, str]]:
        seen.extend(inputs)
        return iter(FILES)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contra.emit, "emit", emit, raising=False)
        assert main(["good.ctr", DIAMOND]) == 0
    done = subprocess.run(["sha256sum", "good.ctr", DIAMOND], capture_output=True, text=True, check=True)
    assert [(file.kind, file.name) for file in seen] == [("policy", "good.ctr"), ("topology", DIAMOND)]
    assert [file.sha256 for file in seen] == [line.split()[0] for line in done.stdout.splitlines()]


# ------------------------------------------------------------------------------------ as a real process


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    code = "import sys; from contra.cli.contrac import main; sys.exit(main())"
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], env=environment, stderr=subprocess.PIPE, text=True, **options
    )


def test_a_reader_that_goes_away_is_no_drama() -> None:
    process = start("good.ctr", DIAMOND, "--dump-after", "build", stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, "")


def test_a_terminated_build_leaves_nothing_behind(own_folder: Path) -> None:
    pipe = own_folder / "slow.json"
    os.mkfifo(pipe)
    before = set(own_folder.iterdir())
    process = start("good.ctr", str(pipe), stdout=subprocess.DEVNULL)
    with pipe.open("w"):  # opens only when the process reads, so that it is in the middle of its work
        process.send_signal(signal.SIGTERM)
        time.sleep(0)
        process.communicate(timeout=60)
    assert process.returncode == 143
    assert set(own_folder.iterdir()) == before
