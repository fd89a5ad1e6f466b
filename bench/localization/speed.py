"""How long localization takes on the policy network grown to more switches (model of the controller)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import perf_counter

import numpy as np

from bench.localization.faults import NOW_S, Injector, Noise
from bench.localization.policynet import SHARED, draw, larger
from contra.localize import Row, localize, risk_model

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


def reading(switches: int, seed: int) -> tuple[int, float]:
    """Entries, and seconds to make a risk model of rows with names."""
    network = draw(larger(SHARED, switches), seed)
    model = network.model(np.zeros(len(network.object_of), np.bool_))
    names = [network.objects[thing] for thing in model.object_of]
    sets = [tuple(names[low:high]) for low, high in zip(model.starts[:-1], model.starts[1:], strict=True)]
    rows = [Row(model.elements[element], things) for element, things in zip(model.element_of, sets, strict=True)]
    start = perf_counter()
    risk_model(rows)
    return len(rows), perf_counter() - start
