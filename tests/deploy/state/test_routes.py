"""Routes read from cells, held against packets through the engine: the same path for every pair, switch by switch."""

from __future__ import annotations

from random import Random

import pytest
from engine.support.builds import Built, built
from engine.support.chaos import OPTIONS, World, change_loads, place_of, restart
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import metrics, net, network, on_grid
from engine.support.verdict import held
from support.engine_state import EngineSource

from contra.deploy.state.decode import Decoder
from contra.deploy.state.model import BestRow, FwdRow, LinkRow, NetworkView, SwitchView
from contra.deploy.state.routes import Disagreement, End, LiveRoute, compare, live_routes
from contra.deploy.state.source import read_network
from contra.engine.inputs import at_rest
from contra.engine.route import Route
from contra.engine.routes import routes
from contra.interp import INF, Rank


def assert_same_routes(name: str, seed: int) -> None:
    random, case = Random(seed), CASES[name]
    made = built(text_of(name), network(random, case.needed.split(), case.ways))
    states = metrics(random, made.build.topology, on_grid)
    simulation = held(made, states)
    reading = read_network(EngineSource(simulation), made.build)
    assert not reading.failures
    found = live_routes(made.build, made.policy, Decoder(made.build).network(reading), states)
    expected = routes(simulation, made.policy, states)
    assert [each.route for each in found] == expected
    assert compare([each.route for each in found], expected) == []


@pytest.mark.parametrize("name", CASES)
@examples(2)
def test_routes_are_those_of_packets(name: str, seed: int) -> None:
    assert_same_routes(name, seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
@examples(30)
def test_routes_are_those_of_packets_many(name: str, seed: int) -> None:
    assert_same_routes(name, seed)


PS_PER_US = 1_000_000


@pytest.mark.parametrize("name", FEW)
@examples(2)
def test_routes_in_the_midst_of_things(name: str, seed: int) -> None:
    """Links fail and heal, loads change, switches restart: at any moment packets do what the cells say, except that a
    switch cannot know yet of a link that has just failed."""
    random, case = Random(seed), CASES[name]
    net_ = network(random, case.needed.split(), case.ways, latencies=(0, 500, 1_000), hosts=True)
    made = built(text_of(name), net_, options=OPTIONS)
    here = World(made, made.simulation(), random)
    tick = made.build.manifest.constants.clock_tick_us
    decoder = Decoder(made.build, lambda raw: here.simulation.network.now // PS_PER_US // tick)
    down: set[int] = set()
    ends = set()
    for moment in range(24):
        if moment % 3 == 0:
            event = random.choice((change_loads, flip, flip, restart))
            if event is flip:
                flip(here, down)
            else:
                event(here)
        here.run(random.choice((0.213, 0.467, 0.911)))  # no age is just at its limit while packets are under way
        view = decoder.network(read_network(EngineSource(here.simulation), made.build))
        states = at_rest(made.build.topology)
        found = live_routes(made.build, made.policy, view, states)
        expected = routes(here.simulation, made.policy, states)
        for mine, theirs in zip(found, expected, strict=True):
            if links_of(made, mine.route) & down:
                assert theirs.path is None
            else:
                assert mine.route == theirs, here.story()
        ends |= {each.end for each in found}
    assert End.ARRIVED in ends or name == "one_pair_only"
    assert len(ends) > 1 or name == "p7_source_local"  # there nothing was hit


def flip(here: World, down: set[int]) -> None:
    """A link that was up goes down, or the other way round."""
    link = here.random.randrange(len(here.topology.links))
    down ^= {link}
    network_ = here.simulation.network
    for place in here.directions(link):
        network_.set_link(network_.now, place, link not in down)
    here.note(f"{place_of(here, link)} {'down' if link in down else 'up'}")


def links_of(made: Built, route: Route) -> set[int]:
    """The links of a path."""
    topology = made.build.topology
    numbers = [topology.by_name[label] for label in route.path or ()]
    ports = {(switch, port.number): port.link for switch, row in enumerate(topology.ports) for port in row}
    return {ports[place] for place in zip(numbers, route.ports, strict=False)}


# ---------------------------------------------------------------------------------------- states made by hand


TAGGED = "minimize(if A B D then path.len else if .* then 5 else inf)"
AROUND = "A-B B-C C-A B-D C-D"


def hand_made(rows: str, *, dead: str = "") -> LiveRoute:
    """The way from A to D where FwdT says what `rows` says: `A>B` is a route at A by B; `A>B!` has expired; `A>B.1`
    goes on with tag 1. `dead` lists switches whose links are all silent."""
    made = built(TAGGED, net(AROUND, "A D"))
    topology = made.build.topology
    views: dict[int, SwitchView] = {}
    for switch in topology.switches:
        ports = {topology.switches[port.peer].label: port for port in topology.ports[switch.index]}
        fwd = []
        for row in rows.split():
            here, _, there = row.rstrip("!").partition(">")
            there, _, tag = there.partition(".")
            here, _, at = here.partition(".")
            if here == switch.label:
                fwd.append(
                    FwdRow(
                        destination=topology.by_name["D"],
                        tag=int(at or 0),
                        pid=0,
                        hop=1,
                        port=ports[there].number,
                        neighbour=ports[there].peer,
                        next_tag=int(tag or 0),
                        order=None,
                        metrics=None,
                        version=None,
                        age=0,
                        alive=not row.endswith("!"),
                    )
                )
        links = tuple(
            LinkRow(
                hop=1,
                port=port.number,
                neighbour=port.peer,
                link=port.link,
                used=True,
                age=0,
                alive=switch.label not in dead,
                load=None,
            )
            for port in ports.values()
        )
        best = (BestRow(destination=topology.by_name["D"], tag=0, pid=0, rank=(1,), age=0),) if fwd else ()
        views[switch.index] = SwitchView(
            switch=switch.index,
            now=1,
            version=1,
            fwd=tuple(fwd),
            best=best,
            links=links,
            flowlets=None,
            drops=None,
        )
    if "?" in dead:
        del views[topology.by_name["C"]]
    states = at_rest(topology)
    found = live_routes(made.build, made.policy, NetworkView(switches=views), states)
    return next(each for each in found if (each.route.source, each.route.target) == ("A", "D"))


@pytest.mark.parametrize(
    ("rows", "dead", "end", "visited"),
    [
        ("A>B B>A", "", End.LOOP, "A B A"),
        ("A>B B>C C>A", "", End.LOOP, "A B C A"),
        ("A>B", "", End.NOTHING_KNOWN, "A B"),
        ("B>D", "", End.NOTHING_KNOWN, "A"),
        ("A>B! B>D", "", End.EXPIRED, "A"),
        ("A>B B>D!", "", End.EXPIRED, "A B"),
        ("A>B B>D", "A", End.DEAD_LINK, "A"),
        ("A>C B>D", "?", End.UNREADABLE, "A C"),
    ],
)
def test_loops_and_dead_ends_are_told_apart(rows: str, dead: str, end: End, visited: str) -> None:
    found = hand_made(rows, dead=dead)
    assert (found.end, found.visited) == (end, tuple(visited.split()))
    assert found.route.path is None
    assert found.route.json() == {"src": "A", "dst": "D", "path": None, "rank": "inf"}
    assert end.value in found.text


def test_the_tag_must_be_the_destinations_own() -> None:
    made = built(TAGGED, net(AROUND, "A D"))
    (identity,) = made.build.switches[made.build.topology.by_name["D"]].entries.defaults.values()
    own = dict(zip((each.name for each in identity.action.data), identity.arguments, strict=True))["tag"]
    for tag in (0, 1):
        found = hand_made(f"A>B B>D.{tag}")
        assert found.end is (End.ARRIVED if tag == own else End.OFF_POLICY)
        assert (found.route.path is None) == (tag != own)


# ---------------------------------------------------------------------------------------- comparing


def route(path: str | None, rank: int | None, ports: tuple[int, ...] = (1, 2)) -> Route:
    return Route("A", "C", None if path is None else tuple(path.split()), ports, INF if rank is None else Rank((rank,)))


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (route("A B C", 2), route("A B C", 2), True),
        (route("A B C", 2), route("A D C", 2), True),
        (route("A B C", 2), route("A D C", 3), False),
        (route("A B C", 2), route("A B C", 3), True),
        (route("A B C", 2, (1, 2)), route("A B C", 3, (1, 3)), False),
        (route(None, None), route(None, None), True),
        (route("A B C", 2), route(None, None), False),
    ],
)
def test_same_path_or_same_rank(one: Route, other: Route, agree: bool) -> None:
    assert (compare([one], [other]) == []) is agree
    assert (compare([other], [one]) == []) is agree


def test_missing_pairs_do_not_agree() -> None:
    assert compare([route("A B C", 2)], []) == [Disagreement(route("A B C", 2), None)]
    assert compare([], [route("A B C", 2)]) == [Disagreement(None, route("A B C", 2))]
