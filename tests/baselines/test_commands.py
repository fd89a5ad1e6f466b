"""`contra baseline` as users call it, and the other commands on what it makes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.baselines import FAT_TREE, ROOT, SCHEMES, STATIC

from contra.baselines import SCHEMES as KNOWN
from contra.baselines import compile_baseline
from contra.baselines.build import check_size
from contra.cli.contra import main as contra
from contra.cli.contrac import main as contrac
from contra.diagnostics import CompileError, Reporter
from contra.options import ProtocolOptions
from contra.render import render_text
from contra.topology import load

TIMES = ["--probe-period", "10ms", "--flowlet-timeout", "5ms"]


@pytest.fixture(params=SCHEMES)
def build(request: pytest.FixtureRequest, tmp_path: Path, capsys: Any) -> Path:
    out = tmp_path / request.param
    assert contra(["baseline", request.param, str(FAT_TREE), "-o", str(out), "-q", *TIMES]) == 0
    assert capsys.readouterr() == ("", "")
    return out


def scheme(build: Path) -> str:
    return build.name


def run(*arguments: object) -> int:
    return contra([str(argument) for argument in arguments])


# ------------------------------------------------------------------------------------------------ compiling


def test_the_list_of_schemes() -> None:
    assert tuple(KNOWN) == SCHEMES


def test_one_line_says_what_was_written(tmp_path: Path, capsys: Any) -> None:
    assert run("baseline", "spain", FAT_TREE, "-o", tmp_path / "b") == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{tmp_path}/b/: 20 switches, 1 program, ") and ", 43 files, no warnings, " in out
    assert err == ""


def test_json_counts_what_is_there(tmp_path: Path, capsys: Any) -> None:
    assert run("baseline", "hula", FAT_TREE, "-o", tmp_path / "b", "--json", "--error-format", "json") == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    runtimes = [json.loads(path.read_text()) for path in (tmp_path / "b").glob("switches/*/runtime.json")]
    assert found["entries"] == sum(len(each["table_entries"]) for each in runtimes)
    assert found["groups"] == sum(len(each["multicast_group_entries"]) for each in runtimes)
    assert found["files"] == sum(path.is_file() for path in (tmp_path / "b").rglob("*"))
    assert (found["scheme"], found["switches"], found["programs"]) == ("hula", 20, 1)
    assert json.loads(err) == {"diagnostics": []}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["hulla", FAT_TREE], 2, "did you mean 'hula'?"),
        (["ecmp"], 2, "the following arguments are required: TOPOLOGY"),
        (["ecmp", "nowhere.json"], 1, "nowhere.json"),
        (["ecmp", FAT_TREE, "--pin", "3"], 2, "unknown option '--pin'"),
        (["ecmp", FAT_TREE, "--flowlet-timeout", "2s"], 2, "longer than table entries live"),
        (["ecmp", FAT_TREE, "--flowlet-slots", "100"], 2, "found 100, expected a power of two"),
        (["spain", FAT_TREE, "--paths", "0"], 2, "expected a whole number from 1 to 64"),
        (["hula", ROOT / "topologies" / "abilene.json"], 1, "error[CTR1603]: HULA needs a tree of tiers"),
    ],
)
def test_what_is_wrong_is_said(arguments: list[object], code: int, message: str, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "b"
    assert run("baseline", *arguments, "-o", out) == code
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_errors_as_json(tmp_path: Path, capsys: Any) -> None:
    topology = ROOT / "topologies" / "abilene.json"
    assert run("baseline", "hula", topology, "-o", tmp_path / "b", "--error-format", "json") == 1
    (diagnostic,) = json.loads(capsys.readouterr().err)["diagnostics"]
    assert (diagnostic["code"], diagnostic["severity"]) == ("CTR1603", "error")
    assert diagnostic["line"] == 31 and "13 other links are wrong in the same sense" in diagnostic["notes"]


def test_a_folder_of_others_is_not_replaced_and_one_of_ours_is(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    assert run("baseline", "ecmp", FAT_TREE, "-o", tmp_path / "mine") == 1
    assert "CTR0701" in capsys.readouterr().err
    policy = tmp_path / "p.ctr"
    policy.write_text("minimize(path.len)")
    for make in (
        lambda: contrac([str(policy), str(FAT_TREE), "-o", str(tmp_path / "b"), "-q"]),
        lambda: run("baseline", "ecmp", FAT_TREE, "-o", tmp_path / "b", "-q"),
        lambda: contrac([str(policy), str(FAT_TREE), "-o", str(tmp_path / "b"), "-q"]),
    ):
        assert make() == 0
    assert json.loads((tmp_path / "b" / "manifest.json").read_text())["scheme"] == "contra"
    assert not (tmp_path / "b" / "programs" / "ecmp.p4").exists()


def test_the_topology_must_not_lie_in_the_output_folder(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "b"
    assert run("baseline", "ecmp", FAT_TREE, "-o", out, "-q") == 0
    assert run("baseline", "ecmp", out / "topology.json", "-o", out) == 1
    assert "CTR0709" in capsys.readouterr().err


def test_an_unknown_scheme_of_a_program(tmp_path: Path) -> None:
    topology = load(str(FAT_TREE), Reporter())
    for name, hint in (("ecpm", "did you mean 'ecmp'?"), ("rip", "schemes are shortest-path, ecmp, ")):
        with pytest.raises(CompileError) as raised:
            compile_baseline(name, topology, ProtocolOptions(), tmp_path / "b", Reporter())
        text = render_text(list(raised.value.diagnostics))
        assert "error[CTR1601]: there is no scheme" in text and hint in text


def test_more_vlans_than_a_tag_can_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contra.baselines.spain.MOST_VLANS", 3)
    with pytest.raises(CompileError) as raised:
        compile_baseline("spain", load(str(FAT_TREE), Reporter()), ProtocolOptions(), tmp_path / "b", Reporter())
    assert "the paths of all pairs need 4 VLANs, and a tag can name 3" in render_text(list(raised.value.diagnostics))


def test_more_destinations_than_programs_can_number() -> None:
    check_size((0, 65_535))
    with pytest.raises(CompileError) as raised:
        check_size((0, 65_536))
    assert "CTR0603" in render_text(list(raised.value.diagnostics))


def test_a_key_is_no_business_of_a_baseline(tmp_path: Path) -> None:
    """Options are shared with contrac; no program of these asks for a key."""
    options = ProtocolOptions(authenticate=True)
    compile_baseline("hula", load(str(FAT_TREE), Reporter()), options, tmp_path / "b", Reporter())
    assert "authenticate" not in json.loads((tmp_path / "b" / "manifest.json").read_text())["constants"]


@pytest.mark.parametrize(("scheme", "constants"), [("spain", {"paths": 2}), ("ecmp", {})])
def test_the_manifest_says_how_many_paths(scheme: str, constants: dict[str, int], tmp_path: Path) -> None:
    """Where a scheme has them: what decides over the entries stands in the build."""
    assert run("baseline", scheme, FAT_TREE, "-o", tmp_path / "b", "--paths", 2) == 0
    found = json.loads((tmp_path / "b" / "manifest.json").read_text())["constants"]
    assert {name: value for name, value in found.items() if name == "paths"} == constants


# ------------------------------------------------------------------------------------------------ using


def test_show(build: Path, capsys: Any) -> None:
    assert run("show", build) == 0
    assert f"Build {build}: {scheme(build)} on {FAT_TREE}" in capsys.readouterr().out
    assert run("show", build, "e1_1") == 0
    text = capsys.readouterr().out
    assert "Switch e1_1, number 12" in text and "host h1_1_1, 10.0.12.2" in text
    assert ("State: none" in text) == (scheme(build) in ("shortest-path", "ecmp", "spain"))


def test_routes(build: Path, capsys: Any) -> None:
    assert run("routes", build, "--no-jit", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["routes"]
    assert len(rows) == 8 * 7 and all(row["path"] and row["rank"] is None for row in rows)
    assert run("routes", build, "--no-jit") == 0
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["from", "to", "path"] and len(lines) == 56


def test_routes_over_a_link_that_is_down(build: Path, tmp_path: Path, capsys: Any) -> None:
    """HULA goes round it; the others do not know."""
    links = [{"from": a, "to": b, "up": False} for a, b in (("e1_1", "a1_1"), ("a1_1", "e1_1"))]
    (tmp_path / "state.json").write_text(json.dumps({"links": links}))
    assert run("routes", build, "--no-jit", "--json", "--state", tmp_path / "state.json") == 0
    rows = json.loads(capsys.readouterr().out)["routes"]
    lost = [row for row in rows if row["path"] is None]
    assert bool(lost) == (scheme(build) in STATIC)
    assert all("e1_1" in (row["src"], row["dst"]) for row in lost)
    taken = {pair for row in rows if row["path"] for pair in zip(row["path"], row["path"][1:], strict=False)}
    assert not taken & {("e1_1", "a1_1"), ("a1_1", "e1_1")}


def test_trace(build: Path, capsys: Any) -> None:
    assert run("trace", build, "h1_1_1", "e3_1", "--no-jit", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["arrived"] and found["rank"] is None
    assert [hop["switch"] for hop in found["hops"]][0::4] == ["e1_1", "e3_1"]
    assert run("trace", build, "h1_1_1", "e3_1", "--no-jit") == 0
    assert capsys.readouterr().out.startswith("h1_1_1 -> e3_1: arrived\n   switch  in  out\n")


def test_run(build: Path, tmp_path: Path, capsys: Any) -> None:
    arguments = ["--for", "100ms", "--traffic", "h1_1_1:h3_1_1:5Mbit", "--no-jit", "--strict"]
    assert run("run", build, *arguments, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["scheme"] == scheme(build) and report["faults"] == []
    (flow,) = report["flows"]
    assert flow["sent"] - flow["delivered"] == flow["under_way"] and flow["looped"] == 0
    learns = scheme(build) == "hula"
    assert report["convergence"]["learns"] == learns and report["convergence"]["converged"]
    assert bool(report["probes"]["packets"]) == learns
    assert run("run", build, *arguments, "--picture", tmp_path / "p.svg") == 0
    text = capsys.readouterr().out
    assert f"scheme     {scheme(build)}" in text
    assert ("nothing to learn: all ways stand in table entries" in text) != learns


def test_an_edited_program_is_used_with_a_warning(build: Path, capsys: Any) -> None:
    path = build / "programs" / f"{scheme(build)}.p4"
    path.write_text(path.read_text().replace("// Where a packet goes", "// Where it goes"))
    assert run("routes", build, "--no-jit") == 0
    assert "is not as contrac wrote it" in capsys.readouterr().err


def test_a_build_of_another_version_says_how_to_make_it_anew(build: Path, capsys: Any) -> None:
    path = build / "manifest.json"
    path.write_text(path.read_text().replace('"version": "', '"version": "9', 1))
    assert run("run", build) == 1
    text = " ".join(capsys.readouterr().err.split())
    assert f"compile again: contra baseline {scheme(build)} {FAT_TREE} -o {build}" in text


def test_a_manifest_that_was_tampered_with(build: Path, capsys: Any) -> None:
    path = build / "manifest.json"
    good = json.loads(path.read_text())
    for change in ({"scheme": 5}, {"scheme": "contra"}, {"programs": {}}, {"drop_reasons": ["A"] * 99}):
        path.write_text(json.dumps({**good, **change}))
        assert run("run", build) == 1
        assert capsys.readouterr().err.startswith("error[CTR10")
