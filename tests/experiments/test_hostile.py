"""Experiments with anything in the place of anything: messages, never an exception, never a wait."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contra.diagnostics import CompileError, Reporter
from contra.experiments.builds import NOTHING
from contra.experiments.plan import make_run, selected
from contra.experiments.read import find_experiment, read_spec
from contra.render import render_text
from contra.source import SourceFile

FCT: dict[str, Any] = {
    "name": "x",
    "kind": "fct",
    "topology": "diamond",
    "senders": ["hA", "h[BC]"],
    "receivers": ["hD"],
    "pattern": "random",
    "workloads": ["cache", "10kB"],
    "loads": [0.1, 0.5],
    "full_load": "cut",
    "seeds": [1],
    "flows": 10,
    "fan_in": 1,
    "limit": "1s",
    "link_capacity": "40Gbit",
    "link_latency": "10us",
    "warm_up_periods": 10,
    "options": {"probe_period": "256us", "flowlet_slots": 1024, "authenticate": True},
    "transport": {"congestion_control": "cubic", "min_rto": "5ms", "segment_bytes": 1000},
    "queue": {"packets": 100, "mark_packets": 65},
    "scheme": [{"name": "A", "policy": "minimize(path.util)"}, {"baseline": "ecmp", "options": {"pin_periods": 2}}],
    "failure": [{"link": "A-B", "at": "1ms", "until": "2ms"}, {"switch": "C"}],
}
RECOVERY = {
    **{key: FCT[key] for key in ("name", "topology", "seeds", "scheme", "failure")},
    "kind": "recovery",
    "pairs": [["hA", "hD"]],
    "rate": "1Gbit",
    "duration": "5ms",
    "bin": "50us",
    "frame_bytes": 1000,
    "flows_per_pair": 2,
}
STATE = {
    "kind": "state",
    "topologies": ["diamond", {"generate": "grid", "rows": 2, "columns": 2}, {"generate": "fat-tree", "k": 4}],
    "scheme": FCT["scheme"],
}

NUMBERS = [True, False, 0, 1, -1, 2**31, 2**63 - 1, -(2**63), 0.0, -0.5, 1e308, 1e-308, 0.5]
TEXTS = [
    "",
    "\0",
    "..",
    "/",
    "*",
    "[",
    "x" * 5000,
    "\u202e",
    "1e9s",
    "-5ms",
    "0s",
    "10000s",
    "0bit",
    "cut",
    "pairs",
    "ecmp",
]
NAMES = ["diamond", "zoo:", "minimize(", "{1}", "~", "spain", "incast", "permutation", "all-to-all", "recovery"]
KEYS = ["generate", "k", "link", "at", "name", "x"]
STRANGE = st.one_of(
    st.sampled_from([*NUMBERS, *TEXTS, *NAMES]),
    st.text(max_size=8),
    st.integers(),
    st.floats(),
    st.lists(st.sampled_from([1, 0.5, "hA", "", ["hA", "hB"], [], {}]), max_size=4),
    st.dictionaries(st.sampled_from(KEYS), st.sampled_from([1, "x", []]), max_size=3),
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    for key, child in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += paths(child, (*path, key))
    return found


def toml(value: Any) -> str:
    """A value as TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + "".join(each if each.isalnum() else f"\\U{ord(each):08x}" for each in value) + '"'
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value)


def look(text: str) -> None:
    """Read it and make all its runs; what is wrong is said, and the saying works too."""
    reporter = Reporter()
    try:
        spec = read_spec(SourceFile("x.toml", text), reporter)
        for case in selected(spec, [])[:50]:
            make_run(spec, case, NOTHING)
    except CompileError as error:
        assert render_text(list(error.diagnostics))


@pytest.mark.parametrize("document", [FCT, RECOVERY, STATE], ids=["fct", "recovery", "state"])
def test_the_documents_are_fine(document: dict[str, Any]) -> None:
    text = "".join(f"{key} = {toml(value)}\n" for key, value in document.items())
    read_spec(SourceFile("x.toml", text), Reporter())


@settings(max_examples=400)
@given(st.sampled_from([FCT, RECOVERY, STATE]), st.data())
def test_anything_anywhere(document: dict[str, Any], data: st.DataObject) -> None:
    changed = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths(changed)))
        holder = changed
        for step in path[:-1]:
            holder = holder[step]
        if data.draw(st.booleans()):
            holder[path[-1]] = copy.deepcopy(data.draw(STRANGE))
        elif isinstance(holder, dict):
            del holder[path[-1]]
        if not changed:
            return
    look("".join(f"{key} = {toml(value)}\n" for key, value in changed.items()))


@given(st.text(max_size=200))
@example("\ufeff")
@example("name = 1\r")
def test_any_text(text: str) -> None:
    look(text)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"\0", b"name = '\xc3'", b"[" * 10_000])
def test_any_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(CompileError):
        read_spec(find_experiment(str(tmp_path / "x.toml"), Reporter()), Reporter())
