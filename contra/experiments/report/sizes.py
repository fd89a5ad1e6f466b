"""The sections of reports on the compiler: a measure over the number of switches."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from contra.experiments.published import Figure
from contra.experiments.report.curves import DASHED
from contra.experiments.report.document import Block, Heading, Paragraph, Picture, Table
from contra.experiments.report.model import Results, Run, State
from contra.experiments.report.numbers import LOST, NONE, digits, paper_number
from contra.experiments.report.statistics import estimate
from contra.experiments.report.style import Look, legend, looks, panel_title, panels, picture

FAMILIES = {"fat-tree": "fat trees", "random": "random graphs"}
_NUMBERS = re.compile(r"(-\d+)+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a kind of experiment is about: a column, and others for a second table."""

    column: str
    what: str
    unit: str
    name: str
    text: str
    others: tuple[tuple[str, str], ...] = ()


MEASURES = {
    "state": Measure(
        column="state_kb_max",
        what="state of the largest switch",
        unit="kB",
        name="state",
        text="Registers and table entries of the switch that has most, counted in bits; a kB is 1000 bytes. "
        "Register arrays have sizes of powers of two, so state grows in steps.",
        others=(("register_kb_max", "registers, kB"), ("table_kb_max", "tables, kB"), ("entries_max", "entries")),
    ),
    "compile-time": Measure(
        column="compile_s",
        what="time of the whole compilation",
        unit="s",
        name="compile-time",
        text="Wall-clock time of the command from its start to the last file written, the median of its repetitions. "
        "It depends on the machine; the paper does not state its own.",
        others=(("compile_min_s", "least, s"), ("compile_max_s", "most, s")),
    ),
}


@dataclass(frozen=True, slots=True)
class Family:
    """Networks of one kind, which differ in their size; the paper's figure on them."""

    name: str
    networks: tuple[str, ...]
    figure: Figure | None


def sections(results: Results) -> Iterator[Block]:
    """Picture and tables."""
    measure = MEASURES[results.kind]
    families = _families(results)
    yield Heading(measure.what[:1].upper() + measure.what[1:])
    cited = f" Beside it stands the paper: {results.figures[0].citation}." if results.figures else ""
    yield Paragraph(measure.text + cited)
    yield _picture(results, families, measure)
    for family in families:
        yield _table(results, family, measure)
    yield Heading("In detail")
    yield from (_details(results, family, measure) for family in families)


def _families(results: Results) -> list[Family]:
    groups: dict[str, list[str]] = {}
    for name in dict.fromkeys(run.text("topology") for run in results.runs):
        groups.setdefault(_NUMBERS.sub("", name), []).append(name)
    figures = {figure.workload: figure for figure in results.figures}
    return [Family(FAMILIES.get(name, name), tuple(group), figures.get(name)) for name, group in groups.items()]


def _runs(results: Results, network: str, scheme: str) -> list[Run]:
    return [run for run in results.runs if run.text("topology") == network and run.scheme == scheme]


def _value(runs: Sequence[Run], column: str) -> float | None:
    """Mean over what runs there are; None where one is lost."""
    values = [value for run in runs if run.state is State.FINISHED and (value := run.number(column)) is not None]
    found = estimate(values) if values and len(values) == len(runs) else None
    return None if found is None else found.mean


def _switches(results: Results, network: str) -> float | None:
    sizes = [run.number("switches") for run in results.runs if run.text("topology") == network]
    return next((size for size in sizes if size is not None), None)


def _picture(results: Results, families: Sequence[Family], measure: Measure) -> Picture:
    look = looks(results.schemes)
    figure, axes = panels(len(families))
    for family, each in zip(families, axes, strict=True):
        for scheme in results.schemes:
            _draw(each, _sizes(results, family, scheme, measure.column), family.figure, scheme, look[scheme])
        each.set_title(panel_title(family.name))
        each.set_xlabel("switches")
        each.set_ylabel(f"{measure.what}, {measure.unit}")
        each.set_xlim(left=0)
        each.set_ylim(bottom=0)
    paper = any(family.figure for family in families)
    legend(figure, look, paper=paper, lost=False, interval=False)
    beside = "; dashed: the paper" if paper else ""
    caption = f"{measure.what[:1].upper()}{measure.what[1:]} over the number of switches{beside}."
    return picture(measure.name, caption, figure)


def _sizes(results: Results, family: Family, scheme: str, column: str) -> list[tuple[float, float]]:
    """Switches and value of each network, where both are known."""
    points = [(_switches(results, name), _value(_runs(results, name, scheme), column)) for name in family.networks]
    return sorted((size, value) for size, value in points if size is not None and value is not None)


def _draw(axes: Any, points: Sequence[tuple[float, float]], figure: Figure | None, scheme: str, look: Look) -> None:
    if points:
        sizes, values = zip(*points, strict=True)
        axes.plot(sizes, values, color=look.colour, marker=look.marker, markersize=5.5, linewidth=1.8)
    curve = figure.curve(scheme) if figure else None
    if figure and curve:
        printed = [math.nan if value is None else value for value in curve.values]
        axes.plot(figure.points, printed, color=look.colour, linewidth=1, linestyle=DASHED)


def _table(results: Results, family: Family, measure: Measure) -> Table:
    drawn = [(name, family.figure is not None and family.figure.curve(name) is not None) for name in results.schemes]
    header = ["network", "switches"]
    for scheme, has_paper in drawn:
        header += [scheme, "paper", "ratio"] if has_paper else [scheme]
    rows = []
    for network in family.networks:
        size = _switches(results, network)
        row = [network, NONE if size is None else f"{size:g}"]
        for scheme, has_paper in drawn:
            runs = _runs(results, network, scheme)
            value = _value(runs, measure.column)
            row.append(NONE if not runs else LOST if value is None else digits(value))
            if has_paper and family.figure:
                paper = None if size is None else family.figure.at(scheme, size)
                row += [paper_number(paper), digits(value / paper, 2) if value and paper else NONE]
        rows.append(tuple(row))
    title = f"{measure.what[:1].upper()}{measure.what[1:]}, {measure.unit}: {family.name}"
    return Table(title, tuple(header), tuple(rows))


def _details(results: Results, family: Family, measure: Measure) -> Table:
    header = ("network", "scheme", *(name for _, name in measure.others))
    rows = []
    for network in family.networks:
        for scheme in results.schemes:
            runs = _runs(results, network, scheme)
            values = [_value(runs, column) for column, _ in measure.others]
            if runs:
                rows.append((network, scheme, *(LOST if value is None else _count(value) for value in values)))
    return Table(family.name, header, tuple(rows), names=2)


def _count(value: float) -> str:
    """Whole numbers as they are, others with three digits."""
    return f"{value:,.0f}" if value.is_integer() else digits(value)
