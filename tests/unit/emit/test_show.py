"""What `contra show` prints, against the build that it is about and networks small enough to know by heart."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contra.diagnostics import CompileError, Reporter
from contra.driver import CompileRequest
from contra.driver import compile as compile_policy
from contra.emit.show import show_switch
from contra.emit.show_table import WIDTH, table

ROOT = Path(__file__).parents[3]
FIGURE_5 = "minimize(if A B D then 0 else if B .* D then path.util else inf)"
FILES = ("manifest.json", "topology.json", "graph/product.json", "switches/B/runtime.json")


def make(folder: Path, policy: str, topology: Path, **request: Any) -> Path:
    (folder / "policy.ctr").write_text(policy, encoding="utf-8")
    out = folder / "build"
    compile_policy(CompileRequest(policy=folder / "policy.ctr", topology=str(topology), out=out, **request), Reporter())
    return out


@pytest.fixture(scope="module")
def figure5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("figure5"), FIGURE_5, ROOT / "topologies" / "figure5.json")


@pytest.fixture(scope="module")
def fat_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    policy = "minimize((path.len, path.util))"
    return make(tmp_path_factory.mktemp("fat-tree"), policy, ROOT / "topologies" / "fattree-k4.json")


def rows(text: str, head: str) -> list[list[str]]:
    """Cells of the table under the line that starts with `head`, its own heads excepted."""
    lines = text.split("\n")
    start = next(i for i, line in enumerate(lines) if line.startswith(head))
    body = lines[start + 2 :]
    end = body.index("") if "" in body else len(body)
    return [re.split(r"  +", line.strip()) for line in body[:end]]


# ------------------------------------------------------------------------------------------- one switch


def test_ports_and_neighbours_are_those_of_the_drawing(figure5: Path) -> None:
    found = rows(show_switch(figure5, "B"), "Ports")
    assert found == [
        ["1", "1", "switch A, port 1", "10Gbit", "10us"],
        ["2", "2", "switch C, port 2", "10Gbit", "10us"],
        ["3", "3", "switch D, port 1", "10Gbit", "10us"],
    ]


def test_tags_of_figure_5(figure5: Path) -> None:
    """The paper's figure: A0 is only on the way, A1 has rank 0; both nodes of B have their utilisation as rank."""
    assert [row[2:] for row in rows(show_switch(figure5, "A"), "Tags")] == [["none", "inf: drop"], ["A B D", "0"]]
    assert [row[2:] for row in rows(show_switch(figure5, "B"), "Tags")] == [["B .* D", "util"]] * 2
    assert rows(show_switch(figure5, "D"), "Probes, by tag") == [["0", "our own", "nobody", "B.0, C.0"]]
    assert rows(show_switch(figure5, "A"), "Probes, by tag")[1] == ["1", "B.0", "C.0"]


def test_metric_conditions_are_told_in_words(tmp_path: Path) -> None:
    policy = "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))"
    text = show_switch(make(tmp_path, policy, ROOT / "topologies" / "diamond.json"), "A")
    assert rows(text, "Tags")[0][-1] == "(1, 0, util) if util < 0.8, else (2, len, util)"
    assert rows(text, "Probe classes") == [["0", "util"], ["1", "(len, util)"]]


def test_entries_are_those_of_the_runtime_file(figure5: Path) -> None:
    runtime = json.loads((figure5 / "switches/B/runtime.json").read_text(encoding="utf-8"))
    text = show_switch(figure5, "B")
    assert sum(int(row[1]) for row in rows(text, "Tables")) == len(runtime["table_entries"])
    assert f"{len(runtime['multicast_group_entries'])} multicast groups" in text


def test_state_is_that_of_the_registers(figure5: Path) -> None:
    p4 = (figure5 / "switches/B/B.p4").read_text(encoding="utf-8")
    registers = re.findall(r"^register<bit<(\d+)>>\((\d+)\) (\w+);", p4, re.M)
    text = show_switch(figure5, "B")
    for bits, slots, name in registers:
        size = f"{int(bits) * int(slots) / 8:g}"
        assert re.search(rf"^  {name} +{slots}  x +{bits} +{size}  ", text, re.M), name
    total = sum(int(bits) * int(slots) for bits, slots, _ in registers)
    assert f"State: {total / 8:g} bytes" in text


def test_hosts_have_addresses(fat_tree: Path) -> None:
    topology = json.loads((fat_tree / "topology.json").read_text(encoding="utf-8"))
    hosts = [name for name, host in topology["hosts"].items() if host["switch"] == "e1_1"]
    found = [row[1] for row in rows(show_switch(fat_tree, "e1_1"), "Ports") if row[1].startswith("host")]
    runtime = (fat_tree / "switches/e1_1/runtime.json").read_text(encoding="utf-8")
    assert [text.split(",")[0] for text in found] == [f"host {name}" for name in hosts]
    assert all(f'"{text.split(", ")[1]}"' in runtime for text in found)


def test_transit_switches_have_no_tables_for_hosts(fat_tree: Path) -> None:
    p4 = (fat_tree / "switches/c1/c1.p4").read_text(encoding="utf-8")
    shown = {row[0] for row in rows(show_switch(fat_tree, "c1"), "Tables")}
    assert shown == set(re.findall(r"^\s*table (\w+) {", p4, re.M))


def test_a_switch_that_no_allowed_path_passes(tmp_path: Path) -> None:
    build = make(tmp_path, "minimize(if A B D then 0 else inf)", ROOT / "topologies" / "figure5.json")
    assert "Tags: none" in show_switch(build, "C")


@pytest.mark.parametrize("switch", ["A", "B", "C", "D", None])
def test_lines_fit_a_terminal(figure5: Path, switch: str | None) -> None:
    text = show_switch(figure5, switch).replace(str(figure5.parent), "folder")
    assert max(map(len, text.split("\n"))) <= WIDTH
    assert not [line for line in text.split("\n") if line != line.rstrip()]


# --------------------------------------------------------------------------------------------- all switches


def test_overview_has_a_row_for_each_switch(fat_tree: Path) -> None:
    text = show_switch(fat_tree, None)
    manifest = json.loads((fat_tree / "manifest.json").read_text(encoding="utf-8"))
    lines = {line.split()[0]: line.split()[1:] for line in text.split("\n") if re.match(r"  [cae]\d", line)}
    assert list(lines) == list(manifest["switches"])
    assert lines["c1"] == ["core", "transit", "4", "0", "1", str(manifest["switches"]["c1"]["entries"])]
    assert lines["e1_1"] == ["edge", "destination", "2", "2", "1", str(manifest["switches"]["e1_1"]["entries"])]


def test_long_overviews_are_cut(tmp_path: Path) -> None:
    switches = [f"s{i}" for i in range(45)]
    links = [{"ends": [a, b]} for a, b in pairwise(switches)]
    topology = {"switches": {name: {} for name in switches}, "links": links}
    (tmp_path / "line.json").write_text(json.dumps(topology), encoding="utf-8")
    build = make(tmp_path, "minimize(path.len)", tmp_path / "line.json", capacity=10**9, latency_ns=1000)
    text = show_switch(build, None)
    assert "... and 5 more, in " in text
    assert re.search(r"^  s39 ", text, re.M)
    assert not re.search(r"^  s40 ", text, re.M)


# ------------------------------------------------------------------------------------------------- mistakes


def failure(build: Path, switch: str | None) -> tuple[str, str]:
    with pytest.raises(CompileError) as error:
        show_switch(build, switch)
    (diagnostic,) = error.value.diagnostics
    return diagnostic.code, " ".join([diagnostic.title_text(), *diagnostic.note_texts(), *diagnostic.help_texts()])


def test_an_unknown_switch_is_told_with_the_near_name(fat_tree: Path) -> None:
    code, text = failure(fat_tree, "E1_1")
    assert code == "CTR0708"
    assert "did you mean 'e1_1'" in text


def test_an_unknown_switch_with_nothing_near(figure5: Path) -> None:
    assert "A, B, C, D" in failure(figure5, "zebra")[1]


def test_no_folder_no_manifest_no_folder_at_all(tmp_path: Path) -> None:
    assert failure(tmp_path / "nowhere", None) == failure(tmp_path / "nowhere", "A")
    assert "there is no such folder" in failure(tmp_path / "nowhere", None)[1]
    assert "no manifest.json" in failure(tmp_path, None)[1]
    (tmp_path / "file").touch()
    assert failure(tmp_path / "file", None)[0] == "CTR0706"


def test_the_manifest_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"name": "My web app"}', encoding="utf-8")
    assert failure(tmp_path, None)[0] == "CTR0706"


@pytest.mark.parametrize(("parts", "word"), [({"p4"}, "entries"), ({"p4", "entries"}, "graph")])
def test_a_part_left_out_is_named(tmp_path: Path, parts: set[str], word: str) -> None:
    build = make(tmp_path, FIGURE_5, ROOT / "topologies" / "figure5.json", parts=frozenset(parts))
    code, text = failure(build, "A")
    assert code == "CTR0707"
    assert f"it has to name {word}" in text


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("content", [b"", b"\0" * 10, b"{", b"[]", b"{}", b"null", b"\xff\xfe", b"[" * 100_000])
def test_broken_files_are_errors(figure5: Path, tmp_path: Path, name: str, content: bytes) -> None:
    build = tmp_path / "build"
    shutil.copytree(figure5, build)
    (build / name).write_bytes(content)
    with pytest.raises(CompileError) as error:
        show_switch(build, "B")
    assert all(re.fullmatch(r"CTR0[27]\d\d", diagnostic.code) for diagnostic in error.value.diagnostics)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [path, *(place for key, part in inner for place in places(part, (*path, key)))]


@pytest.fixture(scope="module")
def victim(figure5: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("victim") / "build"
    shutil.copytree(figure5, build)
    return build


VALUES = st.sampled_from([None, True, -1, 0, 7, 1e308, "", "x", [], [1], {}, {"a": 1}, 10**300])


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(FILES), value=VALUES, remove=st.booleans())
def test_no_change_of_a_file_is_a_traceback(
    victim: Path, data: st.DataObject, name: str, value: Any, remove: bool
) -> None:
    """A value replaced or taken away: a picture, or an error that we meant."""
    path = victim / name
    before = path.read_text(encoding="utf-8")
    content = json.loads(before)
    place = data.draw(st.sampled_from(places(content)[1:]))
    holder = content
    for key in place[:-1]:
        holder = holder[key]
    if remove:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    path.write_text(json.dumps(content), encoding="utf-8")
    try:
        for switch in ("B", None):
            try:
                assert show_switch(victim, switch)
            except CompileError as error:
                assert error.diagnostics
    finally:
        path.write_text(before, encoding="utf-8")


# ---------------------------------------------------------------------------------------------------- tables


@given(
    st.lists(st.lists(st.text("abc, .*", max_size=60), min_size=3, max_size=3), max_size=5),
)
@settings(deadline=None, max_examples=50)
def test_tables_lose_no_words_and_keep_their_columns(cells: list[list[str]]) -> None:
    lines = table(("one", "two", "three"), cells)
    words = "\n".join(lines).split()
    assert sorted(words) == sorted(["one", "two", "three", *(w for row in cells for cell in row for w in cell.split())])
    assert all(line == line.rstrip() for line in lines)
