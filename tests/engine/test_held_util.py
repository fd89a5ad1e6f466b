"""`held_util` in `ingress_port`: the utilisation of a link by a table entry, in place of the estimate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from engine.support.builds import Built, built
from engine.support.corpus import CASES, text_of
from engine.support.examples import examples
from engine.support.nets import GRID, network
from engine.support.verdict import assert_no_faults, assert_optimal
from engine.test_hello import LONG_PINS, NETWORKS, add_flows, all_pairs, world

from contra.engine.held import by_port, settle
from contra.engine.inputs import LinkState
from contra.engine.simulation import Simulation, assemble
from contra.p4.runtime import Entry, SwitchEntries
from contra.topology.model import Topology

BY_LOAD = ("p2_least_utilised", "p3_widest_shortest", "p4_waypoint", "p8_congestion_aware", "preferred_waypoint")
MEASURED = 0xFFFF
LARGEST = 65_534
COUNTS = (0, 1, 20_000, 39_999, 40_000, 40_001, 50_000, LARGEST - 1, LARGEST)


def with_held(entries: SwitchEntries, counts: Mapping[int, int]) -> SwitchEntries:
    """The entries with utilisations held, by port."""

    def edited(entry: Entry) -> Entry:
        names = [parameter.name for parameter in entry.action.data]
        if "held_util" not in names:
            return entry
        assert entry.arguments[names.index("held_util")] == MEASURED, "the compiler holds nothing"
        arguments = list(entry.arguments)
        arguments[names.index("held_util")] = counts.get(entry.keys[0].value, MEASURED)
        return replace(entry, arguments=tuple(arguments))

    return replace(entries, entries={table: tuple(map(edited, rows)) for table, rows in entries.entries.items()})


def running(made: Built, counts: Mapping[tuple[int, int], int]) -> Simulation:
    """The build with utilisations held by entries, by (switch, port)."""
    switches = tuple(
        replace(each, entries=with_held(each.entries, {port: n for (s, port), n in counts.items() if s == index}))
        for index, each in enumerate(made.build.switches)
    )
    return assemble(replace(made.build, switches=switches), made.executables, made.settings)


def states(random: Random, topology: Topology, held: float) -> tuple[LinkState, ...]:
    """Utilisations, other than 0 with this probability; delays are the topology's."""
    return tuple(
        LinkState(
            link=link.index,
            forward=forward,
            util=Fraction(random.choice((*COUNTS, random.randrange(LARGEST))) if random.random() < held else 0, GRID),
            latency_ns=link.latency_ns,
        )
        for link in topology.links
        for forward in (True, False)
    )


@pytest.mark.parametrize("name", BY_LOAD)
@examples(4)
def test_paths_are_optimal_by_held_utilisations(name: str, seed: int) -> None:
    """All links held, or some, while the others are measured: they carry nothing but probes, which do not count."""
    random, case = Random(seed), CASES[name]
    made = built(text_of(name), network(random, case.needed.split(), case.ways, latencies=(0, 1_000)))
    share = random.choice((0.2, 0.5, 1.0))
    said = states(random, made.build.topology, share)
    counts = {place: int(state.util * GRID) for place, state in by_port(made.build, said).items()}
    if share < 1:
        counts = {place: count for place, count in counts.items() if count}
    simulation = running(made, counts)
    assert settle(simulation) is not None
    assert_no_faults(simulation)
    assert_optimal(made, said, simulation)


def test_traffic_does_not_move_what_is_held() -> None:
    """Both links of a spine are held at a tenth: its load of 40 % and more turns nobody away from it, while the other
    two are drained."""
    made = world(NETWORKS["leaf-spine"]).built
    topology = made.build.topology
    open_spine = topology.by_name["S2"]
    counts = {
        (switch, port.number): GRID // 10 if open_spine in (switch, port.peer) else LARGEST
        for switch, ports in enumerate(topology.ports)
        for port in ports
    }
    simulation = running(made, counts)
    simulation.network.run(4 * simulation.period_ps)
    flows = add_flows(simulation, all_pairs(topology), simulation.period_ps // 10, size=500, poisson=False)
    simulation.network.log(delivered=True)
    simulation.network.run(60 * simulation.period_ps)
    assert LONG_PINS.pin_periods < 50, "pins are set anew within the time"
    spines = {delivery.trail[1] for delivery in simulation.network.journal.deliveries()}
    assert spines == {open_spine}
    assert all(simulation.network.flow_totals(flow.number).received > 500 for flow in flows)


def test_policies_without_load_have_no_such_parameter() -> None:
    made = built("minimize((path.lat, path.len))", NETWORKS["ring"])
    names = {
        p.name for s in made.build.switches for rows in s.entries.entries.values() for e in rows for p in e.action.data
    }
    assert "lat" in names and "held_util" not in names
