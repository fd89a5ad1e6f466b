"""Expected routes and losses, on networks small enough to say by hand what is right."""

from __future__ import annotations

from typing import Any

from experiments.apply import losses, stays
from experiments.state import routes_by_switch
from experiments.traffic import Arrival


def node(number: int, switch: str, tag: int, pids: tuple[int, ...] = (0,)) -> dict[str, Any]:
    return {"node": number, "switch": switch, "tag": tag, "pids": list(pids)}


def edges(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"from": a, "to": b} for a, b in pairs]


def test_routes_of_a_line() -> None:
    """A - W - B with the waypoint W: probes are tagged 1 once they have passed it."""
    graph = {
        "switches": ["A", "W", "B"],
        "nodes": [node(0, "A", 0), node(1, "A", 1), node(2, "W", 1), node(3, "B", 0), node(4, "B", 1, (0, 1))],
        "edges": edges((0, 2), (1, 2), (2, 1), (2, 4), (3, 2), (4, 2)),
        "sending": {"A": 0, "W": 2, "B": 3},
    }
    assert routes_by_switch(graph) == {
        "A": {("W", 1, 0), ("B", 1, 0)},
        "W": {("A", 1, 0), ("B", 1, 0)},
        "B": {("A", 1, 0), ("A", 1, 1), ("W", 1, 0), ("W", 1, 1)},
    }


def test_probes_do_not_go_on_from_their_own_switch() -> None:
    """C is reached from A only through A's other product node: a probe of A's never gets there."""
    graph = {
        "switches": ["A", "B", "C"],
        "nodes": [node(0, "A", 0), node(1, "B", 0), node(2, "A", 1), node(3, "C", 0)],
        "edges": edges((0, 1), (1, 2), (2, 3)),
        "sending": {"A": 0, "B": 1},
    }
    assert routes_by_switch(graph) == {"A": {("B", 1, 0)}, "B": {("A", 0, 0)}, "C": {("B", 0, 0)}}


def test_a_path_stays_if_every_look_shows_it() -> None:
    one: dict[tuple[str, str], list[str] | None] = {("A", "B"): ["A", "B"], ("B", "A"): ["B", "A"], ("A", "C"): None}
    other = one | {("B", "A"): ["B", "C", "A"]}
    own = {("A", "A"), ("B", "B"), ("C", "C")}
    assert stays([one, one], [one, one]) == {("A", "B"), ("B", "A")} | own
    assert stays([one, one], [one, other]) == {("A", "B")} | own
    assert stays([one, other], [one, one]) == {("A", "B")} | own


def test_losses_count_each_datagram_once() -> None:
    arrivals = [Arrival(1, 0, 0.0, 1.0), Arrival(1, 0, 0.0, 1.1), Arrival(1, 2, 0.0, 1.0), Arrival(2, 0, 0.0, 1.0)]
    assert losses({1: 3, 2: 1, 3: 2}, arrivals) == {1: 1, 2: 0, 3: 2}
