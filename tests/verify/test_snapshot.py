"""Snapshots: what is written is read, and what is wrong with one is told without losing the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from support.verifying import compiled, held, loaded, remove, written

from contra.deploy.control.desired import Adjustments, Held, desired, desired_at
from contra.deploy.control.dump import holding_json
from contra.deploy.plan import Settings, make_plan
from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.engine.build import Build
from contra.render import render_text
from contra.verify import errors
from contra.verify.model import FindingKind, Report, Status
from contra.verify.network import verify
from contra.verify.places import Policy
from contra.verify.snapshot import read_snapshot, snapshot_text
from contra.verify.words import report_text

Break = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return loaded(compiled(tmp_path_factory.mktemp("verify")))


def report_of(build: Build, snapshot: Any, folder: Path) -> tuple[Report, list[Diagnostic]]:
    reporter = Reporter()
    return verify(build, read_snapshot(written(folder, snapshot), build, reporter)), reporter.diagnostics


def statuses(report: Report) -> dict[str, Status]:
    return {each.switch: each.status for each in report.switches if each.status is not Status.EQUAL}


def test_what_contra_writes_is_what_it_reads(build: Build, tmp_path: Path) -> None:
    """Every entry in the form of the daemon, by the reader's short way; nothing goes through the long one."""
    switches = {}
    for index, switch in enumerate(build.switches):
        expected = desired_at(build, Fraction(1, 500), index)
        switches[switch.switch.name] = holding_json(expected, expected)
    content = {"schema": 1, "revision": "", "taken": "", "deployment": {"scale": "1/500"}, "switches": switches}
    (tmp_path / "s.json").write_text(snapshot_text(content))
    assert json.loads((tmp_path / "s.json").read_text()) == content
    reporter = Reporter()
    snapshot = read_snapshot(tmp_path / "s.json", build, reporter)
    assert not reporter.diagnostics
    for index, switch in enumerate(build.switches):
        assert snapshot.switches[switch.switch.name].holding == desired_at(build, Fraction(1, 500), index)
    assert verify(build, snapshot).good


def test_a_scale_is_that_of_the_plan(build: Build) -> None:
    plan = make_plan(build, Settings(), Reporter())
    for index in range(len(build.switches)):
        assert desired_at(build, plan.scale, index) == desired(build, plan, index)


def test_metrics_that_are_held_are_no_difference(build: Build, tmp_path: Path) -> None:
    held_still = Adjustments(held={(4, 1): Held(utilisation=Fraction(1, 4))})
    snapshot = held(build.folder)
    expected = desired_at(build, Fraction(1), 4, held_still)
    snapshot["switches"]["KSCY"] = holding_json(expected, expected)
    assert statuses(report_of(build, snapshot, tmp_path)[0]) == {"KSCY": Status.DIFFERS}
    snapshot["deployment"] = {"held": [{"switch": "KSCY", "port": 1, "utilisation": "1/4"}]}
    assert statuses(report_of(build, snapshot, tmp_path)[0]) == {}


def test_a_default_action_that_is_not_named_is_the_programs_own(build: Build, tmp_path: Path) -> None:
    snapshot = held(build.folder)
    remove(snapshot, "KSCY", lambda row: row.get("default_action") is True)
    [finding] = next(each for each in report_of(build, snapshot, tmp_path)[0].switches if each.findings).findings
    assert finding.kind is FindingKind.ALTERED
    assert [(each.part.value, each.found) for each in finding.fields] == [("action", "NoAction")]


def test_an_empty_switch(build: Build, tmp_path: Path) -> None:
    snapshot = held(build.folder)
    snapshot["switches"]["KSCY"] = {"table_entries": [], "multicast_group_entries": []}
    report, said = report_of(build, snapshot, tmp_path)
    assert (statuses(report), said) == ({"KSCY": Status.EMPTY}, [])
    assert report.count(FindingKind.MISSING) == len(held(build.folder)["switches"]["KSCY"]["table_entries"]) - 1 + 2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("it is gone", Status.UNREACHABLE),
        ({"code": "CTR1110", "message": "it is gone"}, Status.UNREACHABLE),
        ({"code": "CTR1104", "message": "it runs no program"}, Status.OTHER_PROGRAM),
        ({"code": "CTR1103", "message": "it is another"}, Status.OTHER_PROGRAM),
    ],
)
def test_a_switch_that_did_not_tell(build: Build, tmp_path: Path, error: Any, status: Status) -> None:
    snapshot = held(build.folder)
    snapshot["switches"]["CHIN"] = {"error": error}
    report, said = report_of(build, snapshot, tmp_path)
    assert (statuses(report), said) == ({"CHIN": status}, [])
    [switch] = [each for each in report.switches if not each.good]
    assert switch.reason == (error if isinstance(error, str) else error["message"])
    assert "CHIN" in report_text(report, Policy(build))


def test_duplicates_of_the_same_are_one_note(build: Build, tmp_path: Path) -> None:
    snapshot = held(build.folder)
    rows = snapshot["switches"]["KSCY"]["table_entries"]
    rows.append(dict(rows[2]))
    report, said = report_of(build, snapshot, tmp_path)
    assert [each.code for each in said] == ["CTR1707"]
    assert (statuses(report), report.good) == ({}, False)


# ------------------------------------------------------------------------------------------ what can be wrong


def row(snapshot: dict[str, Any], number: int) -> dict[str, Any]:
    found = snapshot["switches"]["KSCY"]["table_entries"][number]
    assert isinstance(found, dict)
    return found


def put(snapshot: dict[str, Any], *path: str | int, value: Any) -> None:
    place: Any = snapshot
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value


def rename(snapshot: dict[str, Any], old: str, new: str) -> None:
    switches = snapshot["switches"]
    snapshot["switches"] = {new if name == old else name: content for name, content in switches.items()}


KSCY = ("switches", "KSCY")
BREAKS: dict[str, Break] = {
    "another revision": lambda s: put(s, "revision", value="0123456789ab"),
    "another revision, of a build": lambda s: s.update(revision="01", deployment={"build": "old"}),
    "a revision that is a number": lambda s: put(s, "revision", value=12),
    "a time that is none": lambda s: put(s, "taken", value="yesterday"),
    "a time that is a number": lambda s: put(s, "taken", value=1700000000),
    "a switch of another name": lambda s: rename(s, "KSCY", "KSCYY"),
    "no switch that is known": lambda s: put(s, "switches", value={"x": {}}),
    "many switches of another network": lambda s: put(s, "switches", value={f"x{n}": {} for n in range(9)}),
    "a switch that is a list": lambda s: put(s, *KSCY, value=[]),
    "entries that are an object": lambda s: put(s, *KSCY, "table_entries", value={}),
    "an entry that is a number": lambda s: put(s, *KSCY, "table_entries", 1, value=7),
    "an unknown table": lambda s: row(s, 3).update(table="ContraIngress.ingres_port"),
    "a table that is a list": lambda s: row(s, 3).update(table=[]),
    "an unknown action": lambda s: row(s, 3).update(action_name="ContraIngress.from_swich"),
    "an unknown key": lambda s: row(s, 3).update(match={"prt": 2}),
    "a value that does not fit": lambda s: row(s, 3).update(match={"port": 512}),
    "a parameter that is a text": lambda s: row(s, 3).update(action_params={"hop": "x", "held_util": 65535}),
    "a key that nobody reads": lambda s: row(s, 3).update(what=1),
    "an entry that is there twice": lambda s: s["switches"]["KSCY"]["table_entries"].append(dict(row(s, 2))),
    "a group that is a text": lambda s: put(s, *KSCY, "multicast_group_entries", 0, "multicast_group_id", value="1"),
    "a replica that is a number": lambda s: put(s, *KSCY, "multicast_group_entries", 0, "replicas", value=[7]),
    "an error that is a number": lambda s: put(s, *KSCY, value={"error": 7}),
    "a scale that is none": lambda s: put(s, "deployment", value={"scale": "1/0"}),
    "a scale that leaves nothing": lambda s: put(s, "deployment", value={"scale": "1/99999999999"}),
    "a scale of zero": lambda s: put(s, "deployment", value={"scale": "0"}),
    "a scale that is a number": lambda s: put(s, "deployment", value={"scale": 5}),
    "a scale of many digits": lambda s: put(s, "deployment", value={"scale": "1" * 100}),
    "a deployment that is a text": lambda s: put(s, "deployment", value="x"),
    "a held link that is none": lambda s: put(s, "deployment", value={"held": [{"switch": "X", "port": 1}]}),
    "held attributes that are a list": lambda s: put(
        s, "deployment", value={"held": [{"switch": "KSCY", "port": 1, "attributes": [1]}]}
    ),
    "held that is a number": lambda s: put(s, "deployment", value={"held": 7}),
    "a hundred unknown tables": lambda s: [each.update(table="x") for each in rows_of_all(s)],
}


def rows_of_all(snapshot: dict[str, Any]) -> list[dict[str, Any]]:
    rows = snapshot["switches"]["KSCY"]["table_entries"]
    rows += [dict(rows[0]) for _ in range(100)]
    return [each for each in rows if isinstance(each, dict)]


FATAL: dict[str, Break] = {
    "no switches": lambda s: s.pop("switches"),
    "switches that are a list": lambda s: put(s, "switches", value=[]),
    "another schema": lambda s: put(s, "schema", value=2),
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_rest_is_checked_all_the_same(build: Build, tmp_path: Path, name: str) -> None:
    """NYCM lacks an entry, and that is told whatever else is wrong."""
    snapshot = held(build.folder)
    remove(snapshot, "NYCM", lambda each: each.get("match") == {"hop": 2})
    BREAKS[name](snapshot)
    report, said = report_of(build, snapshot, tmp_path)
    assert said
    assert not report.good
    if "NYCM" in snapshot["switches"]:
        [switch] = [each for each in report.switches if each.switch == "NYCM"]
        assert [each.kind for each in switch.findings] == [FindingKind.MISSING]
    assert len(report.switches) >= len(build.switches)
    assert report_text(report, Policy(build))


def said_about(build: Build, broken: Break) -> str:
    snapshot, reporter = held(build.folder), Reporter()
    broken(snapshot)
    try:
        read_snapshot(written(Path(), snapshot), build, reporter)
    except CompileError as error:
        return render_text(list(error.diagnostics))
    return render_text(reporter.diagnostics)


def test_a_snapshot_of_the_future(build: Build, tmp_path: Path) -> None:
    snapshot = held(build.folder)
    snapshot["taken"] = "9999-12-31T23:59:59+00:00"
    report, said = report_of(build, snapshot, tmp_path)
    assert [each.code for each in said] == ["CTR1712"]
    assert report.good


def test_messages(
    build: Build, tmp_path: Path, golden: Callable[[Path, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    parts = [f"## {name}\n{said_about(build, broken)}" for name, broken in {**BREAKS, **FATAL}.items()]
    parts += [f"## {type(each).__name__}\n{render_text([each])}" for each in OTHERS]
    text = "\n".join(parts).replace(str(build.folder.parent), "HERE")
    golden(Path(__file__).parent / "messages.txt", re.sub(r"this build is revision \w+", "this build is ...", text))


OTHERS: list[Diagnostic] = [
    errors.BadAddress(what="switch 'KSCY'", expected="an object", found="null"),
    errors.NotJudged(table="In.acl"),
    errors.NoDiagrams(table="In.acl"),
    errors.SnapshotOfTheFuture(taken="2099-01-01T00:00:00Z"),
]


def test_every_message_is_there(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    classes = {each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Diagnostic)}
    codes = {each.code for each in classes - {Diagnostic}}
    monkeypatch.chdir(tmp_path)
    text = "".join(said_about(build, broken) for broken in {**BREAKS, **FATAL}.values())
    told = {each.code for each in OTHERS} | {code for code in codes if f"[{code}]" in text}
    assert told == codes


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "\x00", '{"switches": {"KSCY": {}, "KSCY": 7}}', "[" * 100_000])
def test_what_is_no_snapshot_at_all(build: Build, tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text)
    reporter = Reporter()
    try:
        report = verify(build, read_snapshot(path, build, reporter))
    except CompileError:
        assert reporter.has_errors
    else:
        assert "KSCY" in text
        assert reporter.has_errors
        assert not report.good


def test_no_file(build: Build, tmp_path: Path) -> None:
    with pytest.raises(CompileError) as raised:
        read_snapshot(tmp_path / "none.json", build, Reporter())
    assert [each.code for each in raised.value.diagnostics] == ["CTR1001"]


def test_a_metric_that_cannot_be_held(build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs of a build that was edited may lack the parameter."""
    monkeypatch.setattr("contra.deploy.control.desired.HELD_LOAD", "not_there")
    snapshot = held(build.folder)
    snapshot["deployment"] = {"held": [{"switch": "KSCY", "port": 1, "utilisation": "1/4"}]}
    report, _ = report_of(build, snapshot, tmp_path)
    assert statuses(report) == {"KSCY": Status.UNREADABLE}
    assert [each.code for each in report.switches if not each.good] == ["CTR1113"]
