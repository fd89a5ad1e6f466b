"""Ratios between schemes, and between two folders of results.

The paper's numbers are means over loads of the ratios at each load (see `contra.experiments.published.curves`), so ours
are, too. All schemes get the same flows from a seed: the ratio is formed seed by seed, and its mean and its confidence
interval are over the seeds. One lost run, on either side, and there is no ratio.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from contra.experiments.published import Claim, Figure, claims, plain_scheme
from contra.experiments.report.model import Panel, Point, Results
from contra.experiments.report.statistics import Estimate, estimate


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a scheme took over what its base took, at one load or (`load` None) as the mean over all.

    `paper` is the same from the published curves, if they have both.
    """

    load: float | None
    measured: Estimate | None
    paper: float | None


@dataclass(frozen=True, slots=True)
class Ratios:
    """All loads of one scheme, and the mean over them."""

    scheme: str
    loads: tuple[Ratio, ...]
    mean: Ratio


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim of the paper beside what was measured; None where a run that it needs is lost."""

    claim: Claim
    measured: Estimate | None

    @property
    def reached(self) -> bool | None:
        """Whether we are at least as good as the paper; None for claims that are not on Contra's own speed."""
        if self.claim.scheme.startswith("Contra"):
            return self.measured is not None and self.measured.mean <= self.claim.ratio
        return None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two sides of a ratio: a scheme in a panel, and the paper's figure of it."""

    panel: Panel
    scheme: str
    figure: Figure | None


def to_reference(results: Results, panel: Panel, column: str) -> tuple[Ratios, ...]:
    """Each scheme but the reference, over the reference."""
    figure = results.figure_of(panel, column)
    base = Side(panel, results.reference, figure)
    others = [scheme for scheme in results.schemes if scheme != results.reference]
    return tuple(ratios(Side(panel, scheme, figure), base, column) for scheme in others)


def to_others(results: Results, panel: Panel, scheme: str, column: str) -> tuple[Ratios, ...]:
    """One scheme over each of the others but the reference; each row has the name of the other."""
    figure = results.figure_of(panel, column)
    others = [other for other in results.schemes if other not in (scheme, results.reference)]
    found = [(other, ratios(Side(panel, scheme, figure), Side(panel, other, figure), column)) for other in others]
    return tuple(replace(row, scheme=other) for other, row in found)


def growth(results: Results, against: Results, panel: Panel, column: str) -> tuple[Ratios, ...]:
    """Each scheme here over the same scheme there; nothing where the other folder has no such panel."""
    other = counterpart(panel, against)
    if other is None:
        return ()
    figure, base = results.figure_of(panel, column), against.figure_of(other, column)
    shared = [scheme for scheme in results.schemes if scheme in against.schemes]
    return tuple(ratios(Side(panel, name, figure), Side(other, name, base), column) for name in shared)


def counterpart(panel: Panel, against: Results) -> Panel | None:
    """The panel of another folder with the same workload."""
    return next((other for other in against.panels if other.workload == panel.workload), None)


def ratios(side: Side, base: Side, column: str) -> Ratios:
    """At each load that both sides have."""
    loads = [load for load in side.panel.loads if base.panel.at(base.scheme, load) and side.panel.at(side.scheme, load)]
    by_seed = [_at(side, base, load, column) for load in loads]
    rows = tuple(
        Ratio(load, _estimate(values), _paper(side, base, load)) for load, values in zip(loads, by_seed, strict=True)
    )
    printed = [row.paper for row in rows if row.paper is not None]
    paper = fmean(printed) if printed and len(printed) == len(rows) else None
    return Ratios(side.scheme, rows, Ratio(None, _estimate(_mean_of(by_seed)), paper))


def verdicts(results: Results, against: Results | None) -> tuple[Verdict, ...]:
    """The claims that these results can be held against."""
    found = []
    for claim in claims():
        sides = _sides(claim, results, against)
        if sides:
            by_seed = [
                _at(side, base, load, "fct_mean_us")
                for side, base in sides
                for load in claim.loads or (side.figure.points if side.figure else ())
            ]
            found.append(Verdict(claim, _estimate(_mean_of(by_seed))))
    return tuple(found)


def _sides(claim: Claim, results: Results, against: Results | None) -> Sequence[tuple[Side, Side]]:
    """The pairs of curves that a claim is about; empty unless all of them were to be measured."""
    folders = [results, against] if against else [results]
    found = []
    for key, base_key in zip(claim.figures, claim.base_figures, strict=True):
        side = _side(key, claim.scheme, folders[:1])
        base = _side(base_key, claim.base_scheme, folders)
        loads = claim.loads or (side.figure.points if side and side.figure else ())
        if not (side and base and all(_has(side, load) and _has(base, load) for load in loads)):
            return ()
        found.append((side, base))
    return found


def _has(side: Side, load: float) -> bool:
    return side.panel.at(side.scheme, load) is not None


def _side(key: str, scheme: str, folders: Iterable[Results]) -> Side | None:
    for results in folders:
        figure = next((figure for figure in results.figures if figure.key == key), None)
        panel = results.panel_of(figure) if figure else None
        name = next((name for name in results.schemes if plain_scheme(name) == plain_scheme(scheme)), None)
        if panel and name:
            return Side(panel, name, figure)
    return None


def _at(side: Side, base: Side, load: float, column: str) -> dict[int, float] | None:
    """The ratio of each seed; None where anything is lost or no seed is common."""
    above, below = side.panel.at(side.scheme, load), base.panel.at(base.scheme, load)
    return None if above is None or below is None else _quotients(above, below, column)


def _quotients(above: Point, below: Point, column: str) -> dict[int, float] | None:
    tops, bottoms = above.by_seed(column), below.by_seed(column)
    if tops is None or bottoms is None:
        return None
    return {seed: tops[seed] / bottoms[seed] for seed in tops if bottoms.get(seed)} or None


def _mean_of(by_load: Sequence[dict[int, float] | None]) -> dict[int, float] | None:
    """Seed by seed the mean over the loads; None where a load has no ratio."""
    known = [values for values in by_load if values is not None]
    if not known or len(known) < len(by_load):
        return None
    seeds = set.intersection(*(set(values) for values in known))
    return {seed: fmean(values[seed] for values in known) for seed in sorted(seeds)} or None


def _estimate(values: dict[int, float] | None) -> Estimate | None:
    return None if values is None else estimate(list(values.values()))


def _paper(side: Side, base: Side, load: float) -> float | None:
    if side.figure is None or base.figure is None:
        return None
    above, below = side.figure.at(side.scheme, load), base.figure.at(base.scheme, load)
    return above / below if above and below else None
