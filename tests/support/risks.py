"""Risk models for tests: small ones by hand, random ones, and the methods of the papers once more, in plain sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations

from hypothesis import strategies as st

from contra.localize import Change, Object, RiskModel, Row, risk_model

Edges = dict[tuple[str, str], bool]
"""(element, object) -> whether the edge fails."""


def thing(name: str) -> Object:
    return Object("thing", name)


def model_of(*rows: tuple[str, str, str]) -> RiskModel:
    """Rows (element, objects, objects to blame), objects being single letters; `*` blames all."""
    return risk_model(row(*each) for each in rows)


def row(element: str, objects: str, blamed: str) -> Row:
    guilty = objects if blamed == "*" else blamed
    return Row(element, tuple(map(thing, objects)), tuple(map(thing, guilty)))


def changed(names: str, at: float = 0.0) -> tuple[Change, ...]:
    return tuple(Change(thing(name), at) for name in names)


def names(objects: Iterable[Object]) -> str:
    """Sorted letters."""
    return "".join(sorted(each.name for each in objects))


@st.composite
def rows(draw: st.DrawFn, objects: str = "abcdefg", elements: str = "12345", most: int = 14) -> list[Row]:
    """Rows some of which fail, a few of them with part of their objects to blame."""
    made = []
    for _ in range(draw(st.integers(1, most))):
        own = "".join(draw(st.lists(st.sampled_from(objects), min_size=1, max_size=4, unique=True)))
        fate = draw(st.sampled_from(["fine", "fine", "gone", "gone", "altered"]))
        blamed = "" if fate == "fine" else own if fate == "gone" else draw(st.sampled_from(own))
        made.append(row(draw(st.sampled_from(elements)), own, blamed))
    return made


# ------------------------------------------------------------------------------------------------ in plain sets


def edges_of(rows: Sequence[Row]) -> Edges:
    """Of a failing entry all edges fail, whoever is to blame."""
    found: Edges = {}
    for each in rows:
        for other in each.objects:
            key = (str(each.element), other.name)
            found[key] = found.get(key, False) or bool(each.blamed)
    return found


def scout(rows: Sequence[Row], recent: str, ratio: Fraction = Fraction(1)) -> tuple[set[str], set[str]]:
    """What the paper's method names, and which failed elements it leaves unexplained."""
    edges = edges_of(rows)
    named: set[str] = set()
    while picks := _picks(edges, ratio):
        named |= picks
        edges = _without(edges, picks)
    late = {other for (_, other), fails in edges.items() if fails and other in recent}
    left = {element for (element, _), fails in _without(edges, late).items() if fails}
    return named | late, left


def _picks(edges: Edges, ratio: Fraction) -> set[str]:
    hits: dict[str, list[bool]] = {}
    for (_, other), fails in edges.items():
        hits.setdefault(other, []).append(fails)
    allowed = {other: sum(row) for other, row in hits.items() if any(row) and Fraction(sum(row), len(row)) >= ratio}
    return {other for other, count in allowed.items() if count == max(allowed.values())}


def _without(edges: Edges, picks: set[str]) -> Edges:
    explained = {element for (element, other), fails in edges.items() if fails and other in picks}
    return {key: fails for key, fails in edges.items() if key[0] not in explained}


def fewest(rows: Sequence[Row]) -> tuple[int, set[str]]:
    """How many objects of hit ratio 1 explain all that such objects can explain; and which elements that are."""
    edges = edges_of(rows)
    whole = {o for _, o in edges} - {o for (_, o), fails in edges.items() if not fails}
    reach = {other: {element for element, o in edges if o == other} for other in whole}
    wanted = set().union(*reach.values()) if reach else set()
    for size in range(len(whole) + 1):
        for some in combinations(sorted(whole), size):
            if set().union(*(reach[other] for other in some)) == wanted:
                return size, wanted
    raise AssertionError("all of them explain all")
