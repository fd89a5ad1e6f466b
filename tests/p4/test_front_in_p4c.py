"""The front end beside the real p4c: what both read, and what p4c's own output says of tables, actions and registers.

A few generated programs every day, all of them with `make test-all`; and the programs of `programs/good`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from p4c.test_corpus import TOPOLOGIES, corpus, without_comments

from contra.diagnostics import Reporter
from contra.p4 import typed
from contra.p4.front import read
from contra.source import SourceFile

pytestmark = [
    pytest.mark.p4c,
    pytest.mark.skipif(shutil.which("p4c-bm2-ss") is None, reason="p4c is not installed"),
]
GOOD = sorted((Path(__file__).parent / "programs" / "good").glob("*.p4"))


def compiled(text: str, folder: Path, name: str) -> dict[str, Any]:
    """p4c's output for a program."""
    source, output = folder / f"{name}.p4", folder / f"{name}.json"
    source.write_text(text)
    arguments = ["p4c-bm2-ss", "--p4v", "16", "-o", str(output), str(source)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads(output.read_text())
    return content


def our_tables(program: typed.Program) -> dict[str, object]:
    """What BMv2 knows of each table: its keys, size, actions, default action."""
    return {
        table.name: (
            [(key.name, "ternary" if key.match == "optional" else key.match) for key in table.keys],
            table.size,
            [use.action.name for use in table.actions],
            table.default.name,
            [hex(value) for value in table.default_arguments],
            table.constant_default,
        )
        for table in program.tables
    }


def their_tables(content: dict[str, Any]) -> dict[str, object]:
    """The same of p4c's output, without the tables that it makes of statements."""
    names = {action["id"]: action["name"] for action in content["actions"]}
    return {
        table["name"]: (
            [(key["name"], key["match_type"]) for key in table["key"]],
            table["max_size"],
            table["actions"],
            names[table["default_entry"]["action_id"]],
            table["default_entry"]["action_data"],
            table["default_entry"]["action_const"],
        )
        for pipeline in content["pipelines"]
        for table in pipeline["tables"]
        if not re.match(r"(tbl_|switch_)", table["name"])
    }


def our_actions(program: typed.Program) -> dict[str, object]:
    """Widths of the action data by action."""
    return {
        use.action.name: [(each.name, each.type.width) for each in use.action.data if isinstance(each.type, typed.Bits)]
        for table in program.tables
        for use in table.actions
    }


def their_actions(content: dict[str, Any]) -> dict[str, list[object]]:
    """The same of p4c's output, which has an action once for each use."""
    found: dict[str, list[object]] = {}
    for action in content["actions"]:
        data = [(each["name"], each["bitwidth"]) for each in action["runtime_data"]]
        found.setdefault(action["name"], []).append(data)
    return found


def entries(program: typed.Program) -> dict[str, list[object]]:
    """Constant entries: the action and its data in text order."""
    return {
        table.name: [(entry.action.name, list(entry.arguments)) for entry in table.entries]
        for table in program.tables
        if table.entries is not None
    }


def their_entries(content: dict[str, Any]) -> dict[str, list[object]]:
    names = {action["id"]: action["name"] for action in content["actions"]}
    return {
        table["name"]: [
            (
                names[entry["action_entry"]["action_id"]],
                [int(word, 16) for word in entry["action_entry"]["action_data"]],
            )
            for entry in table["entries"]
        ]
        for pipeline in content["pipelines"]
        for table in pipeline["tables"]
        if "entries" in table and not table["name"].startswith("switch_")
    }


def number(text: str) -> int:
    return int(text, 16)


def our_keys(program: typed.Program) -> dict[str, list[object]]:
    """The keys of constant entries, as BMv2 writes them."""
    return {
        table.name: [
            [_as_bmv2(key, value) for key, value in zip(table.keys, entry.keys, strict=True)] for entry in table.entries
        ]
        for table in program.tables
        if table.entries is not None
    }


def _as_bmv2(key: typed.Key, value: typed.KeyValue) -> tuple[object, ...]:
    match key.match:
        case "exact":
            return (value.value,)
        case "lpm":
            return (value.value, value.prefix)
        case "range":
            return (value.value, value.high)
    return (value.value, value.mask)


def their_keys(content: dict[str, Any]) -> dict[str, list[object]]:
    def one(key: dict[str, Any]) -> tuple[object, ...]:
        match key["match_type"]:
            case "exact":
                return (number(key["key"]) if isinstance(key["key"], str) else int(key["key"]),)
            case "lpm":
                return (number(key["key"]), key["prefix_length"])
            case "range":
                return (number(key["start"]), number(key["end"]))
        mask = number(key["mask"])
        return (number(key["key"]) & mask, mask)

    return {
        table["name"]: [[one(key) for key in entry["match_key"]] for entry in table["entries"]]
        for pipeline in content["pipelines"]
        for table in pipeline["tables"]
        if "entries" in table and not table["name"].startswith("switch_")
    }


def same(ours: Mapping[str, object], theirs: Mapping[str, object]) -> None:
    """Equal, told name by name."""
    assert ours.keys() == theirs.keys()
    for name, each in ours.items():
        assert each == theirs[name], name


def compare(text: str, folder: Path, name: str) -> None:
    program = read(SourceFile(f"{name}.p4", text), Reporter())
    content = compiled(text, folder, name)
    same(our_tables(program), their_tables(content))
    theirs = their_actions(content)
    for action, data in our_actions(program).items():
        assert data in theirs[action], action
    cells = {array["name"]: (array["bitwidth"], array["size"]) for array in content["register_arrays"]}
    assert {each.name: (each.cell.width, each.size) for each in program.registers} == cells
    counters = {array["name"]: array["size"] for array in content["counter_arrays"]}
    assert {each.name: each.size for each in program.counters} == counters
    assert list(program.errors) == [name for name, _ in sorted(content["errors"], key=lambda pair: pair[1])]
    headers = {each["name"]: [(f[0], f[1]) for f in each["fields"]] for each in content["header_types"]}
    for field in program.headers.fields:
        kind = field.type.header if isinstance(field.type, typed.StackType) else field.type
        assert isinstance(kind, typed.HeaderType)
        widths = [(f.name, f.type.width if isinstance(f.type, typed.Bits) else 1) for f in kind.fields]
        assert widths == [(label, width) for label, width in headers[kind.name] if not label.startswith("_padding")]
    same(entries(program), their_entries(content))
    same(our_keys(program), their_keys(content))


def _networks() -> Iterator[object]:
    """A few programs of one network are quick enough for every day."""
    yield pytest.param("mesh", 7, id="a few")
    for network in TOPOLOGIES:
        yield pytest.param(network, 1, marks=pytest.mark.slow, id=network)


@pytest.mark.parametrize(("network", "step"), list(_networks()))
def test_generated_programs_mean_the_same_to_p4c(network: str, step: int, tmp_path: Path) -> None:
    distinct = list({without_comments(text): text for _, text in corpus(tmp_path, network)}.values())
    assert len(distinct) >= 10
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(compare, text, tmp_path, f"program{i}") for i, text in enumerate(distinct[::step])]:
            done.result()


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_feature_programs_mean_the_same_to_p4c(path: Path, tmp_path: Path) -> None:
    compare(path.read_text(), tmp_path, path.stem)
