"""Files of single runs: the flows of a run, its curves over time, why it failed.

What cannot be read is a warning: the pictures that need it say which runs they lack.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from contra.diagnostics import Reporter, report, shown
from contra.experiments.report.errors import UnreadableSeries
from contra.experiments.report.model import Run

MAX_BYTES = 1 << 30

Columns = Mapping[str, list[float]]


def read_flows(folder: Path, run: Run, needed: Sequence[str], reporter: Reporter) -> Columns | None:
    """Columns of `runs/ID.flows.csv.gz`, empty cells left out; None, and a warning, where they cannot be read."""
    try:
        with gzip.open(_path(folder, run, "flows.csv.gz")) as file:
            return _columns(_limited(file.read(MAX_BYTES + 1)), needed)
    except (OSError, EOFError, ValueError, zlib.error, csv.Error) as error:
        _warn(reporter, "the flows", run, error)
        return None


def read_series(folder: Path, run: Run, needed: Sequence[str], reporter: Reporter) -> Columns | None:
    """Curves of `runs/ID.json`, all of the same length; None, and a warning, where they cannot be read."""
    try:
        with _path(folder, run, "json").open("rb") as file:
            found = json.loads(_limited(file.read(MAX_BYTES + 1)))
        return _curves(found, needed)
    except (OSError, ValueError, RecursionError) as error:
        _warn(reporter, "the course over time", run, error)
        return None


def read_own_row(folder: Path, run: str) -> Mapping[str, Any] | None:
    """The row that the file of a run holds; None where the run has not finished."""
    row = _object(folder, run, "json").get("row")
    return row if isinstance(row, dict) else None


def why_failed(folder: Path, run: str) -> str:
    """What ended a run with an exception; empty where nothing is known of that."""
    reason = _object(folder, run, "failed.json").get("error")
    return reason if isinstance(reason, str) else ""


def _object(folder: Path, run: str, kind: str) -> Mapping[str, Any]:
    """A JSON file of a run; empty where there is none that can be read."""
    try:
        with (folder / "runs" / f"{_plain(run)}.{kind}").open("rb") as file:
            found = json.loads(_limited(file.read(MAX_BYTES + 1)))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _path(folder: Path, run: Run, kind: str) -> Path:
    return folder / "runs" / f"{_plain(run.run)}.{kind}"


def _plain(run: str) -> str:
    """The id of a run, if a file can have it for its name: no folder, nothing hidden."""
    if not run or Path(run).name != run or run.startswith("."):
        raise ValueError("the run has no name that a file could have")
    return run


def _limited(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20:,} MiB")
    return data.decode("utf-8")


def _columns(text: str, needed: Sequence[str]) -> Columns:
    lines = csv.reader(io.StringIO(text), strict=True)
    header = next(lines, [])
    missing = [name for name in needed if name not in header]
    if missing:
        raise ValueError(f"it has no column '{missing[0]}'")
    places = {name: header.index(name) for name in needed}
    values: dict[str, list[float]] = {name: [] for name in needed}
    for cells in lines:
        if len(cells) != len(header):
            raise ValueError(f"line {lines.line_num:,} has {len(cells)} cells, expected {len(header)}")
        for name, place in places.items():
            if cells[place]:
                values[name].append(_number(cells[place], lines.line_num))
    return values


def _number(text: str, line: int) -> float:
    try:
        return _finite(float(text))
    except ValueError:
        raise ValueError(f"line {line:,} has '{shown(text)}' for a number") from None


def _curves(found: Any, needed: Sequence[str]) -> Columns:
    series = found.get("series") if isinstance(found, dict) else None
    if not isinstance(series, dict):
        raise ValueError("it has no curves")
    values = {name: series.get(name) for name in needed}
    for name, curve in values.items():
        if not isinstance(curve, list) or not curve or not all(isinstance(each, int | float) for each in curve):
            raise ValueError(f"it has no curve '{name}'")
    if len({len(curve) for curve in values.values() if curve is not None}) != 1:
        raise ValueError("its curves have different lengths")
    return {name: [_finite(float(each)) for each in curve or ()] for name, curve in values.items()}


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError(f"it has the value {value}")
    return value


def _warn(reporter: Reporter, what: str, run: Run, error: Exception) -> None:
    report(reporter, UnreadableSeries(what=what, run=shown(run.run), reason=shown(_reason(error))))


def _reason(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "it is cut off"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return "it is damaged, or not compressed by gzip"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    if isinstance(error, json.JSONDecodeError):
        return f"it is not valid JSON: {error}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error)
