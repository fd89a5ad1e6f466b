"""Distribution of the slowdown: how much longer a flow took than it would have alone in the network."""

from __future__ import annotations

from typing import Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from contra.diagnostics import Reporter
from contra.experiments.report.document import Picture
from contra.experiments.report.files import read_flows
from contra.experiments.report.model import Panel, Point, Results
from contra.experiments.report.numbers import load_text
from contra.experiments.report.style import Look, legend, looks, panel_title, panels, picture

COLUMN = "slowdown"
POINTS = 400
TAIL = 0.9999


def slowdowns(results: Results, caption: str, reporter: Reporter) -> tuple[Picture | None, tuple[str, ...]]:
    """The picture, and the runs that it lacks because their flows cannot be read."""
    chosen = [(panel, load) for panel in results.panels for load in _loads(panel)]
    chosen = [(panel, load) for panel, load in chosen if panel.has("slowdown_mean")]
    if not chosen:
        return None, ()
    look, lost, drawn = looks(results.schemes), [], set()
    figure, axes = panels(len(chosen))
    for (panel, load), each in zip(chosen, axes, strict=True):
        most = 1.0
        for scheme in results.schemes:
            point = panel.at(scheme, load)
            values, unread = _values(results, point, reporter) if point and not point.lost else ([], [])
            lost += unread
            if values:
                most = max(most, _draw(each, values, look[scheme]))
                drawn.add(scheme)
        _axes(each, most, panel_title(f"{panel.label}, {load_text(load)} load" if load else panel.label))
    if not drawn:
        return None, tuple(lost)
    shown = {scheme: each for scheme, each in look.items() if scheme in drawn}
    legend(figure, shown, paper=False, lost=False, interval=False, markers=False)
    return picture("slowdown-cdf", caption, figure), tuple(lost)


def _loads(panel: Panel) -> list[float]:
    """A middle load and the highest."""
    middle = min(panel.loads, key=lambda load: abs(load - 0.5))
    return list(dict.fromkeys([middle, panel.loads[-1]]))


def _values(results: Results, point: Point, reporter: Reporter) -> tuple[list[float], list[str]]:
    """Of all flows of all seeds, in ascending order."""
    values, lost = [], []
    for run in point.runs:
        columns = read_flows(results.folder, run, (COLUMN,), reporter)
        if columns is None:
            lost.append(run.run)
        else:
            values += columns[COLUMN]
    return ([] if lost else sorted(values)), lost


def _draw(axes: Any, values: list[float], look: Look) -> float:
    """At most so many points, evenly spread over the shares; returns where the picture may end."""
    n = len(values)
    places = sorted({round(i * (n - 1) / POINTS) for i in range(POINTS + 1)})
    shares = [(place + 1) / n for place in places]
    axes.plot([values[p] for p in places], shares, color=look.colour, linewidth=1.6, drawstyle="steps-post", zorder=3)
    return values[int(TAIL * (n - 1))]


def _axes(axes: Any, most: float, title: str) -> None:
    axes.set_title(title)
    axes.set_xscale("log")
    axes.set_xlim(1 / 1.05, most * 1.1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("slowdown")
    axes.set_ylabel("share of the flows")
    axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0) if most < 200 else (1.0,), numticks=20))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
