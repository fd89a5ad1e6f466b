"""How long localization takes on the policy network grown to more switches (model of the controller)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from bench.localization.builds import build
from bench.localization.faults import NOW_S, Injector, Noise
from bench.localization.policynet import SHARED, draw, larger
from contra.localize import localize, risk_model
from contra.localize.objects import Origins, Outcome, rows

METHODS = ("contra", "scout", "score")


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds for one network and number of faults; the model starts without anything computed."""

    switches: int
    entries: int
    elements: int
    objects: int
    faults: int
    seconds: dict[str, float]


def measure(sizes: tuple[int, ...], seed: int) -> Iterator[Timed]:
    """The longest of three faults for each size, and number of faults."""
    for switches in sizes:
        network = draw(larger(SHARED, switches), seed)
        breaks = Injector(network)
        for faults in (1, 10):
            seconds = dict.fromkeys(METHODS, 0.0)
            for number in range(3):
                case = breaks.case(faults, Noise(10), np.random.default_rng([seed, faults, number]))
                for method in METHODS:
                    fresh = replace(case.model)  # without what the last method has computed and kept
                    start = perf_counter()
                    localize(fresh, case.changes, method, now=NOW_S)
                    seconds[method] = max(seconds[method], perf_counter() - start)
            shape = len(network.element_of), len(network.elements), len(network.objects)
            yield Timed(switches, *shape, faults, seconds)


@dataclass(frozen=True, slots=True)
class Looked:
    """Seconds for a Contra build, from its entries to the hypothesis."""

    build: str
    switches: int
    entries: int
    model_s: float
    """From entries with provenance to the risk model."""
    seconds: dict[str, float]


def look(name: str) -> Looked:
    """All entries of two links are gone, and one table."""
    made = build(name)
    links = sorted({entry.provenance["link"] for entry in made.entries if "link" in entry.provenance})
    bad = {links[0], links[len(links) // 2]}
    table = made.entries[-1].switch, made.entries[-1].table
    entries = [
        entry._replace(outcome=Outcome())
        if entry.provenance.get("link") in bad or (entry.switch, entry.table) == table
        else entry
        for entry in made.entries
    ]
    start = perf_counter()
    model = risk_model(rows(entries, Origins(made.origins.manifest)))
    model_s = perf_counter() - start
    seconds = {}
    for method in METHODS:
        fresh = replace(model)
        start = perf_counter()
        localize(fresh, (), method)
        seconds[method] = perf_counter() - start
    switches = len({entry.switch for entry in entries})
    return Looked(name, switches, len(entries), model_s, seconds)
