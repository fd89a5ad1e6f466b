"""Rows of results -> runs: out of `table.csv`, or out of a run's own file where the table was not written yet."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.experiments.report.errors import BadCell, BadRow, MissingColumns
from contra.experiments.report.model import Run, State
from contra.source import SourceFile, Span

NEEDED = ("run", "scheme", "seed")
_MAX_CELL = 1_000_000
_TEXTS = {"run", "experiment", "kind", "scheme", "policy", "baseline", "topology", "workload", "pattern", "failures"}


def read_table(file: SourceFile, reporter: Reporter) -> Mapping[str, Run]:
    """The runs of a table by their ids; none for an empty one. Raises CompileError (CTR1403 to 1405)."""
    if not file.text.strip():
        return {}
    csv.field_size_limit(_MAX_CELL)
    lines = csv.reader(io.StringIO(file.text), strict=True)
    runs: dict[str, Run] = {}
    try:
        header = next(lines, [])
        _check_header(file, header, reporter)
        for number, cells in enumerate(lines, start=1):
            if cells:
                _add_row(_Row(file, lines.line_num, number), header, cells, runs, reporter)
    except csv.Error as error:
        row = _Row(file, lines.line_num, len(runs) + 1)
        what, expected = f"cannot be read: {error}", "or before it"
        reporter.report(BadRow(number=row.number, what=what, expected=expected, span=row.span))
    reporter.check()
    return runs


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
    numbers = _numbers(texts)
    wanted = {"seed": "a whole number", "load": "a number", "flows": "a number", "finished": "a number"}
    for column, expected in wanted.items():
        text = texts.get(column, "")
        whole = column != "seed" or numbers.get(column, 0.5).is_integer()
        if (column not in numbers and text) or not whole:
            where = row.cell(list(texts).index(column))
            cell = BadCell(column=column, run=shown(texts["run"]), found=shown(text), expected=expected, span=where)
            report(reporter, cell)
            return None
    return _made(texts, numbers)


def run_of_values(row: Mapping[str, Any]) -> Run | None:
    """The run of a row as its own file has it; None where it lacks what every row has."""
    texts = {name: _text(value) for name, value in row.items()}
    numbers = _numbers(texts)
    if not numbers.get("seed", 0.5).is_integer() or not texts.get("run") or not texts.get("scheme"):
        return None
    return _made(texts, numbers)


def _text(value: Any) -> str:
    """As it stands in a table."""
    return "" if value is None else str(int(value)) if isinstance(value, bool) else str(value)


def _numbers(texts: Mapping[str, str]) -> dict[str, float]:
    found = {name: _number(text) for name, text in texts.items() if name not in _TEXTS}
    return {name: number for name, number in found.items() if number is not None}


def _made(texts: Mapping[str, str], numbers: Mapping[str, float]) -> Run:
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
