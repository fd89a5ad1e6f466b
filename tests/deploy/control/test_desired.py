"""What switches should hold: the build's own runtime.json, and what a deployment changes in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest

from contra.deploy.control.desired import Adjustments, Held, desired, held_still
from contra.deploy.control.model import Action, EntryKey, GroupKey, Holding, Match
from contra.deploy.plan import Plan, Settings, make_plan
from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.engine.build import Build, load
from contra.engine.inputs import LinkState
from contra.options import ProtocolOptions
from contra.p4.runtime import Replica

POLICY = "minimize((path.lat, path.cost, path.util))"
LEAST_COST = "minimize(path.cost)"
NETWORK = {
    "attributes": {"cost": {"combine": "sum", "unit": "euro"}},
    "switches": {"A": {}, "B": {}, "C": {}},
    "hosts": {"h": {"switch": "A"}, "g": {"switch": "C"}},
    "links": [
        {"ends": ["A", "B"], "capacity": "10Gbit", "latency": "2ms", "cost": 1.5},
        {"ends": ["B", "C"], "capacity": "1Gbit", "latency": "1ms", "cost": 2},
        {"ends": ["A", "C"], "capacity": "1Gbit", "latency": "9ms", "cost": 4},
    ],
}


def build_of(folder: Path, policy: str = POLICY, network: Any = NETWORK, **options: Any) -> Build:
    (folder / "p.ctr").write_text(policy, encoding="utf-8")
    (folder / "t.json").write_text(json.dumps(network), encoding="utf-8")
    request = CompileRequest(
        policy=folder / "p.ctr", topology=str(folder / "t.json"), out=folder / "b", options=ProtocolOptions(**options)
    )
    compile(request, Reporter())
    return load(folder / "b", Reporter())


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    return build_of(tmp_path_factory.mktemp("build"))


def plan_of(build: Build, scale: Fraction = Fraction(1)) -> Plan:
    return make_plan(build, Settings(scale=scale), Reporter())


def rows(build: Build, index: int) -> list[dict[str, Any]]:
    """The entries of runtime.json as they stand there."""
    name = build.switches[index].switch.name
    text = (build.folder / "switches" / name / "runtime.json").read_text(encoding="utf-8")
    return json.loads(text)["table_entries"]


def find(holding: Holding, table: str, **match: int) -> Action:
    """The action of an entry of a table."""
    wanted = set(match.items())
    (found,) = [
        content
        for key, content in holding.contents.items()
        if isinstance(key, EntryKey)
        and key.table.endswith(f".{table}")
        and {(each.name, each.value) for each in key.matches} == wanted
    ]
    assert isinstance(found, Action)
    return found


def as_number(value: Any) -> int:
    if isinstance(value, int):
        return value
    return int(IPv4Address(value)) if "." in value else int(value.replace(":", ""), 16)


def written(row: dict[str, Any]) -> Iterator[Match]:
    """The match of a row, from its JSON."""
    for name, value in sorted(row.get("match", {}).items()):
        if isinstance(value, list):
            yield Match(name, "lpm", as_number(value[0]), value[1])
        else:
            yield Match(name, "exact", as_number(value))


@pytest.mark.parametrize("index", range(3))
def test_without_changes_it_is_what_the_compiler_wrote(build: Build, index: int) -> None:
    holding = desired(build, plan_of(build), index)
    expected = {
        EntryKey(row["table"], tuple(written(row)), 0, row.get("default_action", False)): Action(
            row["action_name"], tuple((name, as_number(value)) for name, value in row["action_params"].items())
        )
        for row in rows(build, index)
    }
    found = {key: content for key, content in holding.contents.items() if isinstance(key, EntryKey)}
    own_defaults = found.keys() - expected.keys()
    assert all(key.default for key in own_defaults)
    assert {key: found[key] for key in expected} == expected
    for row in rows(build, index):
        key = EntryKey(row["table"], tuple(written(row)), 0, row.get("default_action", False))
        assert holding.provenance[key] == row["provenance"]


def test_groups_are_ordered(build: Build) -> None:
    name = build.switches[0].switch.name
    runtime = json.loads((build.folder / "switches" / name / "runtime.json").read_text(encoding="utf-8"))
    holding = desired(build, plan_of(build), 0)
    for row in runtime["multicast_group_entries"]:
        pairs = sorted((each["egress_port"], each["instance"]) for each in row["replicas"])
        assert holding.contents[GroupKey(row["multicast_group_id"])] == tuple(Replica(*pair) for pair in pairs)


@pytest.mark.parametrize("scale", [Fraction(1, 500), Fraction(1, 3), Fraction(2)])
def test_scaled_weights_are_what_the_compiler_says_of_such_links(build: Build, scale: Fraction, tmp_path: Path) -> None:
    """The judge: the same network with its capacities scaled in the topology file, compiled."""
    slower = json.loads(json.dumps(NETWORK))
    for row, link in zip(slower["links"], build.topology.links, strict=True):
        row["capacity"] = f"{int(link.capacity * scale)}bit"
    other = build_of(tmp_path, network=slower)
    for index in range(3):
        expected = desired(other, plan_of(other), index)
        assert desired(build, plan_of(build, scale), index).contents == expected.contents


def test_an_edited_weight_keeps_its_ratio(tmp_path: Path) -> None:
    build = build_of(tmp_path)
    path = build.folder / "switches" / "A" / "runtime.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    row = next(each for each in data["table_entries"] if each["table"].endswith("hop_port"))
    row["action_params"]["weight"] = 1000
    path.write_text(json.dumps(data), encoding="utf-8")
    again = load(build.folder, Reporter())
    action = find(desired(again, plan_of(again, Fraction(1, 4)), 0), "hop_port", hop=row["match"]["hop"])
    assert dict(action.parameters)["weight"] == 4000


def test_metrics_are_held(build: Build) -> None:
    held = {(0, 1): Held(utilisation=Fraction(4, 5), latency_ns=7_000_000, attributes=(("cost", Fraction(5, 2)),))}
    holding = desired(build, plan_of(build), 0, Adjustments(held=held))
    values = dict(find(holding, "ingress_port", port=1).parameters)
    # docs/protocol.md, "Probe": util in 1/50000 of the capacity, lat in ns, attributes in 1/1000
    assert (values["held_util"], values["lat"], values["attr_cost"]) == (40_000, 7_000_000, 2_500)
    others = dict(find(holding, "ingress_port", port=2).parameters)
    assert (others["held_util"], others["lat"], others["attr_cost"]) == (65_535, 9_000_000, 4_000)
    unheld = desired(build, plan_of(build), 0)
    changed = [key for key in unheld.contents if unheld.contents[key] != holding.contents[key]]
    assert len(changed) == 1


@pytest.mark.parametrize(
    ("utilisation", "count"),
    [(Fraction(0), 0), (Fraction(2), 65_534), (Fraction(1, 100_000), 0), (Fraction(1), 50_000)],
)
def test_a_held_load_is_never_taken_for_none(build: Build, utilisation: Fraction, count: int) -> None:
    held = {(0, 1): Held(utilisation=utilisation)}
    values = dict(find(desired(build, plan_of(build), 0, Adjustments(held=held)), "ingress_port", port=1).parameters)
    assert values["held_util"] == count
    assert values["lat"] == 2_000_000


def test_states_of_routes_hold_both_directions(build: Build) -> None:
    states = [
        LinkState(link=1, forward=True, util=Fraction(1, 2), latency_ns=5, attributes=(("cost", Fraction(1)),)),
        LinkState(link=1, forward=False, util=Fraction(1, 4), latency_ns=6, attributes=(("cost", Fraction(3)),)),
    ]
    link = build.topology.links[1]
    assert held_still(build.topology, states) == {
        (link.a, link.a_port): Held(utilisation=Fraction(1, 2), latency_ns=5, attributes=(("cost", Fraction(1)),)),
        (link.b, link.b_port): Held(utilisation=Fraction(1, 4), latency_ns=6, attributes=(("cost", Fraction(3)),)),
    }


def test_what_the_policy_does_not_use_is_not_held(tmp_path: Path) -> None:
    build = build_of(tmp_path, LEAST_COST)
    held = {(0, 1): Held(utilisation=Fraction(1, 2), latency_ns=5, attributes=(("cost", Fraction(1)),))}
    values = dict(find(desired(build, plan_of(build), 0, Adjustments(held=held)), "ingress_port", port=1).parameters)
    assert values == {"hop": 1, "attr_cost": 1000}


KEY = (0x03020100, 0x07060504)


def key_of(build: Build, adjustments: Adjustments) -> Any:
    for key, content in desired(build, plan_of(build), 0, adjustments).contents.items():
        if isinstance(key, EntryKey) and key.table.endswith("probe_key"):
            assert key.default
            return content
    return None


def test_the_key_of_authenticated_probes(tmp_path: Path, build: Build) -> None:
    authenticated = build_of(tmp_path, authenticate=True)
    named = (("key_0", KEY[0]), ("key_1", KEY[1]))
    assert key_of(authenticated, Adjustments(probe_key=KEY)) == Action("ContraIngress.set_probe_key", named)
    assert key_of(authenticated, Adjustments()) == Action("NoAction")
    assert key_of(build, Adjustments(probe_key=KEY)) is None
