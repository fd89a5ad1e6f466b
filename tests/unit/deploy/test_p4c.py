"""Running p4c: once per program and text, nothing half-written, its words kept. A shell script plays p4c."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from contra.deploy import p4c
from contra.deploy.errors import ToolError
from contra.deploy.p4c import P4c, cache_folder, compile_programs, find_p4c
from contra.diagnostics import CompileError, Reporter
from contra.render import render_text

FAKE = """#!/bin/sh
[ "$1" = --version ] && { echo "p4c-fake 1.2.3"; exit 0; }
echo "run" >> "$CALLS"
for last in "$@"; do :; done
stem=${last%.p4}
grep -q SLEEP "$last" && sleep 30
if grep -q MISTAKE "$last"; then
  echo "$last(2): [--Werror=type-error] error: nope: not found" >&2; echo "  MISTAKE" >&2; exit 1
fi
grep -q DOUBT "$last" && echo "$last(2): [--Wwarn=unused] warning: 'x' is unused" >&2
grep -q HALF "$last" && { echo "{}" > "$stem.json"; exit 0; }
echo "{}" > "$stem.json"; echo "pkg" > "$stem.p4info.txtpb"
"""


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: Any) -> P4c:
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "p4c-bm2-ss"
    script.write_text(FAKE, encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "calls").touch()
    return find_p4c()


def calls(tmp_path: Path) -> int:
    return len((tmp_path / "calls").read_text(encoding="utf-8").splitlines())


def build(tmp_path: Path, **programs: str) -> Path:
    folder = tmp_path / "build"
    (folder / "programs").mkdir(parents=True, exist_ok=True)
    for name, text in programs.items():
        (folder / "programs" / f"{name}.p4").write_text(text, encoding="utf-8")
    entries = {name: {"p4": f"programs/{name}.p4", "sha256": ""} for name in programs}
    manifest = json.dumps({"generator": "contrac", "programs": entries})
    (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    return folder


def test_each_program_gets_its_two_files(tmp_path: Path, tool: P4c) -> None:
    folder = build(tmp_path, transit="// a\n", destination="// b\n")
    results = compile_programs(folder, Reporter())
    assert [result.program for result in results] == ["transit", "destination"]
    assert sorted(path.name for path in (folder / "programs").iterdir()) == [
        "destination.json", "destination.p4", "destination.p4info.txtpb",
        "transit.json", "transit.p4", "transit.p4info.txtpb",
    ]  # fmt: skip


def test_the_same_text_is_compiled_once(tmp_path: Path, tool: P4c) -> None:
    folder = build(tmp_path, transit="// a\n")
    assert not compile_programs(folder, Reporter())[0].from_cache
    (folder / "programs/transit.json").unlink()
    assert compile_programs(folder, Reporter())[0].from_cache
    assert (folder / "programs/transit.json").read_text(encoding="utf-8") == "{}\n"
    assert calls(tmp_path) == 1
    build(tmp_path, transit="// changed\n")
    assert not compile_programs(folder, Reporter())[0].from_cache
    assert calls(tmp_path) == 2


def test_another_version_of_p4c_compiles_again(tmp_path: Path, tool: P4c) -> None:
    folder = build(tmp_path, transit="// a\n")
    compile_programs(folder, Reporter())
    compile_programs(folder, Reporter(), p4c=P4c(tool.path, "p4c-fake 9"))
    assert calls(tmp_path) == 2


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path, tool: P4c) -> None:
    folder = build(tmp_path, transit="// a\n")
    (tmp_path / "file").touch()
    assert compile_programs(folder, Reporter(), cache=tmp_path / "file" / "cache")


def test_warnings_are_reported_every_time(tmp_path: Path, tool: P4c) -> None:
    folder = build(tmp_path, transit="// a\nDOUBT\n")
    for _ in range(2):
        reporter = Reporter()
        compile_programs(folder, reporter)
        text = render_text(reporter.diagnostics)
        assert "warning[CTR0803]" in text
        assert "'x' is unused" in text
        assert "transit.p4:2:1" in text
    assert calls(tmp_path) == 1


def test_errors_are_shown_word_for_word_at_the_generated_line(tmp_path: Path, tool: P4c) -> None:
    folder = build(tmp_path, good="// a\n", transit="// a\n  MISTAKE\n", other="MISTAKE\n")
    with pytest.raises(ToolError) as error:
        compile_programs(folder, Reporter())
    text = render_text(error.value.diagnostics)
    assert text.count("error[CTR0802]") == 2
    assert "transit.p4:2:3" in text
    assert "transit.p4(2): [--Werror=type-error] error: nope: not found" in text
    assert "this is a bug in contrac, please report it" in text
    assert not (folder / "programs/transit.json").exists()
    assert not [path for path in (folder / "programs").iterdir() if path.name.startswith(".")]


def test_a_p4c_that_forgets_a_file_has_failed(tmp_path: Path, tool: P4c) -> None:
    with pytest.raises(ToolError):
        compile_programs(folder := build(tmp_path, transit="HALF\n"), Reporter())
    assert not (folder / "programs/transit.json").exists()


def test_a_p4c_that_hangs_is_stopped(tmp_path: Path, tool: P4c, monkeypatch: Any) -> None:
    monkeypatch.setattr(p4c, "TIMEOUT_S", 0.3)
    with pytest.raises(ToolError) as error:
        compile_programs(build(tmp_path, transit="SLEEP\n"), Reporter())
    assert error.value.diagnostics[0].code == "CTR0804"


def test_a_missing_p4c_is_exit_code_3_with_the_way_out(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as error:
        compile_programs(build(tmp_path, transit="// a\n"), Reporter())
    assert "contra doctor" in render_text(error.value.diagnostics)


@pytest.mark.parametrize(
    "manifest", [None, "", "{}", "[]", '{"programs": 1}', '{"programs": {"x": {}}}', '{"programs": {"x": 1}}', "\0"]
)
def test_a_folder_that_is_no_build_is_said(tmp_path: Path, tool: P4c, manifest: str | None) -> None:
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(CompileError) as error:
        compile_programs(tmp_path, Reporter())
    assert error.value.diagnostics[0].code == "CTR0805"


def test_the_cache_follows_the_environment(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "contrac"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder() == Path.home() / ".cache" / "contrac"


MINIMAL = """#include <core.p4>
#include <v1model.p4>
struct H {} struct M {}
parser P(packet_in p, out H h, inout M m, inout standard_metadata_t s) { state start { transition accept; } }
control C(inout H h, inout M m) { apply {} }
control I(inout H h, inout M m, inout standard_metadata_t s) { apply { s.egress_spec = 1; } }
control E(inout H h, inout M m, inout standard_metadata_t s) { apply {} }
control D(packet_out p, in H h) { apply {} }
V1Switch(P(), C(), I(), E(), C(), D()) main;
"""


@pytest.mark.p4c
@pytest.mark.skipif(not (shutil.which("p4c-bm2-ss") or shutil.which("p4c")), reason="p4c is not installed")
def test_the_real_p4c(tmp_path: Path, monkeypatch: Any) -> None:
    folder = build(tmp_path, minimal=MINIMAL, broken=MINIMAL.replace("egress_spec", "egress_spce"))
    with pytest.raises(ToolError) as error:
        compile_programs(folder, Reporter(), cache=tmp_path / "cache")
    text = render_text(error.value.diagnostics)
    assert "broken.p4:6:" in text
    assert "egress_spce" in text
    folder = build(tmp_path, minimal=MINIMAL)
    (result,) = compile_programs(folder, Reporter(), cache=tmp_path / "cache")
    assert result.messages == ""
    assert json.loads(result.json.read_text(encoding="utf-8"))["program"].endswith("minimal.p4")
    assert 'arch: "v1model"' in result.p4info.read_text(encoding="utf-8")
