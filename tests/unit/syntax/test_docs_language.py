"""Every policy in docs/language.md is one, and is written as the formatter writes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contra.diagnostics import Reporter
from contra.source import SourceFile
from contra.syntax import format_source, parse

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
CTR = re.findall(r"^```ctr\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
HULA = re.findall(r"^```hula\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def code(policy: str) -> str:
    """A policy without comment lines."""
    return "".join(line for line in policy.splitlines(keepends=True) if not line.startswith("#"))


def test_there_are_examples():
    assert len(CTR) >= 20 and len(HULA) >= 2


@pytest.mark.parametrize("block", CTR)
def test_ctr_block(block):
    assert format_source(SourceFile("docs.ctr", block), Reporter()) == block


@pytest.mark.parametrize("block", HULA)
def test_hula_block(block):
    assert parse(SourceFile("docs.hula", block), Reporter(), hula_capacity=10**10)


@pytest.mark.parametrize("file", sorted((ROOT / "tests" / "policies" / "good").glob("p*.ctr")), ids=lambda f: f.stem)
def test_the_numbered_policies_of_the_paper_are_shown(file):
    assert code(file.read_text(encoding="utf-8")) in [code(block) for block in CTR]
