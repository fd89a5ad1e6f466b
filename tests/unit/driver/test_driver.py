"""The driver hands on results, takes times, stops where it is told, and tells where it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from contra import driver
from contra.diagnostics import CompileError, InternalError, Reporter
from contra.driver import STAGES, CompileRequest, Progress
from contra.driver import compile as compile_policy
from contra.dump import PRINTERS, tree
from contra.emit.inputs import part_of

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def request_(tmp_path: Path) -> CompileRequest:
    policy = tmp_path / "policy.ctr"
    policy.write_text("minimize(path.len)\n", encoding="utf-8")
    return CompileRequest(policy=policy, topology=str(ROOT / "topologies" / "diamond.json"))


RESULTS = {
    "parse": ("source", "policy"),
    "load": ("topology",),
    "check": ("checked",),
    "analyse": ("analysed",),
    "build": ("graph",),
    "lower": ("deployment",),
}


@pytest.mark.parametrize("last", RESULTS)
def test_it_stops_after_the_stage_that_it_is_told(last: str, request_: CompileRequest) -> None:
    compilation = compile_policy(replace(request_, last_stage=last), Reporter())
    done = list(STAGES)[: list(STAGES).index(last) + 1]
    assert [timing.stage for timing in compilation.timings] == done
    for stage, names in RESULTS.items():
        for name in names:
            assert (getattr(compilation, name) is not None) == (stage in done)


def test_every_stage_is_announced_before_it_runs(request_: CompileRequest) -> None:
    seen: list[Progress] = []
    compile_policy(request_, Reporter(), seen.append)
    assert [progress.stage for progress in seen] == list(STAGES)
    assert [progress.number for progress in seen] == list(range(len(STAGES)))


def test_writing_tells_the_number_of_files(
    request_: CompileRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "_FILES_PER_EVENT", 2)
    files = [("manifest.json", "{}"), *((f"s{n}.p4", "") for n in range(6))]
    monkeypatch.setattr("contra.emit.emit", lambda deployment, inputs, canonical: iter(files), raising=False)
    seen: list[Progress] = []
    compilation = compile_policy(replace(request_, out=tmp_path / "build"), Reporter(), seen.append)
    assert compilation.files == 7
    assert [progress.files for progress in seen if progress.stage == "emit"] == [0, 0, 2, 4, 6]


def test_an_error_ends_the_compilation_with_every_diagnostic_of_the_stage(request_: CompileRequest) -> None:
    request_.policy.write_text("minimize(path.a + path.b)", encoding="utf-8")
    with pytest.raises(CompileError) as error:
        compile_policy(request_, Reporter())
    assert len(error.value.diagnostics) == 2


def test_stages_out_of_order_are_our_bug(request_: CompileRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "STAGES", {"check": STAGES["check"]})
    with pytest.raises(InternalError):
        compile_policy(request_, Reporter())


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("manifest.json", "manifest"),
        ("programs/destination.p4", "p4"),
        ("switches/manifest.json/runtime.json", "entries"),
        ("switches/graph/graph.p4", "p4"),
        ("graph/product.dot", "graph"),
        ("tools/contra.lua", "probes"),
    ],
)
def test_files_belong_to_parts(path: str, part: str) -> None:
    assert part_of(path) == part
    assert part in driver.PARTS


def test_every_stage_has_a_printer() -> None:
    assert list(PRINTERS) == list(STAGES)


def test_trees_leave_out_what_is_not_for_people() -> None:
    assert tree({"a": (1, "x"), "b": ()}) == "\n  a:\n    - 1\n    - 'x'\n  b: none\n"
    request = CompileRequest(policy=Path("p"), topology="t", parts=frozenset({"p4", "graph"}))
    text = tree(request)
    assert text.startswith("CompileRequest\n  policy: p\n  topology: 't'\n")
    assert "  parts:\n    - 'graph'\n    - 'p4'\n" in text


def test_deep_values_are_no_deep_recursion() -> None:
    value: tuple[object, ...] = ()
    for _ in range(5000):
        value = (value,)
    assert tree(value).count("\n") == 5001
