"""Files: what is no policy is said before anything looks at it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.syntax import read


def said(path: Path) -> tuple[str, str]:
    with pytest.raises(CompileError) as caught:
        read(path, Reporter())
    (problem,) = caught.value.diagnostics
    return problem.code, problem.title_text()


def test_a_text_is_read_with_or_without_byte_order_mark(tmp_path):
    path = tmp_path / "p.ctr"
    path.write_bytes("\ufeffminimize(∞)".encode())
    source = read(path, Reporter())
    assert (source.name, source.text) == (str(path), "minimize(∞)")


def test_a_missing_file(tmp_path):
    code, title = said(tmp_path / "no.ctr")
    assert code == "CTR0101" and "no such file" in title


def test_a_folder(tmp_path):
    assert said(tmp_path) == ("CTR0101", f"cannot read the policy '{tmp_path}': it is a folder")


def test_a_name_that_no_file_can_have():
    assert said(Path("a\0b"))[0] == "CTR0101"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission(tmp_path):
    path = tmp_path / "p.ctr"
    path.write_text("minimize(path.len)")
    path.chmod(0)
    assert said(path)[0] == "CTR0101"


def test_nul_bytes(tmp_path):
    path = tmp_path / "p.ctr"
    path.write_bytes(b"min\0imize")
    assert said(path) == ("CTR0102", f"'{path}' is not a text file: a NUL byte at byte 4")


def test_bytes_that_are_no_utf8(tmp_path):
    path = tmp_path / "p.ctr"
    path.write_bytes(b"minimize(path.len) # caf\xe9")
    code, title = said(path)
    assert code == "CTR0102" and "0xe9" in title and "byte 25" in title


def test_a_file_that_is_too_large(tmp_path):
    path = tmp_path / "p.ctr"
    path.write_bytes(b" " * (4 * 1024 * 1024 + 1))
    code, title = said(path)
    assert code == "CTR0103" and "4,194,305" in title
