"""The lowest panel of the picture: which path each flow takes, as coloured bars with the path written on them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from contra.engine.run.experiment import Observation, Row
from contra.words import arrow

MOST_ROWS, MOST_LINES = 10, 24
"""Rows of the traffic that are drawn; flows of a row that are."""
ROW, LINE = 0.36, 0.2
"""Inches: of a row, of a line in the list of paths."""
NARROW = 55
"""Characters of a path that fits into half of the width."""
SIZE = 7.5
"""Of the text, in points."""
PALETTE = (
    "#56B4E9", "#E69F00", "#8FD3B6", "#E3A6C6", "#F0E442", "#7FA8D9", "#F2A27E", "#BBBBBB",
    "#A6DBF5", "#F5CF80", "#4FB592", "#C993B0",
)  # fmt: skip

Trail = tuple[int, ...]


@dataclass(frozen=True)
class Bar:
    """A time in which a flow took one path."""

    start_ps: int
    stop_ps: int
    path: Trail


@dataclass(frozen=True)
class PathRow:
    """The bars of a row of the traffic: those of each of its flows."""

    row: Row
    lines: tuple[tuple[Bar, ...], ...]


def path_rows(seen: Observation) -> list[PathRow]:
    """The rows to be drawn."""
    return [
        PathRow(row, tuple(tuple(_bars(seen, number)) for number in row.numbers[:MOST_LINES]))
        for row in seen.rows[:MOST_ROWS]
    ]


def _bars(seen: Observation, number: int) -> Iterator[Bar]:
    """From change to change, without the gaps in which nothing arrived."""
    changes = seen.paths[number]
    if not changes:
        return
    end = seen.simulation.network.flow_totals(number).last_ps
    gaps = seen.gaps[number]
    for change, stop in zip(changes, [*(change.time_ps for change in changes[1:]), end], strict=True):
        start = change.time_ps
        for gap in gaps:
            if start <= gap.start_ps < stop:
                yield Bar(start, gap.start_ps, change.trail)
                start = min(gap.stop_ps, stop)
        if stop > start:
            yield Bar(start, stop, change.trail)


def _paths(rows: list[PathRow]) -> list[Trail]:
    """All paths, in the order in which they appear."""
    return list(dict.fromkeys(bar.path for row in rows for line in row.lines for bar in line))


def bar_height(rows: list[PathRow]) -> float:
    """Inches of the panel."""
    return max(ROW * len(rows), 2 * ROW)


def list_height(seen: Observation, rows: list[PathRow]) -> float:
    """Inches of the list of paths below it."""
    paths = _paths(rows)
    return LINE * -(-len(paths) // _columns(seen, paths)) + 0.35 if paths else 0.0


def draw_paths(frame: Any, axes: Any, rows: list[PathRow]) -> None:
    """The bars, each with the number of its path, and with the path itself where there is room; the list below."""
    from contra.engine.run.picture import shade

    paths = _paths(rows)
    colours = {path: PALETTE[place % len(PALETTE)] for place, path in enumerate(paths)}
    shade(frame, axes)
    for place, row in enumerate(rows):
        height = 0.8 / max(len(row.lines), 1)
        for line, bars in enumerate(row.lines):
            low = place + 0.1 + line * height
            for bar in bars:
                start, stop = frame.times([bar.start_ps, bar.stop_ps])
                axes.broken_barh([(start, stop - start)], (low, height), facecolor=colours[bar.path], linewidth=0)
                if line == 0 and _alike(row):
                    _write(frame, axes, bar, place + 0.5, paths)
    axes.set_ylim(len(rows), 0)
    axes.set_yticks([place + 0.5 for place in range(len(rows))], [arrow(row.row.name) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    _list(frame, axes, paths, colours)


def _alike(row: PathRow) -> bool:
    """Whether all its flows took the same paths one after the other."""
    return len({tuple(bar.path for bar in bars) for bars in row.lines}) == 1


def _columns(seen: Observation, paths: list[Trail]) -> int:
    """Of the list of paths: two where there are many, and short ones."""
    return 2 if len(paths) > 6 and max(len(_name(seen, path)) for path in paths) <= NARROW else 1


def _name(seen: Observation, path: Trail) -> str:
    switches = seen.simulation.topology.switches
    return " – ".join(switches[index].name for index in path)


def _write(frame: Any, axes: Any, bar: Bar, y: float, paths: list[Trail]) -> None:
    """The longest text that fits: number and path, number, nothing."""
    start, stop = frame.times([bar.start_ps, bar.stop_ps])
    room = axes.transData.transform([(start, 0), (stop, 0)])
    points = (room[1][0] - room[0][0]) * 72 / frame.figure.dpi
    number = str(paths.index(bar.path) + 1)
    for text in (f"{number}   {_name(frame.seen, bar.path)}", number):
        if 0.58 * SIZE * len(text) + 4 < points:
            axes.text((start + stop) / 2, y, text, size=SIZE, ha="center", va="center", color="#222222")
            return


def _list(frame: Any, axes: Any, paths: list[Trail], colours: dict[Trail, str]) -> None:
    box = axes.get_position()
    top = box.y0 - 0.68 / frame.inches
    columns = _columns(frame.seen, paths)
    lines = -(-len(paths) // columns)
    for place, path in enumerate(paths):
        x = box.x0 + place // lines * box.width / columns
        y = top - place % lines * LINE / frame.inches
        frame.figure.text(
            x, y, f"{place + 1:>2}", size=SIZE, va="center", ha="left", family="DejaVu Sans Mono",
            bbox={"facecolor": colours[path], "edgecolor": "none", "pad": 1.5},
        )  # fmt: skip
        frame.figure.text(x + 0.28 / 12, y, _name(frame.seen, path), size=SIZE + 0.5, va="center", color="#333333")
