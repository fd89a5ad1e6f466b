"""The published JSON Schema says the same as the reader."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "topologies" / "contra-topology.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
BASE = {
    "$schema": "x",
    "name": "n",
    "switches": {"A": {}, "B": {"role": "core"}},
    "hosts": {
        "h": {
            "switch": "A",
            "ip": "10.0.1.1/24",
            "mac": "08:00:00:00:01:11",
            "port": 3,
            "capacity": "1Gbit",
            "latency": "1us",
            "commands": ["x"],
        }
    },
    "links": [{"ends": ["A", "B"], "capacity": "10 Gbit/s", "latency": "1.5ms", "ports": [1, 2], "cost": 2.5}],
    "attributes": {"cost": {"combine": "sum", "unit": "EUR", "default": 0}},
}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert "2020-12" in SCHEMA["$schema"]


@pytest.mark.parametrize("path", sorted((ROOT / "topologies").glob("*.json")), ids=lambda p: p.name)
def test_shipped_files_validate(path):
    if path.name not in ("tutorials.json", "contra-topology.schema.json"):
        VALIDATOR.validate(json.loads(path.read_text(encoding="utf-8")))


def variants():
    """The base with each value replaced by odd ones, each key removed, each object given another key."""
    odd = [
        None,
        True,
        0,
        -1,
        1.5,
        510,
        10**13,
        "",
        "A",
        "0",
        "10Gbit",
        "5ms",
        "10Gbps ",
        "1 h",
        [],
        ["A"],
        ["A", "B"],
        [1, 2],
        [0, 1],
        {},
        {"x": 1},
        "sum",
        "avg",
    ]
    stack = [()]
    while stack:
        path = stack.pop()
        value = BASE
        for step in path:
            value = value[step]
        if path:
            for replacement in odd:
                yield edited(path, lambda parent, key, r=replacement: parent.__setitem__(key, r))
            yield edited(path, lambda parent, key: parent.__delitem__(key))
        if isinstance(value, dict):
            stack.extend((*path, key) for key in value)
            for extra in ("extra", "", "two words", "x" * 300):
                for content in (1, {}, "10Gbit"):
                    if path:
                        yield edited(path, lambda parent, key, e=extra, c=content: parent[key].__setitem__(e, c))
                    else:
                        yield {**BASE, extra: content}
        elif isinstance(value, list):
            stack.extend((*path, i) for i in range(len(value)))


def edited(path, change):
    result = copy.deepcopy(BASE)
    parent = result
    for step in path[:-1]:
        parent = parent[step]
    change(parent, path[-1])
    return result


# Refused by us, not by the schema: what a schema cannot say.
BEYOND = {
    "CTR0215",  # blanks around names
    "CTR0212",  # an attribute that is not declared
    "CTR0220",
    "CTR0221",
    "CTR0223",
    "CTR0225",
    "CTR0226",
    "CTR0231",
    "CTR0233",
    "CTR0240",
    "CTR0241",
    "CTR0242",
    "CTR0222",
}


def test_both_ways(attempt):
    accepted = refused = beyond = 0
    for value in variants():
        valid = VALIDATOR.is_valid(value)
        outcome = attempt(value)
        if outcome.topology is not None:
            accepted += 1
            assert valid, f"we accept what the schema refuses: {value}"
        elif valid:
            beyond += 1
            errors = {c for c in outcome.codes if c != "CTR0250"}
            assert errors <= BEYOND, f"the schema accepts what we refuse with {errors}: {value}"
        else:
            refused += 1
    assert accepted > 50
    assert refused > 400
    assert beyond > 20
