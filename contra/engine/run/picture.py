"""What happened over virtual time, drawn: throughput of the flows, load of the links, paths of the flows.

The colours are those of Okabe and Ito, which people with any kind of colour vision can tell apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from contra.engine.run.bars import bar_height, draw_paths, list_height, path_rows
from contra.engine.run.collect import convergence, loads
from contra.engine.run.experiment import Observation, Row
from contra.words import PS, arrow, time_text

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#333333")
REST = "#999999"
LOAD = ("#f4f4f2", "#d3e4f0", "#86bbdc", "#2f7fb8", "#083a6b")
"""From nothing to the most, on white paper."""
STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.edgecolor": "#888888",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "svg.hashsalt": "contra",
    "hatch.linewidth": 0.6,
}
WIDTH, LEFT, RIGHT, TOP, BOTTOM, GAP = 12.0, 1.75, 2.0, 1.0, 0.6, 0.6
"""Inches: of the figure, of its margins, between panels."""
MOST_LINKS = 12
PACKETS_PER_POINT = 12
"""A point of a throughput line stands for a time in which about so many packets are sent."""


class Frame:
    """The figure: panels from the top down, all with the same axis of time."""

    def __init__(self, seen: Observation, heights: list[float], below: float) -> None:
        inches = TOP + sum(heights) + GAP * (len(heights) - 1) + BOTTOM + below
        self.seen, self.figure, self.inches = seen, Figure(figsize=(WIDTH, inches)), inches
        until = max(seen.simulation.network.now, 1)
        self.unit, self.scale = next(((unit, size) for unit, size in PS.items() if until >= size), ("ns", 1000))
        self.until = until / self.scale
        self._y = inches - TOP

    def panel(self, height: float, title: str, last: bool) -> Any:
        """The next panel."""
        self._y -= height
        across = (WIDTH - LEFT - RIGHT) / WIDTH
        axes = self.figure.add_axes((LEFT / WIDTH, self._y / self.inches, across, height / self.inches))
        self._y -= GAP
        axes.set_title(title, pad=8)
        axes.set_xlim(0, self.until)
        if last:
            axes.set_xlabel(f"virtual time in {self.unit}")
        else:
            axes.tick_params(labelbottom=False)
        return axes

    def beside(self, axes: Any, width: float) -> Any:
        """A narrow panel at the right of another one."""
        box = axes.get_position()
        return self.figure.add_axes((box.x1 + 0.25 / WIDTH, box.y0, width / WIDTH, min(box.height, 1.6 / self.inches)))

    def times(self, picoseconds: Any) -> Any:
        """On the axis."""
        return np.asarray(picoseconds, float) / self.scale


def draw(seen: Observation, kind: str) -> bytes:
    """The picture as a file; `kind` is svg or png."""
    data = BytesIO()
    with mpl.rc_context(STYLE):
        drawn = figure(seen)
        metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {}
        drawn.savefig(data, format=kind, dpi=150, metadata=metadata, facecolor="white")
    return data.getvalue()


def figure(seen: Observation) -> Figure:
    """The picture, not written yet; to be drawn within `STYLE`."""
    busiest = _busiest(seen)
    rows = path_rows(seen)
    heights = [0.24 * max(len(busiest), 2)]
    if rows:
        heights = [2.3, *heights, bar_height(rows)]
    frame = Frame(seen, heights, list_height(seen, rows))
    _heading(frame)
    if rows:
        _throughput(frame, frame.panel(heights[0], "Throughput of the flows", False))
    _load(frame, frame.panel(heights[1 if rows else 0], "Load of the busiest links", not rows), busiest)
    if rows:
        draw_paths(frame, frame.panel(heights[2], "Paths of the flows", True), rows)
    return frame.figure


def _heading(frame: Frame) -> None:
    simulation = frame.seen.simulation
    name = next((Path(each.file).stem for each in simulation.build.manifest.inputs if each.kind == "policy"), "policy")
    at_left = LEFT / WIDTH
    text = f"{name} on {simulation.topology.name}"
    frame.figure.text(at_left, 1 - 0.26 / frame.inches, text, size=13, weight="bold", va="center")
    parts = [f"probes every {time_text(simulation.period_ps)}", *(_outages(frame.seen))]
    frame.figure.text(at_left, 1 - 0.5 / frame.inches, "; ".join(parts), color="#555555", va="center")


def _outages(seen: Observation) -> Iterator[str]:
    for outage in seen.plan.outages[:4]:
        until = "" if outage.stop_ps is None else f" to {time_text(outage.stop_ps)}"
        start = "from " if outage.stop_ps is None else ""
        yield f"{outage.name} down {start}{time_text(outage.start_ps)}{until}"


def shade(frame: Frame, axes: Any) -> None:
    """The times of the failures."""
    for outage in frame.seen.plan.outages:
        stop = frame.seen.simulation.network.now if outage.stop_ps is None else outage.stop_ps
        axes.axvspan(*frame.times([outage.start_ps, stop]), color="#d9d9d9", alpha=0.55, linewidth=0, zorder=0)


# ------------------------------------------------------------------------------------------------ throughput


def _throughput(frame: Frame, axes: Any) -> None:
    shade(frame, axes)
    shown, rest = _ranked(frame.seen)
    lowest, highest = _rates(shown, rest)
    unit, scale = next(
        ((u, s) for u, s in (("Gbit/s", 1e9), ("Mbit/s", 1e6), ("kbit/s", 1e3)) if highest >= s), ("bit/s", 1)
    )
    for colour, row in zip(COLOURS, shown, strict=False):
        times, rates = _line(frame.seen, [row])
        name = arrow(row.name) + (f"  ×{row.flow.flows}" if row.flow.flows > 1 else "")
        axes.plot(frame.times(times), rates / scale, color=colour, linewidth=1.5, label=name, zorder=3)
    if rest:
        times, rates = _line(frame.seen, rest)
        axes.plot(frame.times(times), rates / scale, color=REST, linewidth=1.5, label=f"{len(rest)} others", zorder=2)
    _rate_axis(axes, lowest / scale, highest / scale)
    _remarks(frame, axes)
    axes.set_ylabel(unit)
    axes.grid(True, axis="y")
    axes.set_axisbelow(True)
    axes.legend(loc="upper left", bbox_to_anchor=(1.015, 1.03), frameon=False, handlelength=1.4, borderaxespad=0)


def _rate_axis(axes: Any, lowest: float, highest: float) -> None:
    """From 0 to somewhat above what is to be seen; by powers where the rates differ much."""
    if highest > 20 * lowest:
        axes.set_yscale("symlog", linthresh=lowest / 2, linscale=0.5)
        powers = range(int(np.ceil(np.log10(lowest))), int(np.ceil(np.log10(highest))) + 1)
        axes.set_yticks([0, *(10.0**power for power in powers)])
        axes.yaxis.set_minor_locator(mpl.ticker.NullLocator())
        axes.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_ylim(0, 4 * highest)
    else:
        axes.set_ylim(0, 1.22 * max(axes.get_ylim()[1], highest))


def _remarks(frame: Frame, axes: Any) -> None:
    """What fails, at the top of its shade; when the switches had decided."""
    words = {"transform": axes.get_xaxis_transform(), "size": 7.5, "color": "#555555", "va": "top", "clip_on": True}
    for place, outage in enumerate(frame.seen.plan.outages):
        start = float(frame.times(outage.start_ps))
        axes.text(start + 0.006 * frame.until, 0.97 - 0.075 * (place % 4), f"{outage.name} down", **words)
    decided = convergence(frame.seen)
    if decided.converged and decided.last_change_ps is not None:
        when = float(frame.times(decided.last_change_ps))
        axes.axvline(when, color="#777777", linestyle=":", linewidth=1, zorder=1)
        axes.text(when + 0.006 * frame.until, 0.97, f"converged\n{time_text(decided.last_change_ps)}", **words)


def _ranked(seen: Observation) -> tuple[list[Row], list[Row]]:
    """Rows with a line of their own, and those that share one."""
    if len(seen.rows) <= len(COLOURS):
        return list(seen.rows), []
    return list(seen.rows[: len(COLOURS) - 1]), list(seen.rows[len(COLOURS) - 1 :])


def _rates(shown: list[Row], rest: list[Row]) -> tuple[float, float]:
    """Lowest and highest rate that a line can show, bit/s."""
    rates = [float(row.flow.rate * row.flow.flows) for row in shown]
    together = float(sum(row.flow.rate * row.flow.flows for row in rest))
    return min(rates), max([*rates, together])


def _line(seen: Observation, rows: list[Row]) -> tuple[Any, Any]:
    """Middle of each interval, bit/s in it."""
    places = [seen.rows.index(row) for row in rows]
    times, received = np.array(seen.times), np.array(seen.received)[:, places]
    each = min((row.gap_ps / row.flow.flows for row in rows), default=1.0)
    interval = max((times[-1] - times[0]) / max(len(times) - 1, 1), 1)
    step = int(min(max(np.ceil(PACKETS_PER_POINT * each / interval), 1), max(len(times) // 8, 1)))
    times, received = times[::step], received[::step]
    sizes = np.array([row.flow.frame_bytes * 8 for row in rows])
    rates = (np.diff(received, axis=0) * sizes).sum(axis=1) * 1e12 / np.maximum(np.diff(times), 1)
    return (times[1:] + times[:-1]) / 2, rates


# ------------------------------------------------------------------------------------------------ links


def _busiest(seen: Observation) -> list[int]:
    """Places in the series of the links with the highest mean load, the busiest first; those without flows last."""
    mean = loads(seen).mean(axis=0) if len(seen.times) > 1 else np.zeros(len(seen.data_bytes[0]))
    carried = seen.data_bytes[-1] > 0 if any(seen.data_bytes[-1] > 0) else np.ones(len(mean), bool)
    ranked = sorted(np.flatnonzero(carried).tolist(), key=lambda place: -mean[place])
    return ranked[:MOST_LINKS]


def _load(frame: Frame, axes: Any, busiest: list[int]) -> None:
    seen, plan = frame.seen, frame.seen.simulation.network.plan.links
    ordered = sorted(seen.simulation.links.values())
    load = loads(seen)[:, busiest].T
    top = max(float(load.max(initial=0)), 1e-9)
    most = 1.0 if top > 0.5 else top
    edges, rows = frame.times(seen.times), np.arange(len(busiest) + 1)
    mesh = axes.pcolormesh(
        edges,
        rows,
        load,
        cmap=mpl.colors.LinearSegmentedColormap.from_list("load", LOAD),
        vmin=0,
        vmax=most,
        rasterized=True,
    )
    axes.set_yticks(rows[:-1] + 0.5, [_direction(frame, plan[ordered[place]]) for place in busiest])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_yticks(rows[1:-1], minor=True)
    axes.grid(True, axis="y", which="minor", color="white", linewidth=1.2)
    axes.tick_params(axis="y", which="minor", length=0)
    for spine in ("left", "bottom"):
        axes.spines[spine].set_visible(False)
    _mark_down(frame, axes, [ordered[place] for place in busiest])
    bar = frame.figure.colorbar(mesh, cax=frame.beside(axes, 0.14))
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{100 * value:.3g} %"))
    bar.ax.tick_params(length=0)


def _direction(frame: Frame, link: Any) -> str:
    topology = frame.seen.simulation.topology
    peers = [port.peer for port in topology.ports[topology.by_name[link.source]]]
    parallel = peers.count(topology.by_name[link.target]) > 1
    return f"{link.source}:{link.source_port} → {link.target}" if parallel else f"{link.source} → {link.target}"


def _mark_down(frame: Frame, axes: Any, places: list[int]) -> None:
    """Hatch a link while it is down."""
    seen = frame.seen
    for outage in seen.plan.outages:
        links = [seen.simulation.topology.links[index] for index in outage.links]
        down = {seen.simulation.links[end] for link in links for end in ((link.a, link.a_port), (link.b, link.b_port))}
        stop = seen.simulation.network.now if outage.stop_ps is None else outage.stop_ps
        start, end = frame.times([outage.start_ps, stop])
        for row, place in enumerate(places):
            if place in down:
                axes.add_patch(
                    mpl.patches.Rectangle(
                        (start, row),
                        end - start,
                        1,
                        facecolor="#eeeeee",
                        edgecolor="#999999",
                        hatch="////",
                        linewidth=0,
                    )
                )
