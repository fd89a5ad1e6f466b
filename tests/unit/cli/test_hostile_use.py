"""Clumsy and hostile use of the commands: it costs the user a message, never a file and never a traceback."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contra.cli.contra import main as contra
from contra.cli.contrac import main as contrac
from contra.cli.files import write_result
from contra.cli.frame import Console, Manner, run
from contra.diagnostics import CompileError

ROOT = Path(__file__).parent.parent.parent.parent
DIAMOND = str(ROOT / "topologies" / "diamond.json")
JSON = ["--error-format", "json"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("p.ctr").write_text("minimize(path.len)\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        (contrac, ["p.ctr", DIAMOND, "--bogus"]),
        (contrac, ["p.ctr", DIAMOND, "--capacity", "-5Gbit"]),
        (contrac, []),
        (contra, ["tpo"]),
        (contra, ["topo", "rign", "4"]),
        (contra, ["topo", "fat-tree", "3"]),
        (contra, ["fmt", "-w", "x.hula"]),
    ],
)
def test_wrong_usage_is_one_json_document_too(command: Any, arguments: list[str], capsys: Any) -> None:
    assert command([*arguments, *JSON]) == 2
    out, err = capsys.readouterr()
    (entry,) = json.loads(err)["diagnostics"]
    assert (out, entry["severity"], entry["file"]) == ("", "usage", None)
    assert entry["message"].startswith("contra")


@pytest.mark.parametrize(
    ("command", "arguments", "said"),
    [
        (contrac, ["--hepl"], "unknown option '--hepl'; did you mean '--help'?"),
        (contra, ["--verson"], "did you mean '--version'?"),
        (contrac, ["p.ctr", DIAMOND, "--capacity", "-5Gbit"], "a capacity cannot be negative: '-5Gbit'"),
        (contrac, ["p.ctr", DIAMOND, "--dump-after", "emitt"], "did you mean 'emit'?"),
        (contrac, ["", DIAMOND], "argument POLICY: expected a name, found an empty text"),
        (contrac, ["p.ctr", ""], "argument TOPOLOGY: expected a name, found an empty text"),
        (contrac, ["p.ctr", DIAMOND, "-o", ""], "expected a name, found an empty text"),
        (contra, ["topo", "rign", "4"], "did you mean 'ring'?"),
        (contra, ["doctor", "x"], "contra doctor: error: unexpected argument 'x'"),
        (contra, ["show", "build", "--josn"], "contra show: error: unknown option '--josn'"),
    ],
)
def test_wrong_usage_names_what_is_wrong(command: Any, arguments: list[str], said: str, capsys: Any) -> None:
    assert command(arguments) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("before", [JSON, ["--error-format=json"], ["-v", "--color", "never", *JSON]])
def test_message_options_may_stand_before_the_command(before: list[str], capsys: Any) -> None:
    assert contra([*before, "fmt", "nothing.ctr"]) == 1
    assert json.loads(capsys.readouterr().err)["diagnostics"][0]["code"] == "CTR0101"


def test_verbose_does_not_spoil_the_json(capsys: Any) -> None:
    assert contrac(["p.ctr", DIAMOND, "--check", "-v", *JSON]) == 0
    assert json.loads(capsys.readouterr().err) == {"diagnostics": []}


def test_ctrl_c_and_our_bugs_are_json_where_that_was_asked_for(capsys: Any) -> None:
    def body(console: Console) -> int:
        raise KeyboardInterrupt

    assert run("contrac", Manner(error_format="json"), body) == 130
    assert json.loads(capsys.readouterr().err)["diagnostics"][0]["message"] == "interrupted"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "CTR0703", "'standard output': no space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "there"), "CTR0703", "'there': permission denied"),
        (MemoryError(), "CTR0710", "out of memory"),
    ],
)
def test_a_machine_without_room_is_no_bug_of_ours(
    error: BaseException, code: str, said: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contra.cli.frame._detach_stdout", lambda: None)

    def body(console: Console) -> int:
        raise error

    assert run("contrac", Manner(), body) == 1
    err = capsys.readouterr().err
    assert code in err and said in err


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_closed_streams_do_not_matter(closed: str) -> None:
    program = "import sys; from contra.cli.contrac import main; sys.exit(main())"
    line = f'exec "$0" -c "$1" p.ctr "$2" --check {closed}'
    done = subprocess.run(
        ["sh", "-c", line, sys.executable, program, DIAMOND],
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"error" not in done.stderr


@pytest.mark.parametrize("target", ["", "x" * 300, "loop", "a\0b", ".", "p.ctr/x"])
def test_results_that_cannot_be_written(target: str, own_folder: Path) -> None:
    Path("loop").symlink_to("loop")
    before = sorted(path.name for path in own_folder.iterdir())
    with pytest.raises(CompileError) as error:
        write_result(target, "text")
    assert error.value.diagnostics[0].code == "CTR0703"
    assert sorted(path.name for path in own_folder.iterdir()) == before


def test_a_long_name_that_the_file_system_takes_is_taken() -> None:
    name = "é" * 120
    write_result(name, "text")
    assert Path(name).read_text(encoding="utf-8") == "text"


def test_inputs_inside_the_output_folder_survive(capsys: Any) -> None:
    assert contrac(["p.ctr", DIAMOND, "-o", "build", "-q"]) == 0
    inside = Path("build", "mine.ctr")
    inside.write_text("minimize(path.util)\n", encoding="utf-8")
    assert contrac([str(inside), DIAMOND, "-o", "build", "-q"]) == 1
    assert "CTR0709" in capsys.readouterr().err
    assert inside.read_text(encoding="utf-8") == "minimize(path.util)\n"
