"""The section of a report on recovery: throughput over time, and how long until it was back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from contra.diagnostics import Reporter
from contra.experiments import published
from contra.experiments.report.document import Block, Heading, Paragraph, Picture, Table
from contra.experiments.report.files import read_series
from contra.experiments.report.model import Point, Results
from contra.experiments.report.numbers import LOST, NONE, digits, fixed, listed, with_interval
from contra.experiments.report.statistics import estimate
from contra.experiments.report.style import Look, legend, looks, panels, picture

TIME, RATE = "time_us", "throughput_bps"
BEFORE_US, AFTER_US = 1000, 3000
"""How much of the run the second panel shows, on both sides of the cut."""
WHOLE_POINTS = 80
"""Steps of the lines in the first panel, which shows the whole run."""


@dataclass(frozen=True, slots=True)
class Course:
    """Throughput of a scheme: mean, lowest and highest over the seeds, in bit/s, at the times in us since the cut."""

    scheme: str
    times: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def sections(results: Results, reporter: Reporter) -> Iterator[Block]:
    """The picture and the table."""
    found, lost = _courses(results, reporter)
    yield Heading("Throughput around the cut")
    if lost:
        yield Paragraph(
            f"Left out, since their course over time cannot be read: the schemes of the runs {listed(lost)}."
        )
    if found:
        yield _drawn(results, found)
    yield from _table(results)


def _points(results: Results, scheme: str) -> list[Point]:
    return [point for panel in results.panels for (name, _), point in panel.points.items() if name == scheme]


def _courses(results: Results, reporter: Reporter) -> tuple[list[Course], list[str]]:
    found, lost = [], []
    for scheme in results.schemes:
        curves = []
        for point in _points(results, scheme):
            for run in () if point.lost else point.runs:
                cut = run.number("cut_us") or 0.0
                series = read_series(results.folder, run, (TIME, RATE), reporter)
                if series is None:
                    lost.append(run.run)
                else:
                    curves.append(([time - cut for time in series[TIME]], series[RATE]))
        if curves and not lost:
            found.append(_course(scheme, curves))
    return found, lost


def _course(scheme: str, curves: Sequence[tuple[list[float], list[float]]]) -> Course:
    """The seeds together, as far as the shortest of them goes."""
    length = min(len(times) for times, _ in curves)
    bins = [[rates[i] for _, rates in curves] for i in range(length)]
    times = tuple(curves[0][0][:length])
    return Course(scheme, times, tuple(map(fmean, bins)), tuple(map(min, bins)), tuple(map(max, bins)))


def _coarser(course: Course) -> Course:
    """Bins put together, none from both sides of the cut, so that few enough are left to look at."""
    times = course.times
    width = (times[-1] - times[0]) / WHOLE_POINTS
    groups: dict[int, list[int]] = {}
    for place, time in enumerate(times):
        groups.setdefault(math.ceil(time / width) if width else place, []).append(place)
    joined = [[fmean(values[i] for i in group) for group in groups.values()] for values in _values(course)]
    return Course(course.scheme, tuple(times[group[-1]] for group in groups.values()), *map(tuple, joined))


def _values(course: Course) -> tuple[tuple[float, ...], ...]:
    return course.mean, course.low, course.high


def _drawn(results: Results, courses: list[Course]) -> Picture:
    look = looks(results.schemes)
    figure, axes = panels(2)
    most = max(max(course.high) for course in courses)
    ordered = sorted(courses, key=lambda course: course.scheme.startswith("Contra"))
    for number, course in enumerate(ordered):
        width = 1.3 + 0.7 * (len(ordered) - 1 - number)
        _draw(axes[0], _coarser(course), look[course.scheme], width)
        _draw(axes[1], course, look[course.scheme], width)
    for each, title in zip(axes, ("The whole run", "Around the cut"), strict=True):
        each.set_title(title)
        each.set_xlabel("time since the cut, ms")
        each.set_ylabel("throughput, Gbit/s")
        each.set_ylim(0, most / 1e9 * 1.15)
        each.axvline(0, color="#777777", linewidth=1, linestyle=(0, (1, 2)), zorder=1)
        each.annotate("cut", (0, 1), (4, -4), xycoords=("data", "axes fraction"), textcoords="offset points", va="top")
    axes[0].set_xlim(courses[0].times[0] / 1000, courses[0].times[-1] / 1000)
    axes[1].set_xlim(-BEFORE_US / 1000, AFTER_US / 1000)
    shown = {course.scheme: look[course.scheme] for course in courses}
    legend(figure, shown, paper=False, lost=False, interval=False, markers=False)
    caption = "Throughput of all flows together: mean over the seeds, and from the lowest to the highest in the shade."
    return picture("recovery", caption, figure)


def _draw(axes: Any, course: Course, look: Look, width: float) -> None:
    """Later lines are thinner, so that what they cover stays to be seen."""
    times = [time / 1000 for time in course.times]
    low, high = ([value / 1e9 for value in values] for values in (course.low, course.high))
    axes.fill_between(times, low, high, color=look.colour, alpha=0.18, linewidth=0, step="pre", zorder=2)
    axes.plot(
        times, [v / 1e9 for v in course.mean], color=look.colour, linewidth=width, drawstyle="steps-pre", zorder=3
    )


def _table(results: Results) -> Iterator[Block]:
    header = ("scheme", "before, Gbit/s", "lowest, Gbit/s", "back after, us", "not back", "packets lost")
    yield Table("", header, tuple(_row(results, scheme) for scheme in results.schemes))
    known = {fact.key: fact for fact in published.facts()}
    before, dip = (digits(known[key].value / 1e9, 2) for key in ("throughput", "throughput-dip"))
    detected, back = (f"{known[key].value:g} us" for key in ("detection", "recovery"))
    yield Paragraph(
        f"The paper ({known['recovery'].citation}): the cut is detected after {detected}, throughput falls from "
        f"{before} to {dip} Gbit/s and is back within {back}; HULA does about the same. 'not back' counts the runs "
        "whose throughput did not come back before the next change of the network or the end; the mean is over the "
        "others."
    )


def _row(results: Results, scheme: str) -> tuple[str, ...]:
    points = _points(results, scheme)
    runs = [run for point in points for run in point.runs]
    if any(point.lost for point in points):
        return (scheme, *[LOST] * 5)
    back = [value for run in runs if (value := run.number("recovery_us")) is not None]
    sent, got = (sum(run.number(name) or 0 for run in runs) for name in ("sent", "delivered"))
    return (
        scheme,
        _rate([run.number("throughput_before_bps") for run in runs]),
        _rate([run.number("throughput_dip_bps") for run in runs]),
        with_interval(estimate(back)) if back else NONE,
        f"{len(runs) - len(back)} of {len(runs)}",
        f"{fixed(100 * (1 - got / sent), 3)} %" if sent else NONE,
    )


def _rate(values: list[float | None]) -> str:
    known = [value / 1e9 for value in values if value is not None]
    return with_interval(estimate(known)) if known and len(known) == len(values) else NONE
