"""What packets do, held against the judge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from engine.support.builds import Built
from engine.support.nets import GRID, said

from contra import interp
from contra.engine.held import by_port, hold, settle
from contra.engine.inputs import LinkState
from contra.engine.packets import ways
from contra.engine.routes import edges_of, walk_of
from contra.engine.simulation import Simulation
from contra.interp import INF, Rank

HALF_A_COUNT = Fraction(1, 2 * GRID)


def held(built: Built, states: Sequence[LinkState]) -> Simulation:
    """The build in a network with these metrics, run until decisions stand still."""
    simulation = hold(built.build, built.executables, built.settings, by_port(built.build, states))
    periods = settle(simulation)
    assert periods is not None, f"decisions do not come to rest\n{scene(built, states)}"
    assert_no_faults(simulation)
    return simulation


def assert_no_faults(simulation: Simulation) -> None:
    """Nothing that P4 leaves undefined was done."""
    if simulation.network.totals.faults:
        fault = next(iter(simulation.network.journal.faults()))
        node = simulation.topology.by_name[fault.switch]
        place = simulation.executables[node].places[fault.place]
        raise AssertionError(f"undefined behaviour {fault.code} at {place} in {fault.switch}, {fault.time_ps} ps")


def scene(built: Built, states: Sequence[LinkState]) -> str:
    """The policy and the network, for messages."""
    topology = built.build.topology
    hosts = " ".join(topology.switches[index].label for index in topology.destinations)
    return f"{built.build.policy.text}destinations {hosts}\n{said(topology, states)}"


def rounded(states: Sequence[LinkState]) -> tuple[LinkState, ...]:
    """The metrics as probes carry them: utilisation in 1/50000 of the capacity, halves to the even count."""
    return tuple(replace(state, util=Fraction(round(state.util * GRID), GRID)) for state in states)


def assert_optimal(built: Built, states: Sequence[LinkState], simulation: Simulation) -> int:
    """Packets of every pair take a path of exactly the judge's least rank, by the metrics that probes can tell.

    By the metrics themselves they are worse by at most what rounding both paths makes: a count, 1/50000. Pairs
    without a compliant path get nothing through. Returns the number of pairs that have a path.
    """
    topology = built.build.topology
    labels = [switch.label for switch in topology.switches]
    pairs = [(a, b) for a in topology.destinations for b in topology.destinations if a != b]
    found = ways(simulation, pairs)
    counted = rounded(states)
    network, exact = interp.network_of(topology, counted), interp.network_of(topology, states)
    edges, exact_edges = edges_of(simulation, counted), edges_of(simulation, states)
    reached = 0
    for pair in pairs:
        names = [topology.switches[index].name for index in pair]
        least = interp.least_rank(built.policy, network, *names)
        way = found[pair]
        where = f"{labels[pair[0]]} to {labels[pair[1]]}"
        if way is None:
            if not least.is_infinite:
                best = interp.best(built.policy, network, *names).walks[0]
                message = f"{where}: dropped, but {' '.join(interp.names_of(best))} has rank {least}"
                raise AssertionError(f"{message}\n{scene(built, states)}")
            continue
        reached += 1
        path = " ".join(labels[index] for index in way.switches)
        missing = [step for step in _steps(simulation, way.switches, way.ports) if step not in edges]
        assert not missing, f"{where}: {path} leaves by {missing[0]}, which is down\n{scene(built, states)}"
        rank = interp.rank(built.policy, walk_of(simulation, edges, way))
        if rank != least:
            best = interp.best(built.policy, network, *names).walks
            others = ", ".join(" ".join(interp.names_of(walk)) for walk in best[:3]) or "none"
            message = f"{where}: takes {path}, rank {rank}, instead of {others}, rank {least}"
            raise AssertionError(f"{message}\n{scene(built, states)}")
        if counted != tuple(states):
            true = interp.rank(built.policy, walk_of(simulation, exact_edges, way))
            bound = interp.least_rank(built.policy, exact, *names)
            assert not worse(true, bound), f"{where}: {path} has rank {true}, least is {bound}\n{scene(built, states)}"
    return reached


def worse(rank: Rank, least: Rank) -> bool:
    """Whether a rank is worse by more than two roundings in its first component that differs."""
    if rank == INF or least == INF:
        return rank != least
    assert rank.components is not None and least.components is not None
    for one, other in zip(rank.components, least.components, strict=True):
        if one != other:
            return one > other + 2 * HALF_A_COUNT
    return False


def _steps(simulation: Simulation, switches: Sequence[int], ports: Sequence[int]) -> list[tuple[str, int]]:
    names = [switch.name for switch in simulation.topology.switches]
    return [(names[switch], port) for switch, port in zip(switches, ports, strict=False)]
