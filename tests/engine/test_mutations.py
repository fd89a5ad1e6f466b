"""Each property notices the faults that it is there for: tests of the tests, on P4 with a fault put in."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from engine.support import mutations as m
from engine.support.builds import Edit
from engine.support.mutations import Mutation
from engine.support.nets import on_grid
from engine.test_changes import through_changes, world
from engine.test_converged import assert_least_rank
from engine.test_hello import nobody_answers, nobody_is_taken_for_dead
from engine.test_no_flapping import assert_steady
from engine.test_recovery import dropped_at_once, lost_after_failure, stated
from engine.test_split_horizon import assert_split_horizon
from engine.test_spoofing import forged_by_hosts, own_probes
from engine.test_versions import assert_wraps, late_probes, reboots

Property = Callable[[str, int, Edit], Any]
MOST_SEEDS = 25


def converged(name: str, seed: int, edit: Edit) -> None:
    assert_least_rank(name, seed, on_grid, edit)


def changes(name: str, seed: int, edit: Edit) -> None:
    through_changes(world(name, seed, edit))


def flows_with_gaps(name: str, seed: int, edit: Edit) -> None:
    lost_after_failure(name, seed, "with gaps", edit)


def flows_without_gaps(name: str, seed: int, edit: Edit) -> None:
    lost_after_failure(name, seed, "long pins", edit)


def reboot(name: str, seed: int, edit: Edit) -> None:
    reboots(name, (100, 32_757, 5)[seed % 3], edit)


def hellos(name: str, seed: int, edit: Edit) -> None:
    nobody_is_taken_for_dead(name, edit)


def ignored_hellos(name: str, seed: int, edit: Edit) -> None:
    nobody_answers(name, edit)


WP, MU, CA, FLOWLETS = "p4_waypoint", "p2_least_utilised", "p8_congestion_aware", "flowlet_violation"
NOTICED: list[tuple[Mutation, Property, tuple[str, ...]]] = [
    (m.FLOWLETS_WITHOUT_TAG, changes, (FLOWLETS, WP)),
    (m.NO_EXPIRY, dropped_at_once, (MU, WP)),
    (m.NEWEST_WINS, assert_steady, (MU, CA, WP)),
    (m.REBOOT_NOT_BELIEVED, reboot, (MU, WP, CA)),
    (m.NO_TAKEOVER, stated, (MU, WP)),
    (m.NO_TAKEOVER_OF_BEST, stated, ("pinned_path", WP)),
    (m.WORSE_WINS, converged, (MU, CA)),
    (m.EQUAL_WINS, assert_steady, (MU, "p1_shortest_path")),
    (m.WORSE_NOT_BELIEVED, stated, (MU,)),
    (m.PLAIN_VERSIONS, assert_wraps, (MU, WP)),
    (m.NO_VERSIONS, late_probes, (MU, WP)),
    (m.BEST_STAYS, stated, (WP, "p6_weighted_link")),
    (m.DEAD_LINKS_USED, flows_without_gaps, (MU,)),
    (m.LOOPS_NOT_SUSPECTED, flows_without_gaps, (MU,)),
    (m.NO_SPLIT_HORIZON, assert_split_horizon, (MU,)),
    (m.NO_HELLO, hellos, ("ring", "leaf-spine")),
    (m.DEAF_TO_HELLOS, ignored_hellos, (MU, WP)),
    (m.HELLOS_BELIEVED, ignored_hellos, (MU, WP)),
    (m.NEXT_TAG_FORGOTTEN, converged, (WP, "figure_5")),
    (m.SPOOFS_BELIEVED, forged_by_hosts, (MU, WP)),
    (m.OWN_PROBES_BELIEVED, own_probes, (MU, WP)),
    (m.INF_IS_USED, converged, ("figure_5", "one_pair_only")),
]


def noticed(mutation: Mutation, holds: Property, names: tuple[str, ...]) -> str:
    """What the property says of the first example in which it notices the fault."""
    for seed, name in product(range(MOST_SEEDS), names):
        try:
            holds(name, seed, mutation)
        except LookupError:
            continue  # the program of this network has no such part
        except AssertionError as error:
            return str(error)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(("mutation", "holds", "names"), NOTICED, ids=[str(row[0]) for row in NOTICED])
def test_faults_are_noticed(mutation: Mutation, holds: Property, names: tuple[str, ...]) -> None:
    assert noticed(mutation, holds, names), f"nobody notices in {MOST_SEEDS} networks: {mutation}"
