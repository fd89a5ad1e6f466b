"""Results of an experiment, as reports see them: runs, and the points of curves that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from contra.experiments.published import Figure
from contra.experiments.report.statistics import Estimate, estimate


class State(Enum):
    """How a run ended."""

    FINISHED = "finished"
    FAILED = "failed"
    MISSING = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One row of the table, or a planned run that has none.

    `load` is a fraction of the capacity and None where the experiment knows no loads. `cells` are the row's texts by
    column; `reason` says why a run counts as failed.
    """

    run: str
    scheme: str
    load: float | None
    seed: int
    state: State
    reason: str
    cells: Mapping[str, str] = field(repr=False)
    numbers: Mapping[str, float] = field(repr=False)

    def number(self, column: str) -> float | None:
        """The value of a column, None where the cell is empty or there is no such column."""
        return self.numbers.get(column)

    def text(self, column: str) -> str:
        """The cell of a column as it stands, empty where there is none."""
        return self.cells.get(column, "")


@dataclass(frozen=True, slots=True)
class Point:
    """All runs of one scheme at one load of one panel: they differ in their seeds."""

    runs: tuple[Run, ...]

    @property
    def lost(self) -> tuple[Run, ...]:
        """Runs that failed or are missing."""
        return tuple(run for run in self.runs if run.state is not State.FINISHED)

    def estimate(self, column: str) -> Estimate | None:
        """Mean over the seeds; None where a run is lost, since the mean of the others says less than it seems to."""
        values = self.by_seed(column)
        return None if values is None else estimate(list(values.values()))

    def by_seed(self, column: str) -> dict[int, float] | None:
        """The value of each seed; None where a run is lost or has no value."""
        values = {run.seed: run.number(column) for run in self.runs}
        known = {seed: value for seed, value in values.items() if value is not None}
        return known if known and len(known) == len(values) and not self.lost else None


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn in one pair of axes: runs that differ in scheme, load and seed alone.

    `label` names what sets it apart from the other panels: the workload, mostly. `points` is by scheme and load.
    """

    label: str
    settings: Mapping[str, str]
    points: Mapping[tuple[str, float], Point]

    @property
    def workload(self) -> str:
        """Name of the workload, empty where there is none."""
        return self.settings.get("workload", "")

    @property
    def loads(self) -> tuple[float, ...]:
        """All loads in ascending order."""
        return tuple(sorted({load for _, load in self.points}))

    def at(self, scheme: str, load: float) -> Point | None:
        """The runs of a scheme at a load."""
        return self.points.get((scheme, load))

    def estimates(self, scheme: str, column: str) -> Iterator[tuple[float, Estimate | None]]:
        """Load and mean over seeds, for each load at which the scheme was to run."""
        for load in self.loads:
            point = self.at(scheme, load)
            if point is not None:
                yield load, point.estimate(column)

    def has(self, column: str) -> bool:
        """Whether any run has a value in a column."""
        return any(run.number(column) is not None for point in self.points.values() for run in point.runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """A folder of results, read.

    `experiment` is the experiment file as data, `experiment_text` as it was given, `plan` what was planned.
    `schemes` are in the order of the experiment file; `figures` those of the paper to show beside; `labels` the columns
    that say what a run is; `strangers` counts rows of the table that the plan does not know.
    """

    folder: Path
    name: str
    title: str
    kind: str
    version: str
    schemes: tuple[str, ...]
    runs: tuple[Run, ...]
    panels: tuple[Panel, ...]
    figures: tuple[Figure, ...]
    experiment: Mapping[str, Any] = field(repr=False)
    experiment_text: str = field(repr=False)
    labels: tuple[str, ...]
    strangers: int
    plan: Mapping[str, Any] = field(repr=False)

    @property
    def reference(self) -> str:
        """The scheme that ratios are to: ECMP where there is one, else the first."""
        return next((scheme for scheme in self.schemes if scheme.lower() == "ecmp"), self.schemes[0])

    @property
    def lost(self) -> tuple[Run, ...]:
        """Runs that failed or are missing."""
        return tuple(run for run in self.runs if run.state is not State.FINISHED)

    def figure_of(self, panel: Panel, column: str = "") -> Figure | None:
        """The paper's figure that shows the same as a panel, in the same measure if one is named."""
        return next(
            (f for f in self.figures if f.workload == panel.workload and column in ("", f.column)),
            None,
        )

    def panel_of(self, figure: Figure) -> Panel | None:
        """The panel that shows the same as a figure of the paper."""
        return next((panel for panel in self.panels if panel.workload == figure.workload), None)
