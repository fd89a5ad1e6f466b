"""Pictures of a measure over load, one panel for each workload, with the paper's curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from contra.experiments.published import Figure as Published
from contra.experiments.report import compare
from contra.experiments.report.document import Picture
from contra.experiments.report.model import Panel, Results
from contra.experiments.report.numbers import SCALES, time_unit
from contra.experiments.report.statistics import Estimate
from contra.experiments.report.style import (
    Look,
    legend,
    load_axis,
    looks,
    name_text,
    panel_title,
    panels,
    picture,
    value_axis,
)

DASHED = (0, (4, 2))
CONNECTED = 1.8


@dataclass(frozen=True, slots=True)
class Line:
    """A scheme in one panel: measured points (None where runs are lost) and the paper's."""

    scheme: str
    measured: tuple[tuple[float, Estimate | None], ...]
    paper: tuple[tuple[float, float], ...]

    def values(self) -> Iterable[float]:
        """All that is to be seen."""
        for _, value in self.measured:
            if value is not None:
                yield from (value.low, value.high)
        yield from (value for _, value in self.paper)

    @property
    def means(self) -> Iterable[float]:
        """What is measured, without its intervals, and the paper's."""
        yield from (value.mean for _, value in self.measured if value is not None)
        yield from (value for _, value in self.paper)


def over_load(results: Results, name: str, column: str, what: str, caption: str) -> Picture | None:
    """A time over the load, for all panels that have it."""
    shown = [panel for panel in results.panels if panel.has(column)]
    if not shown:
        return None
    figure, axes = panels(len(shown))
    drawn = []
    for panel, each in zip(shown, axes, strict=True):
        lines = lines_of(results, panel, column)
        unit = time_unit(max((value for line in lines for value in line.means), default=1.0))
        drawn += lines
        _draw(each, panel, [_scaled(line, 1 / SCALES[unit]) for line in lines], looks(results.schemes))
        each.set_title(panel_title(panel.label))
        each.set_ylabel(f"{what}, {unit}")
    _legend(figure, results, drawn)
    return picture(name, caption, figure)


def lines_of(results: Results, panel: Panel, column: str) -> list[Line]:
    """All schemes of a panel, in us; the paper's curves where they are of the same measure."""
    published = results.figure_of(panel, column)
    return [
        Line(scheme, tuple(panel.estimates(scheme, column)), _paper_points(published, scheme, panel.loads))
        for scheme in results.schemes
    ]


def ratio_picture(results: Results, name: str, caption: str, column: str) -> Picture | None:
    """Each scheme over the reference."""
    rows = [(panel, compare.to_reference(results, panel, column)) for panel in results.panels if panel.has(column)]
    what = f"mean FCT over that of {name_text(results.reference)}"
    return _ratios(results, rows, name, caption, what)


def growth_picture(results: Results, against: Results, name: str, caption: str, column: str) -> Picture | None:
    """Each scheme here over the same scheme there."""
    rows = [(panel, compare.growth(results, against, panel, column)) for panel in results.panels if panel.has(column)]
    return _ratios(results, rows, name, caption, f"mean FCT over that of {name_text(against.name)}")


def _ratios(
    results: Results, rows: Sequence[tuple[Panel, tuple[compare.Ratios, ...]]], name: str, caption: str, what: str
) -> Picture | None:
    rows = [(panel, ratios) for panel, ratios in rows if ratios]
    if not rows:
        return None
    figure, axes = panels(len(rows))
    drawn: list[Line] = []
    for (panel, ratios), each in zip(rows, axes, strict=True):
        lines = [_ratio_line(row) for row in ratios]
        drawn += lines
        _draw(each, panel, lines, looks(results.schemes))
        each.axhline(1, color="#777777", linewidth=0.8, zorder=1)
        each.set_title(panel_title(panel.label))
        each.set_ylabel(what)
    _legend(figure, results, drawn)
    return picture(name, caption, figure)


def _ratio_line(row: compare.Ratios) -> Line:
    measured = tuple((each.load or 0.0, each.measured) for each in row.loads)
    return Line(row.scheme, measured, tuple((r.load, r.paper) for r in row.loads if r.load is not None and r.paper))


def _paper_points(published: Published | None, scheme: str, loads: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """In us, from the lowest to the highest load of the panel."""
    curve = published.curve(scheme) if published else None
    if published is None or curve is None:
        return ()
    scale = SCALES[published.unit]
    within = (loads[0] - 1e-9, loads[-1] + 1e-9)
    points = zip(published.points, curve.values, strict=True)
    return tuple((x, y * scale) for x, y in points if y is not None and within[0] <= x <= within[1])


def _scaled(line: Line, factor: float) -> Line:
    measured = tuple((load, value.scaled(factor) if value else None) for load, value in line.measured)
    return Line(line.scheme, measured, tuple((load, value * factor) for load, value in line.paper))


def _draw(axes: Any, panel: Panel, lines: Sequence[Line], look: dict[str, Look]) -> None:
    """All lines of a panel. Where runs are lost there is a cross at the top, and no point."""
    low = min((value for line in lines for value in line.means if value > 0), default=1.0)
    high = max((value for line in lines for value in line.values()), default=1.0)
    value_axis(axes, low, high)
    load_axis(axes, panel.loads)
    for line in lines:
        _paper(axes, line, look[line.scheme])
    crossed: dict[float, int] = {}
    for line, aside in zip(lines, _asides(panel, len(lines)), strict=True):
        _measured(axes, line, look[line.scheme], aside)
        _crosses(axes, line, look[line.scheme], crossed)


def _paper(axes: Any, line: Line, look: Look) -> None:
    if line.paper:
        loads, values = zip(*line.paper, strict=True)
        axes.plot(loads, values, color=look.colour, linewidth=1, linestyle=DASHED, alpha=0.85, zorder=2)


def _asides(panel: Panel, count: int) -> list[float]:
    """How far the points of each scheme stand beside their load, so that bars do not hide each other."""
    gaps = [high - low for low, high in pairwise(panel.loads)]
    step = min(0.07 * min(gaps, default=0.1), 0.012 * (panel.loads[-1] - panel.loads[0]) or 1)
    return [step * (number - (count - 1) / 2) for number in range(count)]


def _measured(axes: Any, line: Line, look: Look, aside: float) -> None:
    """Contra lies on top of the others."""
    loads = [load + aside for load, _ in line.measured]
    means = [float("nan") if value is None else value.mean for _, value in line.measured]
    halves = [0.0 if value is None else value.half or 0.0 for _, value in line.measured]
    below = [min(half, mean * 0.999) if half else 0.0 for half, mean in zip(halves, means, strict=True)]
    axes.errorbar(
        loads,
        means,
        yerr=[below, halves],
        color=look.colour,
        marker=look.marker,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        linewidth=CONNECTED,
        elinewidth=1.1,
        capsize=2.5,
        zorder=3.5 if line.scheme.startswith("Contra") else 3,
    )


def _crosses(axes: Any, line: Line, look: Look, crossed: dict[float, int]) -> None:
    """One below the other, where several schemes have lost runs at a load."""
    for load, value in line.measured:
        if value is None:
            place = crossed[load] = crossed.get(load, 0) + 1
            top = axes.get_xaxis_transform()
            axes.plot(
                load, 1 - 0.035 * place, color=look.colour, marker="x", markeredgewidth=2, transform=top, zorder=4
            )


def _legend(figure: Any, results: Results, lines: Sequence[Line]) -> None:
    drawn = {line.scheme for line in lines}
    look = {scheme: each for scheme, each in looks(results.schemes).items() if scheme in drawn}
    values = [value for line in lines for _, value in line.measured]
    legend(
        figure,
        look,
        paper=any(line.paper for line in lines),
        lost=any(value is None for value in values),
        interval=any(value is not None and value.half is not None for value in values),
    )
