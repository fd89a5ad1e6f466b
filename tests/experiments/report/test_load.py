"""What counts as a run: the plan, the table and the runs' own files together."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from support.results_folder import Made, run_id, write_results

from contra.diagnostics import Reporter
from contra.experiments.report.load import load_results
from contra.experiments.report.model import Results, State

MADE = Made(schemes=("ECMP", "HULA"), workloads=("cache",), loads=(0.5, 0.9), seeds=(1, 2))
ONE = run_id("ECMP", "cache", 0.5, 1)
OTHER = run_id("HULA", "cache", 0.9, 2)


def load(folder: Path) -> Results:
    return load_results(folder, Reporter())


def states(results: Results) -> dict[str, State]:
    return {run.run: run.state for run in results.runs}


def test_without_a_table_the_runs_own_files_say_the_same(tmp_path: Path) -> None:
    """An interruption may come before the table is written."""
    made = replace(MADE, unfinished=frozenset({ONE}), times=lambda scheme, workload, load, seed: 1000 * load + seed)
    folder = write_results(tmp_path / "results", made)
    with_table = load(folder)
    (folder / "table.csv").unlink()
    without = load(folder)
    (folder / "table.csv").write_text("", encoding="utf-8")
    assert load(folder).runs == without.runs
    assert [(run.run, run.state, run.reason, run.numbers) for run in without.runs] == [
        (run.run, run.state, run.reason, run.numbers) for run in with_table.runs
    ]
    assert states(without)[ONE] is State.FAILED


def test_a_run_that_finished_after_the_table_was_written_counts(tmp_path: Path) -> None:
    folder = write_results(tmp_path / "results", MADE)
    lines = (folder / "table.csv").read_text(encoding="utf-8").split("\n")
    (folder / "table.csv").write_text("\n".join(line for line in lines if not line.startswith(OTHER)), encoding="utf-8")
    assert set(states(load(folder)).values()) == {State.FINISHED}
    (folder / "runs" / f"{OTHER}.json").unlink()
    assert [run.run for run in load(folder).lost] == [OTHER]


def test_rows_that_the_plan_does_not_know_are_left_out_and_counted(tmp_path: Path) -> None:
    folder = write_results(tmp_path / "results", MADE)
    plan = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    plan["runs"] = [row for row in plan["runs"] if row["load"] == 0.5]
    (folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    results = load(folder)
    assert len(results.runs) == 4 and results.strangers == 4
    assert results.panels[0].loads == (0.5,)


def test_a_damaged_file_of_a_run_is_a_missing_run(tmp_path: Path) -> None:
    folder = write_results(tmp_path / "results", MADE)
    (folder / "table.csv").unlink()
    own = folder / "runs" / f"{ONE}.json"
    row = json.loads(own.read_text(encoding="utf-8"))["row"]
    others = (json.dumps({"row": {**row, **change}}) for change in ({"seed": "x"}, {"run": OTHER}))
    for damaged in ("", "[]", "{", '{"row": 7}', *others):
        own.write_text(damaged, encoding="utf-8")
        assert [run.run for run in load(folder).lost] == [ONE]


def test_a_planned_run_belongs_to_the_panel_of_its_setting(tmp_path: Path) -> None:
    made = replace(MADE, workloads=("cache", "web-search"), missing=frozenset({OTHER}))
    results = load(write_results(tmp_path / "results", made))
    assert [panel.workload for panel in results.panels] == ["cache", "web-search"]
    point = results.panels[0].at("HULA", 0.9)
    assert point is not None and [run.seed for run in point.runs] == [1, 2] and point.estimate("fct_mean_us") is None
