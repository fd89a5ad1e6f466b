"""A folder of results -> `Results`.

The plan says what should have been measured, the table what was: a planned run without a row has failed or is missing,
and the report says so. Rows that the plan does not know are of an older version of the experiment and are left out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.engine.inputs.files import printable, read_file
from contra.experiments import published
from contra.experiments.report.errors import (
    BadPlan,
    NoResults,
    NothingFinished,
    OtherVersion,
    UnknownPublished,
)
from contra.experiments.report.files import read_own_row, why_failed
from contra.experiments.report.model import Results, Run, State
from contra.experiments.report.panels import panels_of
from contra.experiments.report.rows import read_table, run_of_values
from contra.jsontext import JsonDocument, read_json
from contra.suggest import did_you_mean

FORMAT = 1
"""Of a folder of results, as its plan says; a folder that says nothing has the first one."""


def load_results(folder: Path, reporter: Reporter) -> Results:
    """Read a folder that `contra exp run` has written.

    Raises CompileError: CTR1401 for a folder without results, CTR1402 for another version, CTR1403 to 1405 for a
    damaged table, CTR1406 where no run has finished, CTR1407 for a damaged plan.
    """
    _check_folder(folder, reporter)
    document = read_json(read_file(folder / "plan.json", "the plan of the experiment", reporter), reporter, "a plan")
    plan = _checked_plan(document, folder, reporter)
    text, experiment = _experiment(folder, reporter)
    planned = _planned(document, reporter)
    table = _table(folder, reporter)
    runs = tuple(table[run.run] if run.run in table else _looked_for(folder, run) for run in planned)
    _check_finished(runs, reporter)
    schemes = _scheme_order(experiment, runs)
    return Results(
        folder=folder,
        name=str(plan.get("experiment") or folder.name),
        title=str(plan.get("title") or plan.get("experiment") or folder.name),
        kind=str(plan.get("kind") or "fct"),
        version=str(plan.get("contrac_version") or "unknown"),
        schemes=schemes,
        runs=runs,
        panels=panels_of(runs),
        figures=_figures(plan, reporter),
        experiment=experiment,
        experiment_text=text,
        labels=_labels(document),
        strangers=len(table.keys() - {run.run for run in runs}),
        plan=plan,
    )


def _check_folder(folder: Path, reporter: Reporter) -> None:
    if not folder.is_dir():
        reason = "it is a file" if folder.exists() else "there is no such folder"
    elif not (folder / "plan.json").is_file():
        reason = "it has no plan.json"
    else:
        return
    reporter.report(NoResults(path=printable(folder), reason=reason))
    reporter.check()


def _checked_plan(document: JsonDocument, folder: Path, reporter: Reporter) -> Mapping[str, Any]:
    plan = document.value
    if not isinstance(plan, dict):
        reporter.report(BadPlan(file="plan.json", reason="it is no object", span=document.span(())))
        reporter.check()
        raise AssertionError("unreachable: check() raised")
    found = plan.get("format", FORMAT)
    if found != FORMAT:
        version = shown(str(plan.get("contrac_version", "of unknown version")))
        where, name = document.span(("format",)), printable(folder)
        reporter.report(OtherVersion(path=name, found=shown(str(found)), known=FORMAT, version=version, span=where))
        reporter.check()
    return plan


def _experiment(folder: Path, reporter: Reporter) -> tuple[str, Mapping[str, Any]]:
    """The experiment file, as text and as data; empty where there is none."""
    path = folder / "experiment.toml"
    if not path.is_file():
        return "", {}
    file = read_file(path, "the experiment", reporter)
    try:
        return file.text, tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        reporter.report(BadPlan(file="experiment.toml", reason=shown(str(error))))
        reporter.check()
        raise AssertionError("unreachable: check() raised") from error


# ------------------------------------------------------------------------------------------------ the plan


def _planned(document: JsonDocument, reporter: Reporter) -> tuple[Run, ...]:
    """The runs of the plan, as runs that have not been run."""
    rows = document.value.get("runs", [])
    if not isinstance(rows, list):
        reporter.report(BadPlan(file="plan.json", reason="'runs' is no list", span=document.span(("runs",))))
        reporter.check()
    found: dict[str, Run] = {}
    for index, row in enumerate(rows):
        run = _planned_run(row)
        if run is None:
            reason = "a run without 'run', 'scheme' and 'seed'"
            report(reporter, BadPlan(file="plan.json", reason=reason, span=document.span(("runs", index))))
        else:
            found[run.run] = run
    reporter.check()
    return tuple(found.values())


def _labels(document: JsonDocument) -> tuple[str, ...]:
    """Columns that say what a run is, out of the plan: all that is no measure."""
    plain = [
        name for row in document.value.get("runs", []) for name, value in row.items() if not isinstance(value, dict)
    ]
    return tuple(name for name in dict.fromkeys(plain) if name not in ("run", "build"))


def _planned_run(row: Any) -> Run | None:
    if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in ("run", "scheme")):
        return None
    seed, load = row.get("seed"), row.get("load")
    if not isinstance(seed, int) or not (load is None or isinstance(load, int | float)):
        return None
    cells = {name: str(value) for name, value in row.items() if isinstance(value, str | int | float)}
    return Run(
        run=row["run"],
        scheme=row["scheme"],
        load=None if load is None else float(load),
        seed=seed,
        state=State.MISSING,
        reason="",
        cells=cells,
        numbers={},
    )


def _table(folder: Path, reporter: Reporter) -> Mapping[str, Run]:
    """The rows of the table; none where an interruption came before it was written."""
    path = folder / "table.csv"
    return read_table(read_file(path, "the table of results", reporter), reporter) if path.is_file() else {}


def _looked_for(folder: Path, run: Run) -> Run:
    """A planned run without a row: finished after the table was written, or failed, where there is a note on why."""
    found = read_own_row(folder, run.run)
    finished = run_of_values(found) if found else None
    if finished is not None and finished.run == run.run:
        return finished
    reason = why_failed(folder, run.run)
    return replace(run, state=State.FAILED, reason=reason) if reason else run


def _check_finished(runs: Iterable[Run], reporter: Reporter) -> None:
    every = list(runs)
    if not any(run.state is State.FINISHED for run in every):
        failed = sum(run.state is State.FAILED for run in every)
        reason = f"none of the {len(every)} runs has finished" + (f", {failed} have failed" if failed else "")
        reporter.report(NothingFinished(reason=reason))
        reporter.check()


def _scheme_order(experiment: Mapping[str, Any], runs: Iterable[Run]) -> tuple[str, ...]:
    used = list(dict.fromkeys(run.scheme for run in runs))
    tables = experiment.get("scheme", [])
    listed = [table.get("name") for table in tables if isinstance(table, dict)] if isinstance(tables, list) else []
    return tuple(sorted(used, key=lambda name: listed.index(name) if name in listed else len(listed)))


def _figures(plan: Mapping[str, Any], reporter: Reporter) -> tuple[published.Figure, ...]:
    name = plan.get("published")
    if not isinstance(name, str) or not name:
        return ()
    found = published.figures(name)
    if not found:
        near = did_you_mean(name, published.keys())
        reporter.report(UnknownPublished(name=shown(name), advice=near or f"there are {', '.join(published.keys())}"))
    return found
