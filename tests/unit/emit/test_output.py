"""All files or none: builds replace builds, and nothing else is ever lost."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contra.diagnostics import CompileError, InternalError
from contra.emit import output
from contra.emit.output import check_replaceable, write_tree

MANIFEST = ("manifest.json", '{"generator": "contrac 0.1.0"}\n')
OLD = [MANIFEST, ("a/old.txt", "old")]
NEW = [MANIFEST, ("a/new.txt", "new"), ("b/c/deep.txt", "é\n")]


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in files}


def code(error: pytest.ExceptionInfo[CompileError]) -> str:
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code


def test_writes_every_file_and_counts_them(tmp_path: Path) -> None:
    assert write_tree(tmp_path / "x" / "build", iter(NEW)) == 3
    assert tree(tmp_path / "x" / "build") == dict(NEW)
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["build"]


def test_a_build_replaces_a_build_completely(tmp_path: Path) -> None:
    write_tree(tmp_path / "build", OLD)
    write_tree(tmp_path / "build", NEW)
    assert tree(tmp_path / "build") == dict(NEW)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def with_history(build: Path) -> dict[str, str]:
    write_tree(build, OLD)
    (build / "deploy").mkdir()
    (build / "deploy" / "journal.jsonl").write_text("{}\n")
    return {**dict(OLD), "deploy/journal.jsonl": "{}\n"}


def test_the_history_of_a_build_stays(tmp_path: Path) -> None:
    with_history(tmp_path / "build")
    write_tree(tmp_path / "build", NEW)
    assert tree(tmp_path / "build") == {**dict(NEW), "deploy/journal.jsonl": "{}\n"}
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_a_failed_swap_puts_the_history_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = with_history(tmp_path / "build")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if ".new-" in self.name and self.name.startswith(".build"):
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(KeyboardInterrupt):
        write_tree(tmp_path / "build", NEW)
    assert tree(tmp_path / "build") == before
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_an_empty_folder_may_be_used(tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    assert write_tree(tmp_path / "build", NEW) == 3


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    write_tree(tmp_path / "real", OLD)
    (tmp_path / "link").symlink_to("real")
    write_tree(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == dict(NEW)


def test_new_folders_have_the_usual_permissions(tmp_path: Path) -> None:
    write_tree(tmp_path / "build", NEW)
    (tmp_path / "plain").mkdir()
    assert (tmp_path / "build").stat().st_mode == (tmp_path / "plain").stat().st_mode


def failing(error: BaseException) -> Iterator[tuple[str, str]]:
    yield from NEW
    raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), InternalError("x"), ZeroDivisionError()])
@pytest.mark.parametrize("earlier", [True, False])
def test_an_interrupted_build_leaves_everything_as_it_was(tmp_path: Path, error: BaseException, earlier: bool) -> None:
    if earlier:
        write_tree(tmp_path / "build", OLD)
    with pytest.raises(type(error)):
        write_tree(tmp_path / "build", failing(error))
    assert [path.name for path in tmp_path.iterdir()] == (["build"] if earlier else [])
    if earlier:
        assert tree(tmp_path / "build") == dict(OLD)


def test_a_full_disk_is_said_and_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "build", OLD)

    def full(descriptor: int, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(output.os, "write", full)
    with pytest.raises(CompileError) as error:
        write_tree(tmp_path / "build", NEW)
    monkeypatch.undo()
    assert code(error) == "CTR0703"
    assert "no space left" in str(error.value)
    assert tree(tmp_path / "build") == dict(OLD)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_a_failed_swap_puts_the_old_build_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "build", OLD)
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if ".new-" in self.name:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(KeyboardInterrupt):
        write_tree(tmp_path / "build", NEW)
    assert tree(tmp_path / "build") == dict(OLD)
    assert [path.name for path in tmp_path.iterdir()] == ["build"]


def test_made_parents_disappear_again(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        write_tree(tmp_path / "x" / "y" / "build", failing(KeyboardInterrupt()))
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "",
        "[]",
        "{",
        '{"generator": "other"}',
        '{"note": "contrac"}',
        "\0" * 9,
        '{"generator": "contractor"}',
    ],
)
def test_a_folder_of_others_is_never_replaced(tmp_path: Path, manifest: str | None) -> None:
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work", encoding="utf-8")
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest, encoding="utf-8")
    before = tree(folder)
    with pytest.raises(CompileError) as error:
        write_tree(folder, NEW)
    assert code(error) == "CTR0701"
    assert tree(folder) == before


def test_the_generator_is_found_anywhere_in_the_manifest(tmp_path: Path) -> None:
    manifest = json.dumps({"constants": "x" * 10_000, "generator": "contrac"})
    write_tree(tmp_path / "build", [("manifest.json", manifest)])
    check_replaceable(tmp_path / "build")


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("x", encoding="utf-8")
    with pytest.raises(CompileError) as error:
        write_tree(tmp_path / "build", NEW)
    assert code(error) == "CTR0702"
    assert (tmp_path / "build").read_text(encoding="utf-8") == "x"


def test_a_file_as_parent_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(CompileError) as error:
        write_tree(tmp_path / "file" / "build", NEW)
    assert code(error) == "CTR0703"


def test_the_current_folder_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CompileError) as error:
        write_tree(Path(), NEW)
    assert code(error) == "CTR0704"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_an_unwritable_place_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(CompileError) as error:
        write_tree(tmp_path / "build", NEW)
    tmp_path.chmod(0o755)
    assert code(error) == "CTR0703"


def test_an_impossible_name_is_said() -> None:
    with pytest.raises(CompileError) as error:
        write_tree(Path("/proc/no-such-place/build"), NEW)
    assert code(error) == "CTR0703"


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/../../x"])
def test_a_path_that_leaves_the_folder_is_our_bug(tmp_path: Path, name: str) -> None:
    with pytest.raises(InternalError):
        write_tree(tmp_path / "build", [(name, "x")])


def test_two_files_of_one_name_are_our_bug(tmp_path: Path) -> None:
    with pytest.raises(InternalError):
        write_tree(tmp_path / "build", [("x", "1"), ("x", "2")])


def test_thousands_of_files_of_one_text(tmp_path: Path) -> None:
    text = "// program\n" * 2000
    assert write_tree(tmp_path / "build", ((f"switches/s{n}/s{n}.p4", text) for n in range(2000))) == 2000
    assert (tmp_path / "build/switches/s1999/s1999.p4").read_text(encoding="utf-8") == text


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(CompileError) as error:
        write_tree(tmp_path / "loop", NEW)
    assert code(error) == "CTR0703"
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]


def test_the_longest_name_that_the_file_system_takes(tmp_path: Path) -> None:
    assert write_tree(tmp_path / ("é" * 127), NEW) == 3


def test_a_folder_that_holds_an_input_is_not_replaced(tmp_path: Path) -> None:
    write_tree(tmp_path / "build", OLD)
    with pytest.raises(CompileError) as error:
        check_replaceable(tmp_path / "build", [str(tmp_path / "build" / "policy.ctr"), "zoo:Abilene"])
    assert code(error) == "CTR0709"
    check_replaceable(tmp_path / "build", [str(tmp_path / "build.ctr"), "zoo:Abilene", "a\0b"])
