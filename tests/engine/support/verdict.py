"""What packets do, held against the judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

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


class Judged:
    """What packets do in a network as it stands, and what the judge says of it."""

    def __init__(
        self, built: Built, states: Sequence[LinkState], simulation: Simulation, story: Callable[[], str] = str
    ) -> None:
        self.built = built
        self.states = tuple(states)
        self.simulation = simulation
        self.story = story
        topology = built.build.topology
        self.labels = [switch.label for switch in topology.switches]
        self.names = [switch.name for switch in topology.switches]
        self.pairs = [(a, b) for a in topology.destinations for b in topology.destinations if a != b]
        self.found = ways(simulation, self.pairs)
        self.counted = rounded(states)
        self.network = interp.network_of(topology, self.counted)
        self.exact = interp.network_of(topology, self.states)
        self.edges = edges_of(simulation, self.counted)
        self.exact_edges = edges_of(simulation, self.states)

    def least(self, pair: tuple[int, int]) -> Rank:
        """The least rank, by the metrics as probes carry them."""
        return interp.least_rank(self.built.policy, self.network, *(self.names[index] for index in pair))

    def fail(self, pair: tuple[int, int], text: str) -> NoReturn:
        """Say what is wrong, and where."""
        source, target = (self.labels[index] for index in pair)
        scenery = f"{scene(self.built, self.states)}\n{self.story()}"
        raise AssertionError(f"{source} to {target}: {text}\n{scenery}")

    def better(self, pair: tuple[int, int]) -> str:
        """The paths that should be taken."""
        walks = interp.best(self.built.policy, self.network, *(self.names[index] for index in pair)).walks
        return " or ".join(" ".join(interp.names_of(walk)) for walk in walks[:3]) or "none"

    def delivered(self, pair: tuple[int, int], least: Rank) -> bool:
        """Whether the packet arrived; it must if and only if there is a compliant path."""
        way = self.found[pair]
        if way is None:
            if not least.is_infinite:
                self.fail(pair, f"dropped, but {self.better(pair)} has rank {least}")
            return False
        path = self.path(pair)
        for step in zip((self.names[index] for index in way.switches), way.ports, strict=False):
            if step not in self.edges:
                self.fail(pair, f"{path} leaves {step[0]} by port {step[1]}, which is down")
        if least.is_infinite:
            self.fail(pair, f"{path} is taken, though no path is compliant")
        return True

    def path(self, pair: tuple[int, int]) -> str:
        """The path that the packet took."""
        way = self.found[pair]
        return "dropped" if way is None else " ".join(self.labels[index] for index in way.switches)

    def optimal(self, pair: tuple[int, int], least: Rank) -> None:
        """The packet took a path of exactly the least rank."""
        way = self.found[pair]
        assert way is not None
        rank = interp.rank(self.built.policy, walk_of(self.simulation, self.edges, way))
        if rank != least:
            self.fail(pair, f"takes {self.path(pair)}, rank {rank}, instead of {self.better(pair)}, rank {least}")
        if self.counted != self.states:
            true = interp.rank(self.built.policy, walk_of(self.simulation, self.exact_edges, way))
            names = (self.names[index] for index in pair)
            bound = interp.least_rank(self.built.policy, self.exact, *names)
            if worse(true, bound):
                self.fail(pair, f"takes {self.path(pair)}, rank {true}; the least is {bound}")


def assert_optimal(
    built: Built, states: Sequence[LinkState], simulation: Simulation, story: Callable[[], str] = str
) -> int:
    """Packets of every pair take a path of exactly the judge's least rank, by the metrics that probes can tell.

    By the metrics themselves they are worse by at most what rounding both paths makes: a count, 1/50000. Pairs
    without a compliant path get nothing through. Returns the number of pairs that have a path.
    """
    judged, reached = Judged(built, states, simulation, story), 0
    for pair in judged.pairs:
        least = judged.least(pair)
        if judged.delivered(pair, least):
            judged.optimal(pair, least)
            reached += 1
    return reached


def assert_delivered(
    built: Built, states: Sequence[LinkState], simulation: Simulation, story: Callable[[], str] = str
) -> None:
    """Packets of every pair that has a compliant path arrive by a compliant path over links that are up."""
    judged = Judged(built, states, simulation, story)
    for pair in judged.pairs:
        least = judged.least(pair)
        if not least.is_infinite:
            judged.delivered(pair, least)
            way = judged.found[pair]
            assert way is not None
            if interp.rank(built.policy, walk_of(simulation, judged.edges, way)).is_infinite:
                judged.fail(pair, f"takes {judged.path(pair)}, which is not compliant")


def worse(rank: Rank, least: Rank) -> bool:
    """Whether a rank is worse by more than two roundings in its first component that differs."""
    if rank == INF or least == INF:
        return rank != least
    assert rank.components is not None and least.components is not None
    for one, other in zip(rank.components, least.components, strict=True):
        if one != other:
            return one > other + 2 * HALF_A_COUNT
    return False
