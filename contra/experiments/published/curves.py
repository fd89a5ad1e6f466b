"""Reads the published figures.

A claim of the paper's text is a ratio: the mean, over its loads, of what one scheme took at a load divided by what its
base took at the same load. This is the definition under which the digitised curves give the printed numbers: the 3.18
and 8.72 of ECMP with a failed link, the 1.80 and 1.67 of Contra, the percentages on Abilene. The quotient of two means
over loads gives other numbers (3.81 and 12.28 for ECMP).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any

_FOLDER = Path(__file__).parent
_SAME = {"shortestpath": "sp"}


@dataclass(frozen=True, slots=True)
class Curve:
    """One scheme of a figure: a value at each point of the figure's axis, None where nothing is printed."""

    scheme: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of the paper.

    `column` is the column of a table of results that holds the same measure; `points` are loads (fractions of the
    capacity) or numbers of switches, as `axis` says. `workload` is the family of networks in figures on the compiler.
    """

    key: str
    citation: str
    title: str
    kind: str
    workload: str
    setting: str
    column: str
    unit: str
    axis: str
    points: tuple[float, ...]
    note: str
    curves: tuple[Curve, ...]

    def curve(self, scheme: str) -> Curve | None:
        """The curve of a scheme, under any of its names."""
        return next((curve for curve in self.curves if plain_scheme(curve.scheme) == plain_scheme(scheme)), None)

    def at(self, scheme: str, point: float) -> float | None:
        """The printed value, in the figure's unit."""
        curve = self.curve(scheme)
        if curve is None:
            return None
        return next((v for p, v in zip(self.points, curve.values, strict=True) if abs(p - point) < 1e-9), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A sentence of the paper about the ratio of two curves, averaged over the figures and the loads.

    `quoted` is the number as printed, `ratio` the same as a quotient. No `loads`: all of the figure.
    """

    key: str
    claim: str
    citation: str
    quoted: str
    ratio: float
    figures: tuple[str, ...]
    scheme: str
    base_figures: tuple[str, ...]
    base_scheme: str
    loads: tuple[float, ...]

    def from_curves(self) -> float:
        """The same ratio, from the digitised curves."""
        ratios = []
        for key, base_key in zip(self.figures, self.base_figures, strict=True):
            figure, base = _all()[key], _all()[base_key]
            for load in self.loads or figure.points:
                value, other = figure.at(self.scheme, load), base.at(self.base_scheme, load)
                if value is not None and other is not None:
                    ratios.append(value / other)
        return fmean(ratios)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A single measurement of the paper. What it was measured with is empty or None where that does not matter."""

    key: str
    what: str
    value: float
    unit: str
    citation: str
    network: str = ""
    scheme: str = ""
    workload: str = ""
    load: float | None = None


def figures(key: str) -> tuple[Figure, ...]:
    """The figures that a key names: `figure-8` is 8a and 8b, `figure-8a` itself. Nothing for an unknown key."""
    return tuple(figure for name, figure in _all().items() if name == key or _is_part(name, key))


def keys() -> tuple[str, ...]:
    """All keys that `figures` knows: of the figures, and of those with several parts."""
    parts = {name.rstrip("ab") for name in _all()} | {"-".join(name.split("-")[:2]) for name in _all()}
    return tuple(sorted({*_all(), *(name for name in parts if figures(name))}))


@cache
def claims() -> tuple[Claim, ...]:
    """What the paper's text says about its curves."""
    rows = _read("claims.json")["claims"]
    lists = ("figures", "base_figures", "loads")
    return tuple(Claim(**{**row, **{name: tuple(row[name] or ()) for name in lists}}) for row in rows)


@cache
def facts() -> tuple[Fact, ...]:
    """The paper's single measurements."""
    return tuple(Fact(**row) for row in _read("facts.json")["facts"])


def plain_scheme(name: str) -> str:
    """A name of a scheme as it is compared: `Shortest path` and `SP` are one."""
    plain = "".join(char for char in name.lower() if char.isalnum())
    return _SAME.get(plain, plain)


def _is_part(name: str, key: str) -> bool:
    rest = name.removeprefix(key)
    return key[-1:].isdigit() and rest != name and (rest[:1] == "-" or rest in ("a", "b"))


@cache
def _all() -> Mapping[str, Figure]:
    found = [_figure(_read(path.name)) for path in sorted(_FOLDER.glob("figure-*.json"))]
    return {figure.key: figure for figure in found}


def _figure(row: dict[str, Any]) -> Figure:
    curves = tuple(Curve(scheme, tuple(values)) for scheme, values in row.pop("curves").items())
    return Figure(**{**row, "points": tuple(row["points"]), "curves": curves})


def _read(name: str) -> Any:
    return json.loads((_FOLDER / name).read_text(encoding="utf-8"))
