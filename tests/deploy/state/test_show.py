"""`contra net show`: golden pictures of switches of the embedded engine, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from engine.support.builds import built
from engine.support.chaos import OPTIONS, World, add_flows, all_pairs
from engine.support.corpus import text_of
from engine.support.nets import net
from support.engine_state import EngineSource

from contra.deploy.state.decode import Decoder
from contra.deploy.state.model import SwitchView
from contra.deploy.state.show import ago, amount, show_state, state_json
from contra.deploy.state.source import read_switch
from contra.engine.build import Build
from contra.engine.build.model import Metric

GOLDEN = Path(__file__).parent / "golden"
RING = net("A-B B-C C-D D-A A-C E-A", "A C D")
SCENES = {
    "load": (text_of("p8_congestion_aware"), RING, "A"),
    "transit": (text_of("p8_congestion_aware"), RING, "B"),
    "length": (text_of("p1_shortest_path"), RING, "A"),
    "tags": ("minimize(if .* B .* then path.lat else inf)", RING, "C"),
    "cut-off": (text_of("p8_congestion_aware"), RING, "D"),
}


def scene(name: str) -> tuple[Build, SwitchView]:
    """Under traffic; in `cut-off`, some time after both links of D went down."""
    policy, network, switch = SCENES[name]
    made = built(policy, network, options=OPTIONS)
    here = World(made, made.simulation(), Random(1))
    add_flows(here.simulation, all_pairs(here.topology), here.period // 9, size=1400, poisson=False)
    here.run(6.3)
    tick = made.build.manifest.constants.clock_tick_us
    if name == "cut-off":
        for link in (2, 3):
            for place in here.directions(link):
                here.simulation.network.set_link(here.simulation.network.now, place, False)
        here.run(4.2)
    decoder = Decoder(made.build, lambda raw: here.simulation.network.now // 1_000_000 // tick)
    index = here.topology.by_name[switch]
    return made.build, decoder.switch(read_switch(EngineSource(here.simulation), made.build, index))


@pytest.mark.parametrize("name", SCENES)
def test_pictures(golden: Callable[[Path, str], None], name: str) -> None:
    build, view = scene(name)
    text = show_state(build, view)
    assert max(map(len, text.splitlines())) <= 100
    golden(GOLDEN / f"show-{name}.txt", text)


def test_json_tells_the_same() -> None:
    build, view = scene("tags")
    data = json.loads(json.dumps(state_json(build, view)))
    assert data["switch"] == "C"
    assert {row["neighbour"] for row in data["links"]} == {"B", "D", "A"}
    assert [row["state"] for row in data["links"]] == [
        "up" if row.alive and row.used else "not used" if not row.used else "down" for row in view.links
    ]
    assert {(row["dst"], row["tag"], row["next"]) for row in data["routes"]} == {
        (
            build.topology.switches[row.destination].label,
            row.tag,
            None if row.neighbour is None else build.topology.switches[row.neighbour].label,
        )
        for row in view.fwd
    }
    assert data["drops"].keys() == set(build.manifest.drop_reasons)


def test_a_switch_that_has_heard_nothing() -> None:
    made = built(text_of("p8_congestion_aware"), RING, options=OPTIONS)
    raw = read_switch(EngineSource(made.simulation()), made.build, 0)
    text = show_state(made.build, Decoder(made.build).switch(raw))
    assert "no packet yet" in text
    assert "there is no way to anybody yet" in text
    assert "Routes: none yet" in text


@pytest.mark.parametrize(
    ("unit", "name", "value", "text"),
    [
        ("links", "len", 3, "3"),
        ("ns", "lat", 1_500, "1.5us"),
        ("1/50000 of the capacity", "util", 20_600, "41.2%"),
        ("1/1000 euro", "cost", 2_500, "2.5 euro"),
        ("1/1000", "cost", 7, "0.007"),
    ],
)
def test_amounts(unit: str, name: str, value: int, text: str) -> None:
    assert amount(Metric(name, name, 32, "sum", unit), value) == text


def test_ages() -> None:
    assert [ago(0), ago(12_400), ago(9_999_000), ago(61_000_000)] == [
        "0 ms ago",
        "12 ms ago",
        "9999 ms ago",
        "61 s ago",
    ]
