"""Runs -> panels: what differs in more than scheme, load and seed is not drawn together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from contra.experiments.report.model import Panel, Point, Run, State

SETTINGS = ("workload", "topology", "pattern", "failures")
"""Columns that set panels apart, in the order in which they name them."""


def panels_of(runs: Iterable[Run]) -> tuple[Panel, ...]:
    """Panels in the order in which their runs come first."""
    every = list(runs)
    measured = [run for run in every if run.state is not State.MISSING]
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in every:
        groups.setdefault(_settings(run, measured), []).append(run)
    varied = [i for i in range(len(SETTINGS)) if len({key[i] for key in groups}) > 1]
    return tuple(_panel(dict(zip(SETTINGS, key, strict=True)), varied, group) for key, group in groups.items())


def _settings(run: Run, measured: list[Run]) -> tuple[str, ...]:
    """What a planned run does not say about itself is as in a measured one that agrees with it in all that it says."""
    if run.state is State.MISSING:
        said = [name for name in SETTINGS if name in run.cells]
        like = next((other for other in measured if all(other.text(name) == run.text(name) for name in said)), run)
        return tuple(run.cells.get(name, like.text(name)) for name in SETTINGS)
    return tuple(run.text(name) for name in SETTINGS)


def _panel(settings: Mapping[str, str], varied: list[int], runs: list[Run]) -> Panel:
    points: dict[tuple[str, float], list[Run]] = {}
    for run in runs:
        points.setdefault((run.scheme, run.load or 0.0), []).append(run)
    parts = [_words(SETTINGS[i], settings[SETTINGS[i]]) for i in varied or [0]]
    label = ", ".join(part for part in parts if part)
    return Panel(label, settings, {key: Point(tuple(group)) for key, group in points.items()})


def _words(column: str, value: str) -> str:
    if column == "failures":
        return f"with {value} down" if value else "no failures"
    return value.replace("-", " ") if column == "workload" else value
