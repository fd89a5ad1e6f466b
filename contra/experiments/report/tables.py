"""Tables of a report on flow completion times."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contra.experiments.report import compare
from contra.experiments.report.document import Table
from contra.experiments.report.model import Panel, Point, Results
from contra.experiments.report.numbers import (
    LOST,
    NONE,
    SCALES,
    digits,
    fixed,
    load_text,
    paper_number,
    percent,
    with_interval,
)
from contra.experiments.report.statistics import Estimate, estimate

Cell = Callable[[Point], str]


def times(results: Results, panel: Panel, column: str, what: str) -> Table:
    """A time over the load, each scheme with its interval and the paper beside it."""
    published = results.figure_of(panel, column)
    unit = published.unit if published else "ms" if _most(panel, column) >= 2000 else "us"
    drawn = [(scheme, published is not None and published.curve(scheme) is not None) for scheme in results.schemes]
    header = ["load"]
    for scheme, has_paper in drawn:
        header += [scheme, "paper"] if has_paper else [scheme]
    rows = []
    for load in panel.loads:
        row = [load_text(load)]
        for scheme, has_paper in drawn:
            row.append(_value(panel.at(scheme, load), column, 1 / SCALES[unit]))
            if has_paper and published:
                row.append(paper_number(published.at(scheme, load)))
        rows.append(tuple(row))
    return Table(f"{what}, {unit}: {panel.label}", tuple(header), tuple(rows))


def _most(panel: Panel, column: str) -> float:
    values = [point.estimate(column) for point in panel.points.values()]
    return max((value.mean for value in values if value), default=0.0)


def _value(point: Point | None, column: str, factor: float = 1.0) -> str:
    if point is None:
        return NONE
    if point.lost:
        return f"{LOST}: {len(point.lost)} of {len(point.runs)}"
    found = point.estimate(column)
    return with_interval(found.scaled(factor)) if found else NONE


def ratios(caption: str, rows: Sequence[compare.Ratios]) -> Table:
    """One line for each load and one for the mean over them."""
    header = ["load"]
    for each in rows:
        header += [each.scheme, "paper"] if _printed(each) else [each.scheme]
    loads = sorted({ratio.load or 0.0 for each in rows for ratio in each.loads})
    lines = [_ratio_line(load_text(load), [_at(each, load) for each in rows], rows) for load in loads]
    lines.append(_ratio_line("mean over loads", [each.mean for each in rows], rows))
    return Table(caption, tuple(header), tuple(lines), marked=frozenset({len(lines) - 1}))


def _printed(row: compare.Ratios) -> bool:
    return any(each.paper is not None for each in row.loads)


def _at(row: compare.Ratios, load: float) -> compare.Ratio | None:
    return next((each for each in row.loads if each.load == load), None)


def _ratio_line(name: str, cells: Sequence[compare.Ratio | None], rows: Sequence[compare.Ratios]) -> tuple[str, ...]:
    line = [name]
    for cell, row in zip(cells, rows, strict=True):
        line.append(NONE if cell is None else ratio_text(cell.measured))
        if _printed(row):
            line.append(NONE if cell is None or cell.paper is None else fixed(cell.paper, 3))
    return tuple(line)


def ratio_text(value: Estimate | None) -> str:
    """Three decimals, with the interval; `failed` for None."""
    if value is None:
        return LOST
    half = "" if value.half is None else f" ± {fixed(value.half, 3)}"
    return f"{fixed(value.mean, 3)}{half}"


def claims(found: Sequence[compare.Verdict]) -> Table:
    """What the paper says about its curves, and what was measured."""
    header = ("ratio", "paper's text", "paper's curves", "measured", "reached")
    words = {None: "", True: "yes", False: "no"}
    rows = tuple(
        (
            f"{each.claim.claim}{_over(each.claim.loads)}",
            f"{each.claim.quoted} ({each.claim.ratio:g})",
            fixed(each.claim.from_curves(), 3),
            ratio_text(each.measured),
            words[each.reached] if each.measured else LOST,
        )
        for each in found
    )
    return Table("", header, rows)


def _over(loads: Sequence[float]) -> str:
    return "" if loads else ", mean over loads"


# ------------------------------------------------------------------------------------------- shares and counts


def share(above: Sequence[str], below: Sequence[str]) -> Cell:
    """The sum of some columns in the sum of others, mean over seeds."""

    def cell(point: Point) -> str:
        values = _sums(point, above, below)
        found = estimate(values) if values else None
        return NONE if found is None else percent(found.mean)

    return cell


def _sums(point: Point, above: Sequence[str], below: Sequence[str]) -> list[float]:
    values = []
    for run in point.runs:
        tops, bottoms = [run.number(name) for name in above], [run.number(name) for name in below]
        total = sum(value or 0.0 for value in bottoms)
        if None not in tops and total:
            values.append(sum(value or 0.0 for value in tops) / total)
    return values if len(values) == len(point.runs) else []


def mean(column: str, significant: int = 3) -> Cell:
    """The mean of a column over seeds."""

    def cell(point: Point) -> str:
        found = point.estimate(column)
        return NONE if found is None else digits(found.mean, significant)

    return cell


def most(column: str, factor: float) -> Cell:
    """The largest value of a column over seeds, in another unit."""

    def cell(point: Point) -> str:
        values = [run.number(column) for run in point.runs]
        known = [value for value in values if value is not None]
        return digits(max(known) * factor) if known and len(known) == len(values) else NONE

    return cell


def by_scheme(results: Results, panel: Panel, caption: str, columns: Sequence[tuple[str, Cell]]) -> Table | None:
    """A line for each load and scheme; columns in which nothing is known are left out."""
    keys = [(load, scheme) for load in panel.loads for scheme in results.schemes if panel.at(scheme, load)]
    cells = {(key, name): _cell(panel.points[key[1], key[0]], cell) for key in keys for name, cell in columns}
    known = [name for name, _ in columns if any(cells[key, name] not in (NONE, LOST) for key in keys)]
    if not known:
        return None
    rows = tuple((load_text(key[0]), key[1], *(cells[key, name] for name in known)) for key in keys)
    return Table(caption, ("load", "scheme", *known), rows, names=2)


def _cell(point: Point, cell: Cell) -> str:
    return LOST if point.lost else cell(point)
