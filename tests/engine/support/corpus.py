"""Every policy of the list that must work, with the switches that its regexes name and ways that they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GOOD = Path(__file__).parents[2] / "policies" / "good"


@dataclass(frozen=True)
class Case:
    """A policy: the switches that must be there, and paths whose links make it interesting."""

    needed: str = ""
    ways: tuple[str, ...] = ()


CASES = {
    "any_path_through_w": Case("W"),
    "figure_5": Case("A B D", ("A B D",)),
    "flowlet_violation": Case("S A B C D E F", ("S C E F D", "S A E B D")),
    "never_b_before_a": Case("A B"),
    "one_pair_only": Case("S D"),
    "p1_shortest_path": Case(),
    "p2_least_utilised": Case(),
    "p3_widest_shortest": Case(),
    "p4_waypoint": Case("F1 F2"),
    "p5_must_use_link": Case("X Y", ("X Y",)),
    "p6_weighted_link": Case("X Y", ("X Y",)),
    "p7_source_local": Case("X"),
    "p8_congestion_aware": Case(),
    "pinned_path": Case("A B D", ("A B D",)),
    "preferred_waypoint": Case("A B C D", ("A B D", "A C D")),
    "static_failover": Case("A B C D", ("A B D", "A C D")),
    "two_classes": Case(),
    "two_weighted_links": Case("A B C D", ("A B", "C D")),
    "waypoint_let": Case("F1 F2"),
}

FEW = (
    "p2_least_utilised",
    "p3_widest_shortest",
    "p4_waypoint",
    "p7_source_local",
    "p8_congestion_aware",
    "flowlet_violation",
    "pinned_path",
    "preferred_waypoint",
)
"""One of every kind: one tag or many, one class or several, pairs without a path. Slow tests take all policies."""


def text_of(name: str) -> str:
    """The policy of a name."""
    return (GOOD / f"{name}.ctr").read_text(encoding="utf-8")
