"""Snapshots with anything anywhere: every switch is told of, and nothing but a message comes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.verifying import compiled, held, loaded

from contra.diagnostics import CompileError, Reporter
from contra.engine.build import Build
from contra.render import render_json, render_text
from contra.source import SourceFile
from contra.verify.as_json import report_json
from contra.verify.network import verify
from contra.verify.places import Policy
from contra.verify.snapshot import snapshot_of
from contra.verify.words import report_text

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([0, 1, 511, 512, "10.0.0.1", "0x1f", "KSCY", "1/3", "", "\x1b[31m", 1.5, 10**30])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return loaded(compiled(tmp_path_factory.mktemp("hostile"), "congestion-aware", "diamond"))


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from paths(child, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    result = deepcopy(document)
    place = result
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return result


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_anything_anywhere(build: Build, data: st.DataObject) -> None:
    document = held(build.folder)
    document["deployment"] = {"scale": "1/500", "held": [{"switch": "A", "port": 1, "utilisation": "1/4"}]}
    for _ in range(data.draw(st.integers(1, 3))):
        document = changed(document, data.draw(st.sampled_from(list(paths(document)))), data.draw(VALUES))
    reporter = Reporter()
    try:
        snapshot = snapshot_of(SourceFile("s.json", json.dumps(document)), build, reporter)
    except CompileError as error:
        assert render_text(list(error.diagnostics))
        return
    report, policy = verify(build, snapshot), Policy(build)
    assert {switch.switch.name for switch in build.switches} <= {each.switch for each in report.switches}
    assert report_text(report, policy, None).count("\x1b") == 0
    json.dumps(report_json(report, policy), allow_nan=False)
    assert render_text(reporter.diagnostics).count("\x1b") == 0
    json.loads(render_json(reporter.diagnostics))


def test_names_and_reasons_that_do_harm(build: Build) -> None:
    document = held(build.folder)
    document["switches"]["\x1b[2J"] = {}
    document["switches"]["A"] = {"error": "\x1b[2J\u202e\n" + "x" * 10_000}
    document["taken"] = "\x1b[2J"
    reporter = Reporter()
    report = verify(build, snapshot_of(SourceFile("s.json", json.dumps(document)), build, reporter))
    text = report_text(report, Policy(build)) + render_text(reporter.diagnostics)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(text) < 4000


def test_a_line_cut_short_anywhere(build: Build, tmp_path: Path) -> None:
    text = json.dumps(held(build.folder), indent=1)
    for end in range(0, len(text), len(text) // 97):
        with pytest.raises(CompileError):
            snapshot_of(SourceFile("s.json", text[:end]), build, Reporter())
