"""The objects of the entries of a real build, against its files as a reader of docs/artifacts.md understands them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled

from contra.localize import Object, risk_model
from contra.localize.objects import GROUP_TABLE, KINDS, Entry, Kind, Origins, Outcome, element_of, rows


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("objects"))


@pytest.fixture(scope="module")
def manifest(build: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def entries(build: Path, manifest: dict[str, Any]) -> list[Entry]:
    return list(entries_of(build, manifest))


def entries_of(build: Path, manifest: dict[str, Any]) -> Iterator[Entry]:
    for switch, row in manifest["switches"].items():
        runtime = json.loads((build / row["runtime"]).read_text(encoding="utf-8"))
        for each in runtime["table_entries"]:
            table, pid = each["table"].rpartition(".")[2], each.get("match", {}).get("pid")
            yield Entry(switch, table, each["provenance"], pid, parameters=tuple(each["action_params"]))
        for each in runtime["multicast_group_entries"]:
            yield Entry(switch, GROUP_TABLE, each["provenance"])


def of_kind(kind: str, objects: tuple[Object, ...]) -> set[str]:
    return {each.name for each in objects if each.kind == kind}


def test_the_places_of_an_entry(manifest: dict[str, Any], entries: list[Entry]) -> None:
    origins = Origins(manifest)
    keys = {Kind.NODE: "node", Kind.LINK: "link", Kind.DESTINATION: "destination", Kind.HOST: "host"}
    for entry in entries:
        objects = origins.objects(entry)
        assert of_kind(Kind.SWITCH, objects) == {entry.switch}
        assert of_kind(Kind.TABLE, objects) == {f"{entry.switch}.{entry.table}"}
        for kind, key in keys.items():
            assert of_kind(kind, objects) == ({entry.provenance[key]} if key in entry.provenance else set())
        assert {each.kind for each in objects} <= set(KINDS)


def test_the_policy_of_an_entry(manifest: dict[str, Any], entries: list[Entry]) -> None:
    """From the rules to clauses and regexes, as in the example of docs/artifacts.md. The build has one probe class."""
    origins = Origins(manifest)
    for entry in entries:
        used = [manifest["rules"][number] for number in entry.provenance.get("rules", [])]
        clauses = [manifest["clauses"][branch["clause"]] for rule in used for branch in rule["branches"]]
        regexes = [manifest["regexes"][number] for rule in used for number in rule["regexes"]]
        objects = origins.objects(entry)
        assert of_kind(Kind.REGEX, objects) == {f"{row['line']}:{row['column']}" for row in regexes}
        assert of_kind(Kind.PROBE_CLASS, objects) == ({"0"} if used else set())
        named = of_kind(Kind.CLAUSE, objects)
        assert named <= {f"{row['line']}:{row['column']}" for row in clauses}
        assert bool(named) == bool(clauses)
        texts = [row["text"] for row in clauses if f"{row['line']}:{row['column']}" in named]
        assert of_kind(Kind.METRIC, objects) == {"util" for text in texts if "path.util" in text}


def test_a_clause_comes_with_the_probe_class_that_finds_it(tmp_path: Path) -> None:
    """One rank rule of two clauses: (1, 0, path.util) is found by class 0, (2, path.len, path.util) by class 1."""
    made = compiled(tmp_path, "congestion-aware")
    manifest = json.loads((made / "manifest.json").read_text(encoding="utf-8"))
    origins = Origins(manifest)
    texts = {f"{row['line']}:{row['column']}": row["text"] for row in manifest["clauses"]}
    seen = set()
    for entry in entries_of(made, manifest):
        if entry.pid is not None:
            objects = origins.objects(entry)
            [clause] = of_kind(Kind.CLAUSE, objects)
            assert texts[clause].startswith(f"({entry.pid + 1},")
            assert of_kind(Kind.METRIC, objects) == ({"util"} if entry.pid == 0 else {"len", "util"})
            seen.add(entry.pid)
    assert seen == {0, 1}


def test_elements(entries: list[Entry]) -> None:
    found = {element_of(entry) for entry in entries if entry.switch == "CHIN"}
    assert ("CHIN", "", "") in found
    assert ("CHIN", "CHIN.0", "CHIN") in found
    assert ("CHIN", "CHIN.1", "") in found


LINK_ENTRY = Entry("A", "hop_port", {"link": "A:1-B:1"}, parameters=("port", "weight"))
NODE_ENTRY = Entry("A", "product_node", {"rules": [0], "node": "A.1", "link": "A:1-B:1"}, parameters=("rule", "group"))
HOLDERS = {Kind.TABLE, Kind.SWITCH}


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ((), {Kind.CLAUSE, Kind.METRIC, Kind.REGEX, Kind.PROBE_CLASS, Kind.NODE, Kind.LINK} | HOLDERS),
        (("rule",), {Kind.CLAUSE, Kind.METRIC, Kind.REGEX} | HOLDERS),
        (("group",), {Kind.NODE} | HOLDERS),
        (("tag", "group"), {Kind.NODE} | HOLDERS),
        (("rule", "group"), {Kind.CLAUSE, Kind.METRIC, Kind.REGEX, Kind.NODE} | HOLDERS),
        (("port",), {Kind.LINK} | HOLDERS),
        (("util",), {Kind.LINK, Kind.METRIC} | HOLDERS),
        (("hop",), {Kind.LINK} | HOLDERS),
        (("pid",), {Kind.PROBE_CLASS} | HOLDERS),
        (("never heard of",), {Kind.CLAUSE, Kind.METRIC, Kind.REGEX, Kind.PROBE_CLASS, Kind.NODE, Kind.LINK} | HOLDERS),
    ],
)
def test_the_field_that_differs_narrows_the_blame(
    fields: tuple[str, ...], kinds: set[str], manifest: dict[str, Any]
) -> None:
    origins = Origins(manifest)
    objects = origins.objects(NODE_ENTRY)
    assert {each.kind for each in origins.blamed(Outcome(fields), objects)} == kinds


def test_rows(manifest: dict[str, Any]) -> None:
    origins = Origins(manifest)
    broken = LINK_ENTRY._replace(outcome=Outcome(("port",)))
    [row] = rows([broken], origins)
    assert row.element == ("A", "", "")
    assert (row.place, row.sort) == ("A", "hop_port(port, weight)")
    assert {str(each) for each in row.blamed} == {"link A:1-B:1", "table A.hop_port", "switch A"}
    [alone] = rows([broken], origins, switches=False)
    assert {str(each) for each in alone.objects} == {"link A:1-B:1", "table A.hop_port"}
    [whole] = rows([NODE_ENTRY._replace(outcome=Outcome(("rule",)))], origins, narrow=False)
    assert whole.blamed == whole.objects
    assert next(rows([LINK_ENTRY], origins)).blamed == ()


def test_builds_without_a_policy_have_places_alone() -> None:
    origins = Origins({"clauses": [], "regexes": [], "rules": [], "metrics": [], "probe_classes": []})
    assert {each.kind for each in origins.objects(LINK_ENTRY)} == {Kind.LINK, Kind.TABLE, Kind.SWITCH}


def test_the_same_objects_are_made_once(manifest: dict[str, Any], entries: list[Entry]) -> None:
    model = risk_model(rows(entries, Origins(manifest)))
    assert len(model.element_of) == len(entries)
    assert len(set(model.objects)) == len(model.objects)


@pytest.mark.parametrize("rules", [[10**6], [-1], ["0"], [True], "0", 3, {"0": 1}, None])
def test_provenance_that_means_nothing_is_passed_over(rules: object, manifest: dict[str, Any]) -> None:
    """Files of a build may have been edited, and journals be those of another one."""
    strange = Entry("A", "hop_port", {"rules": rules, "link": ["A"], "node": 3, "host": None})
    assert {each.kind for each in Origins(manifest).objects(strange)} == {Kind.TABLE, Kind.SWITCH}
    assert element_of(strange) == ("A", "", "")
