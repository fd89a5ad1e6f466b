"""All runs by name: how each is made, run on BMv2 and kept."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from differential import baselines, bmv2, features, programs
from differential.case import Case, Record, load
from differential.instrument import code_key

FIXTURES = Path(__file__).parent / "fixtures"
AGAIN = "record anew: pytest tests/bmv2/test_differential.py --record-bmv2 (needs simple_switch and p4c)"

SHAPES = {shape.name: shape for shape in programs.shapes()}
FEATURES = {feature.name: feature for feature in features.all_features()}
AUTHENTICATED = {shape.name: shape for shape in programs.authenticated_shapes()}
BASELINES = {shape.name: shape for shape in baselines.all_baselines()}
NAMES = (*SHAPES, *AUTHENTICATED, *FEATURES, *BASELINES)
_GENERATED = SHAPES | AUTHENTICATED


def new_case(name: str, seed: int = 0) -> Case:
    """The run's packets, entries and program, made anew; another seed gives other packets."""
    if name in BASELINES:
        return baselines.case(BASELINES[name], seed)
    return features.case(FEATURES[name], seed) if name in FEATURES else programs.case(_GENERATED[name], seed)


def text(name: str) -> str:
    """The run's program as it is made today."""
    if name in BASELINES:
        return baselines.watched(BASELINES[name])
    return features.watched(FEATURES[name]) if name in FEATURES else programs.watched(_GENERATED[name])


def source(name: str) -> Mapping[str, Any]:
    """Where the program comes from, in words."""
    if name in FEATURES:
        return {"p4": FEATURES[name].path.name}
    return (BASELINES | _GENERATED)[name].source


def on_bmv2(case: Case, cache: Path) -> Record:
    """Run a case on the real switch."""
    with tempfile.TemporaryDirectory() as folder:
        timed, outcome = bmv2.run(case, Path(folder), cache)
    return Record(
        name=case.name,
        source=source(case.name),
        key=code_key(case.text),
        runtime=timed.runtime,
        ports=timed.ports,
        packets=timed.packets,
        writes=timed.writes,
        outcome=outcome,
    )


def recorded(name: str) -> Record:
    """What was kept of a run. Fails, saying what to do, where it does not belong to today's program."""
    path = FIXTURES / f"{name}.json.xz"
    assert path.exists(), f"{name} was never recorded; {AGAIN}"
    record = load(path)
    assert record.key == code_key(text(name)), f"the program of {name} has changed since it was recorded; {AGAIN}"
    return record
