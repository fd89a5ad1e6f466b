"""Folders that are no results, or damaged ones: each mistake, and in `messages/NAME.err` what is said about it.

After a change of wording: pytest --update-golden, then read the diff.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.results_folder import Made, run_id, write_results, write_sizes

from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.experiments.report import errors
from contra.experiments.report.files import read_flows
from contra.experiments.report.load import load_results
from contra.experiments.report.write import write_report
from contra.render import render_text

HERE = Path(__file__).parent / "messages"
RESULTS, OTHER = Path("results"), Path("other")
Mistake = Callable[[], object]

SMALL = Made(schemes=("ECMP", "HULA"), workloads=("cache",), loads=(0.5,), seeds=(1, 2))


def good(folder: Path = RESULTS, made: Made = SMALL) -> Path:
    return write_results(folder, made)


def every_run(made: Made) -> frozenset[str]:
    return frozenset(run_id(scheme, "cache", 0.5, seed) for scheme in made.schemes for seed in made.seeds)


def edited(name: str, change: Callable[[str], str]) -> None:
    path = good() / name
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def planned(**changes: Any) -> None:
    edited("plan.json", lambda text: json.dumps({**json.loads(text), **changes}, indent=1))


def second_folder(write: Callable[[Path], Path]) -> None:
    good()
    write(OTHER)


def flows(data: bytes | None) -> None:
    path = good() / "runs" / f"{run_id('ECMP', 'cache', 0.5, 1)}.flows.csv.gz"
    path.unlink() if data is None else path.write_bytes(data)


def gzipped(text: str) -> bytes:
    import gzip

    return gzip.compress(text.encode())


MISTAKES: dict[str, Mistake] = {
    "no-folder": lambda: None,
    "a-file": lambda: RESULTS.write_text("", encoding="utf-8"),
    "no-plan": lambda: (good() / "plan.json").unlink(),
    "nothing-run-yet": lambda: good(
        made=Made(**{**SMALL.__dict__, "missing": every_run(SMALL)})),
    "other-version": lambda: planned(format=2, contrac_version="9.9.9"),
    "plan-is-a-list": lambda: (good() / "plan.json").write_text("[]", encoding="utf-8"),
    "plan-is-cut-off": lambda: edited("plan.json", lambda text: text[:200]),
    "plan-without-runs": lambda: planned(runs="none"),
    "plan-with-a-broken-run": lambda: planned(runs=[{"run": "a"}, 7]),
    "experiment-is-no-toml": lambda: (good() / "experiment.toml").write_text("name = ", encoding="utf-8"),
    "table-is-binary": lambda: (good() / "table.csv").write_bytes(b"\xff\xfe\x00run"),
    "table-without-columns": lambda: edited("table.csv", lambda text: text.replace("scheme,", "shceme,", 1)),
    "table-is-cut-off": lambda: edited("table.csv", lambda text: text[:-120]),
    "row-is-too-long": lambda: edited("table.csv", lambda text: text.rstrip("\n") + ",1,2\n"),
    "row-is-there-twice": lambda: edited("table.csv", lambda text: text + text.rstrip("\n").split("\n")[-1] + "\n"),
    "open-quote": lambda: edited("table.csv", lambda text: text + '"ECMP'),
    "seed-is-no-number": lambda: edited("table.csv", lambda text: text.replace("random,0.5,1,", "random,0.5,one,", 1)),
    "load-is-not-finite": lambda: edited("table.csv", lambda text: text.replace("random,0.5,1,", "random,nan,1,", 1)),
    "nothing-finished": lambda: good(made=Made(**{**SMALL.__dict__, "unfinished": every_run(SMALL)})),
    "unknown-figure": lambda: planned(published="figure8"),
    "flows-are-missing": lambda: flows(None),
    "flows-are-cut-off": lambda: flows(gzipped("start_ns,slowdown\n" + "1,2\n" * 99)[:40]),
    "flows-are-no-gzip": lambda: flows(b"start_ns,slowdown\n"),
    "flows-without-slowdown": lambda: flows(gzipped("start_ns,size\n1,2\n")),
    "flows-with-a-short-row": lambda: flows(gzipped("start_ns,slowdown\n1,2\n3\n")),
    "flows-with-a-word": lambda: flows(gzipped("start_ns,slowdown\n1,two\n")),
    "against-another-kind": lambda: second_folder(
        lambda folder: write_sizes(folder, "state", "figure-7", lambda scheme, switches: 1.0)),
    "against-other-schemes": lambda: second_folder(
        lambda folder: good(folder, Made(**{**SMALL.__dict__, "schemes": ("SP",)}))),
    "against-another-workload": lambda: second_folder(
        lambda folder: good(folder, Made(**{**SMALL.__dict__, "workloads": ("hadoop",)}))),
}  # fmt: skip


def said(mistake: Mistake) -> list[Diagnostic]:
    mistake()
    reporter = Reporter()
    try:
        if OTHER.exists():
            write_report(RESULTS, None, reporter, against=OTHER)
        for run in load_results(RESULTS, reporter).runs:
            read_flows(RESULTS, run, ("slowdown",), reporter)
    except CompileError as error:
        return list(error.diagnostics)
    return reporter.diagnostics


@pytest.mark.parametrize("name", MISTAKES)
def test_message(name: str, golden: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    golden(HERE / f"{name}.err", render_text(said(MISTAKES[name])))


def test_every_message_has_its_mistake() -> None:
    assert {path.stem for path in HERE.glob("*.err")} == set(MISTAKES)


def test_every_kind_of_mistake_is_among_them() -> None:
    codes = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, Diagnostic) and kind is not Diagnostic
    }
    text = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("*.err"))
    assert {code for code in codes if f"[{code}]" in text} == codes


@pytest.mark.parametrize("name", ["../../etc/passwd", "..", ".hidden", "a/b", "\x00", "x" * 5000])
def test_a_run_never_names_a_file_elsewhere(name: str, tmp_path: Path) -> None:
    """The ids of a damaged or hostile plan are looked for in `runs`, nowhere else, and are no reason to fail."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd.failed.json").write_text('{"error": "read"}', encoding="utf-8")
    results = good(tmp_path / "results")
    plan = json.loads((results / "plan.json").read_text(encoding="utf-8"))
    plan["runs"][0]["run"] = name
    (results / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    (lost,) = load_results(results, Reporter()).lost
    assert (lost.run, lost.reason) == (name, "")
