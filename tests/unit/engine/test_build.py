"""Build folders: what is loaded from a good one, and what is said about one that was changed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import builds
from support.judging import topology_from

from contra import __version__
from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.emit.output import write_tree
from contra.engine.build import Build, load
from contra.p4.runtime import Group
from contra.render import render_text

POLICY = "minimize(if .* C .* then path.util else inf)"
HOSTS = {"h1": {"switch": "A"}, "h2": {"switch": "D"}}
DIAMOND = {
    "switches": {name: {} for name in ("A", "B.1", "C", "D")},
    "hosts": HOSTS,
    "links": [{"ends": ends, "capacity": "10Gbit", "latency": "1us"} for ends in
              (["A", "B.1"], ["A", "C"], ["B.1", "D"], ["C", "D"])],
}  # fmt: skip


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build with two programs: B.1 and C have no host."""
    folder = tmp_path_factory.mktemp("build") / "build"
    write_tree(folder, builds.files(builds.lowered(POLICY, topology_from(DIAMOND))).items())
    return folder


@pytest.fixture
def folder(pristine: Path, tmp_path: Path) -> Path:
    shutil.copytree(pristine, tmp_path / "b")
    return tmp_path / "b"


def attempt(folder: Path) -> tuple[Build | None, list[Diagnostic]]:
    reporter = Reporter()
    try:
        return load(folder, reporter), reporter.diagnostics
    except CompileError as error:
        return None, list(error.diagnostics)


def codes(said: list[Diagnostic]) -> list[str]:
    return [each.code for each in said]


def edit(path: Path, change: Callable[[Any], Any]) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


# ------------------------------------------------------------------------------------------------- a good one


def test_a_build_is_loaded_whole(folder: Path) -> None:
    build, said = attempt(folder)
    assert build is not None, render_text(said)
    assert not said
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [each.switch.label for each in build.switches] == ["A", "B.1", "C", "D"]
    assert [each.program.row.role for each in build.switches] == ["destination", "transit", "transit", "destination"]
    assert build.switches[0].program is build.switches[3].program
    for each in build.switches:
        row = manifest["switches"][each.switch.name]
        assert (each.entries.count, len(each.entries.groups)) == (row["entries"], row["groups"])
        assert all(isinstance(group, Group) for group in each.entries.groups.values())
    constants = manifest["constants"]
    assert build.manifest.constants.probe_period_us == constants["probe_period_us"] == 256_000
    assert build.manifest.constants.cpu_port == constants["cpu_port"]
    assert build.manifest.regexes == (".* C .*",)
    assert [each["text"] for each in manifest["clauses"]] == [each.text for each in build.manifest.clauses]
    finite = [b for rule in build.manifest.rules for b in rule.branches if b.rank != ("inf",)]
    assert [(b.rank, b.pid) for b in finite] == [(("util",), 0)]
    cells = {cell["name"]: cell["bits"] for cell in manifest["programs"]["destination"]["cells"]}
    assert {cell.name: cell.bits for cell in build.manifest.programs["destination"].cells} == cells
    assert {register.name.rpartition(".")[2] for register in build.programs["destination"].typed.registers} >= set(
        cells
    )


# ------------------------------------------------------------------------------------------------- edited on purpose


def test_edited_entries_are_used_and_said(folder: Path) -> None:
    path = folder / "switches/A/runtime.json"
    before = attempt(folder)[0]
    edit(path, lambda content: content["table_entries"].pop())
    build, said = attempt(folder)
    assert build is not None
    assert before is not None
    assert codes(said) == ["CTR1010"]
    assert "A/runtime.json" in said[0].title_text()
    assert build.switches[0].entries.count == before.switches[0].entries.count - 1


def test_an_edited_program_is_used_and_the_copies_are_not_blamed(folder: Path) -> None:
    path = folder / "programs/transit.p4"
    path.write_text(path.read_text(encoding="utf-8") + "// mine\n", encoding="utf-8")
    build, said = attempt(folder)
    assert build is not None
    assert codes(said) == ["CTR1010"]
    assert build.programs["transit"].source.text.endswith("// mine\n")


def test_an_edited_copy_is_not_what_runs(folder: Path) -> None:
    path = folder / "switches/C/C.p4"
    path.write_text("// mine\n", encoding="utf-8")
    build, said = attempt(folder)
    assert build is not None
    assert codes(said) == ["CTR1012"]
    assert "programs/transit.p4" in said[0].title_text()
    path.unlink()
    assert not attempt(folder)[1]


def test_an_edited_network_is_used(folder: Path) -> None:
    edit(folder / "topology.json", lambda content: content["links"][0].update(latency="7ms"))
    build, said = attempt(folder)
    assert build is not None
    assert codes(said) == ["CTR1010"]
    assert build.topology.links[0].latency_ns == 7_000_000


def test_many_edited_files_are_one_warning(folder: Path) -> None:
    for path in folder.glob("switches/*/runtime.json"):
        path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    _, said = attempt(folder)
    assert codes(said) == ["CTR1010"]
    assert said[0].title_text().endswith("and 1 more are not as contrac wrote them")


def test_a_policy_changed_since_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.ctr").write_text("minimize(path.len)", encoding="utf-8")  # the name that the manifest has
    build, said = attempt(folder)
    assert build is not None
    assert codes(said) == ["CTR1011"]
    assert said[0].span is not None
    assert said[0].span.file.name.endswith("manifest.json")


# ------------------------------------------------------------------------------------------------- what is refused


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def truncate(name: str) -> Callable[[Path], None]:
    def cut(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(text[: len(text) * 2 // 3], encoding="utf-8")

    return cut


def manifest(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "manifest.json", change)


def network(change: Callable[[Any], Any]) -> Callable[[Path], None]:
    return lambda folder: edit(folder / "topology.json", change)


def rename_switch(content: Any) -> None:
    content.update(json.loads(json.dumps(content).replace('"C"', '"Z"')))


def table_gone(folder: Path) -> None:
    path = folder / "switches/D/runtime.json"
    path.write_text(path.read_text(encoding="utf-8").replace("deliver.hosts", "deliver.hots", 1), encoding="utf-8")


BROKEN: dict[str, tuple[Callable[[Path], Any], set[str], str]] = {
    "no manifest": (remove("manifest.json"), {"CTR1002"}, ""),
    "no folder": (lambda folder: shutil.rmtree(folder), {"CTR1002"}, ""),
    "not ours": (manifest(lambda m: m.update(generator="somebody")), {"CTR1002"}, '"somebody"'),
    "a list": (lambda folder: (folder / "manifest.json").write_text("[]"), {"CTR1002"}, "["),
    "truncated manifest": (truncate("manifest.json"), {"CTR0206"}, ""),
    "other version": (manifest(lambda m: m.update(version="0.0.9")), {"CTR1003"}, '"0.0.9"'),
    "number as text": (manifest(lambda m: m["constants"].update(probe_period_us="5")), {"CTR1004"}, '"5"'),
    "negative": (manifest(lambda m: m["constants"].update(flowlet_slots=-1)), {"CTR1004"}, "-1"),
    "true": (manifest(lambda m: m["constants"].update(flowlet_slots=True)), {"CTR1004"}, "true"),
    "authenticate no flag": (manifest(lambda m: m["constants"].update(authenticate=1)), {"CTR1004"}, "1"),
    "no constants": (manifest(lambda m: m.pop("constants")), {"CTR1005"}, "{"),
    "no such clause": (manifest(lambda m: m["rules"][0]["branches"][0].update(clause=77)), {"CTR1006"}, "77"),
    "no such regex": (manifest(lambda m: m["rules"][0].update(regexes=[9])), {"CTR1006"}, ""),
    "no such program": (manifest(lambda m: m["switches"]["A"].update(program="x")), {"CTR1006"}, '"x"'),
    "out of the folder": (manifest(lambda m: m["switches"]["A"].update(runtime="../../x")), {"CTR1006"}, '"../../x"'),
    "absolute": (manifest(lambda m: m["programs"]["transit"].update(p4="/etc/passwd")), {"CTR1006"}, '"/etc/passwd"'),
    "no program": (remove("programs/transit.p4"), {"CTR1007"}, '"programs/transit.p4"'),
    "no network": (remove("topology.json"), {"CTR1007"}, '"topology.json"'),
    "no folder of a switch": (
        lambda folder: shutil.rmtree(folder / "switches/C"), {"CTR1007"}, '"switches/C/runtime.json"'
    ),
    "switch without program": (manifest(lambda m: m["switches"].pop("C")), {"CTR1008"}, '"C"'),
    "switch renamed": (network(rename_switch), {"CTR1008", "CTR1009"}, '"Z"'),
    "switch renumbered": (manifest(lambda m: m["switches"]["C"].update(index=0)), {"CTR1009"}, '"C"'),
    "truncated entries": (truncate("switches/D/runtime.json"), {"CTR0206"}, ""),
    "truncated network": (truncate("topology.json"), {"CTR0206"}, ""),
    "not UTF-8": (lambda folder: (folder / "topology.json").write_bytes(b"{\n\xff}"), {"CTR1001"}, ""),
    "a table that is not there": (table_gone, {"CTR0950"}, '"ContraIngress.deliver.hots"'),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_broken_builds(name: str, folder: Path) -> None:
    harm, expected, place = BROKEN[name]
    harm(folder)
    build, said = attempt(folder)
    assert build is None
    errors = [each for each in said if each.severity.value == "error"]
    assert set(codes(errors)) == expected, render_text(said)
    if place:
        assert errors[0].span is not None
        assert errors[0].span.text.startswith(place), render_text(said)


def test_a_truncated_program_is_refused_with_its_place(folder: Path) -> None:
    truncate("programs/transit.p4")(folder)
    build, said = attempt(folder)
    assert build is None
    (error,) = [each for each in said if each.severity.value == "error"]
    assert error.span is not None
    assert error.span.file.name.endswith("programs/transit.p4")


def test_the_message_on_versions_names_both_and_how_to_compile_again(folder: Path) -> None:
    manifest(lambda m: m.update(version="0.0.9"))(folder)
    text = render_text(attempt(folder)[1])
    assert "0.0.9" in text
    assert __version__ in text
    assert "contrac policy.ctr topo.json -o" in text


def test_one_mistake_in_all_switches_is_not_said_for_each(folder: Path) -> None:
    for path in folder.glob("switches/*/runtime.json"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("ContraIngress.", "Contra."), encoding="utf-8")
    _, said = attempt(folder)
    assert set(codes(said)) == {"CTR0950"}
    assert len({each.span.file.name for each in said if each.span}) < 4


def test_a_file_is_no_build(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("", encoding="utf-8")
    _, said = attempt(tmp_path / "x")
    assert codes(said) == ["CTR1002"]
    assert "it is a file" in said[0].title_text()
