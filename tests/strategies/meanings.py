"""Random policies as pairs: the text, and what it means as a function of a path. And networks for them.

The text uses as few parentheses as precedence allows, now and then more, so that parsing is judged too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Any

from hypothesis import strategies as st
from support.judge import ANY, SEPARATOR, Net, Path, Wire

NAMES = ("A", "B", "C", "W", "edge-1", "x y")
COMBINE = (("bw", "min"), ("cost", "sum"), ("loss", "max"))
LOADS = [Fraction(n, 10) for n in (0, 0, 1, 3, 5, 5, 8, 9, 10)]
LATENCIES = (0, 1000, 1000, 2000, 5000)
COSTS = [Fraction(n, 2) for n in (0, 1, 2, 2, 5)]
LOSSES = [Fraction(n, 10) for n in (0, 1, 1, 2)]
WIDTHS = [Fraction(n) for n in (1, 2, 5)]

Draw = st.DrawFn


@dataclass(frozen=True)
class Part:
    """A part of a policy: text, how tight its outermost operator binds, and what it means.

    The meaning of a number or rank is a function of a path, as is that of a condition; that of a regex is a pattern.
    """

    text: str
    level: int
    means: Any
    drops_by_load: bool = False
    """Whether metrics decide between inf and a finite rank."""

    def at(self, level: int) -> str:
        """The text as an operand of an operator that needs at least this level."""
        return self.text if self.level >= level else f"({self.text})"


@dataclass(frozen=True)
class Policy:
    """A policy: its file, and its rank as a function of a path."""

    text: str
    rank: Callable[[Path], Any]
    drops_by_load: bool


# ------------------------------------------------------------------------------------------------ regexes


def symbol(name: str) -> Part:
    plain = re.fullmatch(r"[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*", name)
    return Part(name if plain else f'"{name}"', 3, re.escape(name + SEPARATOR))


DOT = Part(".", 3, ANY)


def star(body: Part) -> Part:
    return Part(f"{body.at(3)}*", 2, f"(?:{body.means})*")


ALL = star(DOT)


def sequence(*parts: Part) -> Part:
    return Part(" ".join(part.at(2) for part in parts), 1, "".join(f"(?:{part.means})" for part in parts))


def either(*parts: Part) -> Part:
    return Part(" + ".join(part.at(1) for part in parts), 0, "|".join(f"(?:{part.means})" for part in parts))


@st.composite
def regexes(draw: Draw, names: Sequence[str]) -> Part:
    one = st.sampled_from(names).map(symbol)
    a, b, c = draw(one), draw(one), draw(one)
    shapes = [
        lambda: sequence(ALL, a, ALL),
        lambda: sequence(ALL, a, ALL),
        lambda: sequence(a, ALL),
        lambda: sequence(ALL, a),
        lambda: sequence(a, ALL, b),
        lambda: sequence(a, ALL, c, ALL, b),
        lambda: sequence(ALL, a, b, ALL),
        lambda: sequence(ALL, a, ALL, b, ALL),
        lambda: sequence(ALL, either(a, b), ALL),
        lambda: sequence(a, b, c),
        lambda: either(sequence(a, b, c), sequence(a, c)),
        lambda: sequence(star(either(a, b)), c),
        lambda: sequence(DOT, DOT, star(sequence(DOT, DOT))),
        lambda: sequence(star(either(a, b, c)), star(either(b, DOT))),
        lambda: sequence(ALL, a, DOT, b, ALL),
    ]
    return draw(st.sampled_from(shapes))()


# ------------------------------------------------------------------------------------------------ numbers


def number(text: str, value: Fraction | float) -> Part:
    return Part(text, 2, lambda path: value)


def constant(value: int | Fraction) -> Part:
    return number(str(float(value)) if Fraction(value).denominator > 1 else str(value), Fraction(value))


INFINITE = number("inf", inf)


def metric(name: str) -> Part:
    spelling = {"len": "path.length", "lat": "path.latency"} if name in ("len", "lat") else {}
    return Part(spelling.get(name, f"path.{name}"), 2, lambda path: getattr(path, name))


def add(*parts: Part) -> Part:
    return Part(" + ".join(part.at(1) for part in parts), 0, lambda path: sum(part.means(path) for part in parts))


def times(a: Part, b: Part) -> Part:
    return Part(f"{a.at(1)} * {b.at(1)}", 1, lambda path: a.means(path) * b.means(path))


def minus(a: Part, b: Part) -> Part:
    return Part(f"{a.at(0)} - {b.at(1)}", 0, lambda path: a.means(path) - b.means(path))


def greatest(a: Part, b: Part) -> Part:
    return Part(f"max({a.text}, {b.text})", 2, lambda path: max(a.means(path), b.means(path)))


def least(a: Part, b: Part) -> Part:
    return Part(f"min({a.text}, {b.text})", 2, lambda path: min(a.means(path), b.means(path)))


def vector(*parts: Part) -> Part:
    if len(parts) == 1:
        return parts[0]

    def value(path: Path) -> Any:
        flat: list[Any] = []
        for part in parts:
            component = part.means(path)
            flat.extend(component if isinstance(component, tuple) else [component])
        return inf if inf in flat else tuple(flat)

    drops = any(part.drops_by_load for part in parts)
    return Part(f"({', '.join(part.text for part in parts)})", 2, value, drops)


def choose(guard: Part, yes: Part, no: Part, *, by_load: bool) -> Part:
    """`if`; an inner `if` in the then-branch stands in parentheses, one in the else-branch does not."""
    drops = yes.drops_by_load or no.drops_by_load or (by_load and "inf" in (yes.text, no.text))

    def value(path: Path) -> Any:
        return yes.means(path) if guard.means(path) else no.means(path)

    return Part(f"if {guard.text} then {yes.at(0)} else {no.text}", -1, value, drops)


# -------------------------------------------------------------------------------------------- conditions


def on(regex: Part) -> Part:
    return Part(regex.text, 3, lambda path: path.matches(regex.means))


def negation(a: Part) -> Part:
    return Part(f"not {a.at(2)}", 2, lambda path: not a.means(path))


def both(a: Part, b: Part) -> Part:
    return Part(f"{a.at(1)} and {b.at(2)}", 1, lambda path: a.means(path) and b.means(path))


def any_of(a: Part, b: Part) -> Part:
    return Part(f"{a.at(0)} or {b.at(1)}", 0, lambda path: a.means(path) or b.means(path))


@st.composite
def conditions(draw: Draw, names: Sequence[str]) -> Part:
    """A condition on the switches of a path."""
    one = regexes(names).map(on)
    a = draw(one)
    kind = draw(st.integers(0, 7))
    if kind == 0:
        return negation(a)
    if kind == 1:
        return both(a, draw(one))
    if kind == 2:
        return any_of(a, negation(draw(one)))
    return a


_LIMITS = {
    "util": [("30%", "0.3"), (".5", "1/2"), ("0.8", "0.8"), ("80%", "0.8"), ("50 %".replace(" ", ""), "0.5")],
    "loss": [("0.1", "0.1"), (".2", "0.2"), ("15%", "0.15")],
    "lat": [("2us", "2"), ("3000ns", "3"), ("0.005ms", "5"), ("1us", "1")],
    "len": [("2", "2"), ("3", "3"), ("2.5", "2.5")],
    "cost": [("1", "1"), ("2.5", "2.5")],
    "bw": [("2", "2"), ("3", "3")],
}


def limits(name: str) -> st.SearchStrategy[Part]:
    return st.sampled_from(_LIMITS[name]).map(lambda one: number(one[0], Fraction(one[1])))


@st.composite
def thresholds(draw: Draw, name: str) -> Part:
    """A comparison that good paths satisfy, spelt in one of many ways."""
    m, c = metric(name), draw(limits(name))
    high = name == "bw"
    strict = draw(st.booleans())
    worse = ("<", "<=") if high else (">", ">=")
    better = (">", ">=") if high else ("<", "<=")

    def holds(path: Path) -> bool:
        value, limit = m.means(path), c.means(path)
        if value == limit:
            return not strict
        return bool(value > limit) if high else bool(value < limit)

    sign = better[not strict]
    mirrored = worse[not strict]
    opposite = worse[strict]
    spelling = draw(st.integers(0, 3))
    if spelling == 0:
        return Part(f"{c.text} {mirrored} {m.text}", 3, holds)
    if spelling == 1:
        return Part(f"not {m.text} {opposite} {c.text}", 2, holds)
    return Part(f"{m.text} {sign} {c.text}", 3, holds)


# -------------------------------------------------------------------------------------------------- ranks


@st.composite
def summable(draw: Draw) -> Part:
    """A component after which others may follow."""
    m = draw(st.sampled_from(("len", "len", "lat", "cost")).map(metric))
    kind = draw(st.integers(0, 6))
    if kind == 0:
        return times(constant(draw(st.sampled_from((2, 3, Fraction(1, 2))))), m)
    if kind == 1:
        return add(metric("len"), times(constant(2), metric("cost")))
    if kind == 2:
        return add(m, constant(draw(st.integers(1, 3))))
    return m


@st.composite
def final(draw: Draw) -> Part:
    """A component after which none may follow."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return greatest(metric("util"), metric("loss"))
    if kind == 1:
        return greatest(metric("util"), number("30%", Fraction(3, 10)))
    if kind == 2:
        return least(metric("util"), number(".5", Fraction(1, 2)))
    if kind == 3:
        return least(metric("len"), constant(3))
    if kind == 4:
        return greatest(constant(2), metric("len"))
    if kind == 5:
        return Part("-path.bw", 0, lambda path: -path.bw)
    if kind == 6:
        return minus(constant(7), metric("bw"))
    if kind == 7:
        return metric("loss")
    return metric("util")


@st.composite
def bodies(draw: Draw, size: int) -> list[Part]:
    """Components without conditions, mostly such that probes can follow their order."""
    parts = [draw(st.one_of(summable(), st.just(constant(0)))) for _ in range(size - 1)]
    if parts and draw(st.integers(0, 9)) == 0:
        parts[0] = draw(final())  # mostly refused
    return [*parts, draw(st.one_of(final(), final(), summable(), st.just(constant(1))))]


def _guarded_body(draw: Draw, name: str, size: int) -> list[Part]:
    """Components that lead with the metric of a guard; sometimes others, mostly to be refused."""
    if draw(st.integers(0, 7)) == 0:
        return [constant(0)] * size
    if draw(st.integers(0, 7)) == 0:
        return draw(bodies(size))
    lead = Part("-path.bw", 0, lambda path: -path.bw) if name == "bw" else metric(name)
    if draw(st.integers(0, 3)) == 0 and size > 1:
        return [constant(0), *_guarded_body(draw, name, size - 1)]
    if name in ("util", "loss", "bw"):
        return [lead, *[constant(0)] * (size - 1)]
    return [lead, *draw(bodies(size - 1))] if size > 1 else [lead]


@st.composite
def ladders(draw: Draw, size: int, names: Sequence[str]) -> Part:
    """A chain of up to three thresholds, best first, each rank led by a constant."""
    steps = draw(st.integers(0, 3))
    last = INFINITE if draw(st.integers(0, 6)) == 0 else vector(constant(steps + 1), *draw(bodies(size)))
    result = last
    for step in range(steps, 0, -1):
        name = draw(st.sampled_from(("util", "util", "util", "loss", "len", "lat", "cost", "bw")))
        guard = draw(thresholds(name))
        rank = vector(constant(step), *_guarded_body(draw, name, size))
        result = choose(guard, rank, result, by_load=True)
    return result


@st.composite
def ranks(draw: Draw, names: Sequence[str], size: int, depth: int = 2) -> Part:
    """A rank of 1 + `size` components."""
    kind = draw(st.integers(0, 7)) if depth else 7
    if kind <= 2:
        yes, no = draw(ranks(names, size, depth - 1)), draw(ranks(names, size, depth - 1))
        if draw(st.integers(0, 4)) == 0:
            no = INFINITE
        return choose(draw(conditions(names)), yes, no, by_load=False)
    if kind == 3:
        guard = both(draw(conditions(names)), draw(thresholds("util")))
        yes = vector(constant(0), *_guarded_body(draw, "util", size))
        return choose(guard, yes, vector(constant(5), *draw(bodies(size))), by_load=True)
    if kind == 4:
        extra = choose(draw(conditions(names)), constant(draw(st.integers(1, 4))), constant(0), by_load=False)
        first = add(Part(extra.text, -1, extra.means), draw(summable()))
        return vector(first, *draw(bodies(size)))
    if kind == 5:
        return vector(draw(summable()), *draw(bodies(size)))
    return draw(ladders(size, names))


@st.composite
def policies(draw: Draw, names: Sequence[str]) -> Policy:
    """A whole policy over the switches named."""
    kind = draw(st.integers(0, 5))
    if kind == 0:
        (body,) = draw(bodies(1))
        rank = choose(draw(conditions(names)), body, draw(st.sampled_from((INFINITE, constant(3)))), by_load=False)
        rank = body if draw(st.booleans()) else rank
    elif kind == 1:
        group = either(*draw(st.lists(st.sampled_from(names).map(symbol), min_size=1, max_size=2)))
        named = Part("boxes", 3, f"(?:{group.means})")
        inner = draw(ranks(names, 1, 1))
        other = INFINITE if draw(st.booleans()) else draw(ranks(names, 1, 1))
        inner = choose(on(sequence(ALL, named, ALL)), inner, other, by_load=False)
        rank = Part(f"let boxes = {group.text} in\n  {inner.text}", -1, inner.means, inner.drops_by_load)
    else:
        rank = draw(ranks(names, draw(st.integers(1, 2)), 2))
    return Policy(f"minimize({rank.text})\n", rank.means, rank.drops_by_load)


# ----------------------------------------------------------------------------------------------- networks


@st.composite
def nets(draw: Draw, most: int = 6, *, two_hosts: bool = False) -> Net:
    """A connected network, often with parallel links; few different values make many ties. With `two_hosts` all but two
    switches only pass things on, and there are few links: then much of the product graph is superfluous."""
    names = NAMES[: draw(st.sampled_from((2, 3, 4, 4, 5, 5, most)))]
    pairs = [(names[draw(st.integers(0, i - 1))], names[i]) for i in range(1, len(names))]
    every = [(a, b) for i, a in enumerate(names) for b in names[:i]]
    extra = 2 if two_hosts or len(names) == most else 4
    pairs += draw(st.lists(st.sampled_from(every), max_size=extra))
    free = {name: list(range(1, 12)) for name in names}
    wires = []
    for a, b in pairs:
        ports = (free[a].pop(draw(st.integers(0, 1))), free[b].pop(0))
        wires.append(draw(wires_between((a, b), ports)))
    some = st.lists(st.sampled_from(names), min_size=2, max_size=2 if two_hosts else None, unique=True)
    hosts = draw(some if two_hosts else st.one_of(st.just([]), some))
    return Net(names, tuple(wires), tuple(hosts), COMBINE)


@st.composite
def wires_between(draw: Draw, ends: tuple[str, str], ports: tuple[int, int]) -> Wire:
    attributes = (
        ("bw", draw(st.sampled_from(WIDTHS))),
        ("cost", draw(st.sampled_from(COSTS))),
        ("loss", draw(st.sampled_from(LOSSES))),
    )
    load = (draw(st.sampled_from(LOADS)), draw(st.sampled_from(LOADS)))
    return Wire(ends, ports, draw(st.sampled_from(LATENCIES)), load, attributes)
