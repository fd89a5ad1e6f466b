"""A folder of results -> `Results`.

The table says what was measured, the plan what should have been: a planned run without a row is missing, and the
report says so.
"""

from __future__ import annotations

import csv
import io
import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.engine.inputs.files import printable, read_file
from contra.experiments import published
from contra.experiments.report.errors import (
    BadCell,
    BadPlan,
    BadRow,
    MissingColumns,
    NoResults,
    NothingFinished,
    OtherVersion,
    UnknownPublished,
)
from contra.experiments.report.files import why_failed
from contra.experiments.report.model import Results, Run, State
from contra.experiments.report.panels import panels_of
from contra.jsontext import JsonDocument, read_json
from contra.source import SourceFile, Span
from contra.suggest import did_you_mean

FORMAT = 1
"""Of a folder of results, as its plan says; a folder that says nothing has the first one."""
NEEDED = ("run", "scheme", "seed")
_MAX_CELL = 1_000_000
_TEXTS = {"run", "experiment", "kind", "scheme", "policy", "baseline", "topology", "workload", "pattern", "failures"}


def load_results(folder: Path, reporter: Reporter) -> Results:
    """Read a folder that `contra exp run` has written.

    Raises CompileError: CTR1401 for a folder without results, CTR1402 for another version, CTR1403 to 1405 for a
    damaged table, CTR1406 where no run has finished, CTR1407 for a damaged plan.
    """
    _check_folder(folder, reporter)
    document = read_json(read_file(folder / "plan.json", "the plan of the experiment", reporter), reporter, "a plan")
    plan = _checked_plan(document, folder, reporter)
    text, experiment = _experiment(folder, reporter)
    rows = _rows(read_file(folder / "table.csv", "the table of results", reporter), reporter)
    planned = _planned(document, reporter)
    known = {run.run for run in rows}
    runs = (*rows, *(_with_reason(folder, run) for run in planned if run.run not in known))
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
        plan=plan,
    )


def _check_folder(folder: Path, reporter: Reporter) -> None:
    if not folder.is_dir():
        reason = "it is a file" if folder.exists() else "there is no such folder"
    elif not (folder / "plan.json").is_file():
        reason = "it has no plan.json"
    elif not (folder / "table.csv").is_file():
        other = (folder / "table.parquet").is_file()
        reason = "it has a table.parquet, but no table.csv" if other else "it has a plan, but no table.csv yet"
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


# ----------------------------------------------------------------------------------------------- the table


def _rows(file: SourceFile, reporter: Reporter) -> tuple[Run, ...]:
    try:
        csv.field_size_limit(_MAX_CELL)
        lines = csv.reader(io.StringIO(file.text), strict=True)
        header = next(lines, [])
        _check_header(file, header, reporter)
        runs: dict[str, Run] = {}
        for number, cells in enumerate(lines, start=1):
            if cells:
                _add_row(_Row(file, lines.line_num, number), header, cells, runs, reporter)
    except csv.Error as error:
        row = _Row(file, lines.line_num, len(runs) + 1)
        what, expected = f"cannot be read: {error}", "or before it"
        reporter.report(BadRow(number=row.number, what=what, expected=expected, span=row.span))
    reporter.check()
    if not runs:
        reporter.report(NothingFinished(reason="the table of results has no rows"))
        reporter.check()
    return tuple(runs.values())


class _Row:
    """Where a row of the table stands."""

    def __init__(self, file: SourceFile, line: int, number: int) -> None:
        self._file, self._line, self.number = file, line, number

    @property
    def span(self) -> Span:
        """The line (the last one, where a cell holds line ends)."""
        start = 0
        for _ in range(self._line - 1):
            start = self._file.text.find("\n", start) + 1
        end = self._file.text.find("\n", start)
        return self._file.span(start, len(self._file.text) if end < 0 else end)

    def cell(self, place: int) -> Span:
        """The cell of a column, the line where that is not plain to see."""
        line = self.span
        if '"' in line.text:
            return line
        cells = line.text.split(",")
        start = line.start + sum(len(cell) + 1 for cell in cells[:place])
        return self._file.span(start, start + len(cells[place]))


def _check_header(file: SourceFile, header: list[str], reporter: Reporter) -> None:
    missing = [f"'{name}'" for name in NEEDED if name not in header]
    if missing:
        end = file.text.find("\n")
        span = file.span(0, len(file.text) if end < 0 else end)
        reporter.report(MissingColumns(missing=", ".join(missing), span=span))
        reporter.check()


def _add_row(row: _Row, header: list[str], cells: list[str], runs: dict[str, Run], reporter: Reporter) -> None:
    if len(cells) != len(header):
        what = f"has {len(cells)} cells" + (", it is cut off" if len(cells) < len(header) else "")
        report(reporter, BadRow(number=row.number, what=what, expected=f"expected {len(header)}", span=row.span))
        return
    texts = dict(zip(header, cells, strict=True))
    if texts["run"] in runs:
        what, expected = f"is of run '{shown(texts['run'])}', which has one already", "again here"
        report(reporter, BadRow(number=row.number, what=what, expected=expected, span=row.span))
        return
    found = _run(texts, row, reporter)
    if found is not None:
        runs[found.run] = found


def _run(texts: dict[str, str], row: _Row, reporter: Reporter) -> Run | None:
    numbers = {
        name: number for name, text in texts.items() if name not in _TEXTS and (number := _number(text)) is not None
    }
    wanted = {"seed": "a whole number", "load": "a number", "flows": "a number", "finished": "a number"}
    for column, expected in wanted.items():
        text = texts.get(column, "")
        if column not in numbers and (text or column == "seed"):
            where = row.cell(list(texts).index(column))
            cell = BadCell(column=column, run=shown(texts["run"]), found=shown(text), expected=expected, span=where)
            report(reporter, cell)
            return None
    state, reason = _state(texts, numbers)
    return Run(
        run=texts["run"],
        scheme=texts["scheme"],
        load=numbers.get("load"),
        seed=int(numbers["seed"]),
        state=state,
        reason=reason,
        cells=texts,
        numbers=numbers,
    )


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _state(texts: Mapping[str, str], numbers: Mapping[str, float]) -> tuple[State, str]:
    if texts.get("error"):
        return State.FAILED, texts["error"]
    flows, finished = numbers.get("flows"), numbers.get("finished")
    if flows is not None and finished is not None and finished < flows:
        return State.FAILED, f"{int(flows - finished):,} of {int(flows):,} flows did not finish"
    return State.FINISHED, ""


# ------------------------------------------------------------------------------------------------ the plan


def _planned(document: JsonDocument, reporter: Reporter) -> tuple[Run, ...]:
    """The runs of the plan, as runs that have not been run."""
    rows = document.value.get("runs", [])
    if not isinstance(rows, list):
        reporter.report(BadPlan(file="plan.json", reason="'runs' is no list", span=document.span(("runs",))))
        reporter.check()
    found = []
    for index, row in enumerate(rows):
        run = _planned_run(row)
        if run is None:
            reason = "a run without 'run', 'scheme' and 'seed'"
            report(reporter, BadPlan(file="plan.json", reason=reason, span=document.span(("runs", index))))
        else:
            found.append(run)
    reporter.check()
    return tuple(found)


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


def _with_reason(folder: Path, run: Run) -> Run:
    """A planned run without a row has failed, where there is a note on why."""
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
