"""Every example of docs/topologies.md loads without an error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "topologies.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(json|xml)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def test_there_are_examples_of_all_formats():
    assert [kind for kind, _ in BLOCKS] == ["json"] * 5 + ["xml"] * 2


@pytest.mark.parametrize("kind, text", BLOCKS, ids=range(len(BLOCKS)))
def test_the_examples_load(attempt, kind, text):
    outcome = attempt(text, name=f"example.{kind}")
    assert outcome.topology is not None, outcome.titles
    allowed = {"CTR0250", "CTR0251"} if kind == "xml" or "runtime_json" in text else set()
    assert set(outcome.codes) <= allowed


def test_what_the_text_says_of_names(attempt):
    second = attempt(BLOCKS[1][1]).topology
    assert [s.name for s in second.switches] == ["A", "B", "NewYork"]
    assert [(p.number, second.links[p.link].latency_ns) for p in second.ports[1]] == [
        (1, 2_500_000),
        (3, 3_000_000),
    ]
    assert [h.port for h in second.hosts] == [2, 3, 7]
