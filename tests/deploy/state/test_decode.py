"""Cells -> tables, held against another reader of the same registers, against what is held still, and against time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random
from types import SimpleNamespace

import pytest
from engine.support.builds import Built, built
from engine.support.chaos import OPTIONS, World, add_flows, datagram
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import GRID, metrics, net, network, on_grid
from engine.support.registers import Tables
from engine.support.verdict import held
from support.engine_state import EngineSource

from contra.deploy.state import source
from contra.deploy.state.decode import Clocks, Decoder, split, states_of
from contra.deploy.state.layout import layout_of, unpack
from contra.deploy.state.model import NetworkView
from contra.deploy.state.source import EVERYTHING, Raw, read_network, read_switch
from contra.engine.simulation import Simulation

PS_PER_US = 1_000_000


def view_of(simulation: Simulation) -> NetworkView:
    """The network with the true time."""
    tick = simulation.build.manifest.constants.clock_tick_us
    reading = read_network(EngineSource(simulation), simulation.build, EVERYTHING)
    return Decoder(simulation.build, lambda raw: simulation.network.now // PS_PER_US // tick).network(reading)


def calm(name: str, seed: int) -> tuple[Built, Simulation, tuple]:
    random, case = Random(seed), CASES[name]
    made = built(text_of(name), network(random, case.needed.split(), case.ways))
    states = metrics(random, made.build.topology, on_grid)
    return made, held(made, states), states


@pytest.mark.parametrize("name", CASES)
@examples(1)
def test_tables_as_another_reader_has_them(name: str, seed: int) -> None:
    made, simulation, _ = calm(name, seed)
    view = view_of(simulation)
    tick = made.build.manifest.constants.clock_tick_us
    rows = 0
    for switch in made.build.topology.switches:
        tables, mine = Tables(simulation, switch.name), view.switches[switch.index]
        for destination in made.build.topology.switches:
            if destination.index not in made.build.topology.destinations:
                continue
            found = {(r.tag, r.pid): r for r in mine.fwd if r.destination == destination.index}
            expected = tables.fwd(destination.label)
            assert found.keys() == expected.keys()
            for key, row in found.items():
                entry = expected[key]
                assert row.neighbour is not None
                neighbour = made.build.topology.switches[row.neighbour].label
                assert (row.order, row.port, neighbour, row.next_tag) == (
                    entry.order,
                    entry.port,
                    entry.next_switch,
                    entry.next_tag,
                )
                assert row.version == entry.version
                assert row.age == simulation.network.now // PS_PER_US // tick * tick - entry.seen * tick
                rows += 1
            if "best_route" in tables.cells:
                best = next((r for r in mine.best if r.destination == destination.index), None)
                key = None if best is None or best.rank is None else (best.tag, best.pid)
                assert key == tables.best(destination.label)
    assert rows or name == "one_pair_only"


@examples(8)
def test_loads_are_those_that_are_held(seed: int) -> None:
    """The estimate is held at each packet of a switch, so at the time of the last one it reads what is held."""
    made, simulation, states = calm("p2_least_utilised", seed)
    reading = read_network(EngineSource(simulation), made.build, EVERYTHING)
    decoder = Decoder(made.build, lambda raw: max(raw.cells["link_time"]))
    view = decoder.network(reading)
    heard = {(each.switch, row.port): row.age for each in view.switches.values() for row in each.links}
    found = states_of(made.build, view)
    assert len(found) == len(states)
    for mine, given in zip(found, states, strict=True):
        link = made.build.topology.links[given.link]
        place = (link.a, link.a_port) if given.forward else (link.b, link.b_port)
        assert (mine.link, mine.forward) == (given.link, given.forward)
        assert (mine.latency_ns, mine.attributes) == (link.latency_ns, link.attributes)
        assert mine.up == given.up
        assert (heard[place] is None) == (not given.up)
        if max(reading.raws[place[0]].cells["link_time"]):  # an isolated switch has seen no packet but ticks
            assert abs(mine.util - given.util) <= Fraction(1, GRID)


def test_a_load_decays_as_probes_tell() -> None:
    """What a switch says of its link in a round is what the cells tell at the time of that probe."""
    made = built(text_of("p2_least_utilised"), net("A-B", "A B", latency_ns=1_000), options=OPTIONS)
    here = World(made, made.simulation(), Random(1))
    here.run(4)
    hosts = made.build.topology.hosts
    network = here.simulation.network
    flow = network.add_flow(hosts[1].name)
    stop = network.now + 2 * here.period
    network.add_udp(
        hosts[0].name,
        datagram(hosts[0], hosts[1], 5),
        size=1000,
        gap_ps=10**6,
        flow=flow,
        start_ps=network.now,
        stop_ps=stop,
    )
    here.run(2.6)  # the round of the other switch starts at half a period
    told = []
    for _ in range(12):
        here.run(0.37)
        raw = read_switch(EngineSource(here.simulation), made.build, 0)
        view = Decoder(made.build, lambda each: max(each.cells["fwd_seen"])).switch(raw)
        (row,) = [row for row in view.fwd if row.destination == 1]
        assert row.metrics is not None
        assert view.links[0].load == row.metrics["util"] / GRID
        told.append(row.metrics["util"])
    assert told == sorted(told, reverse=True)
    assert len(set(told)) >= 3
    assert told[-1] == 0


@examples(4)
def test_metrics_of_plain_orders(seed: int) -> None:
    """Where the class compares metrics and nothing else, the word is taken apart."""
    made, simulation, _ = calm("p3_widest_shortest", seed)
    assert made.build.manifest.orders == ("(len, util)",)
    for switch in made.build.topology.switches:
        tables = Tables(simulation, switch.name)
        for row in view_of(simulation).switches[switch.index].fwd:
            entry = tables.fwd(made.build.topology.switches[row.destination].label)[row.tag, row.pid]
            assert row.metrics == {"len": entry.order >> 16, "util": entry.order & 0xFFFF}


def test_a_link_under_load() -> None:
    """A steady stream fills the link with its share, as the stream is made, shim of 8 bytes included."""
    made = built(text_of("p2_least_utilised"), net("A-B", "A B", latency_ns=1_000), options=OPTIONS)
    here = World(made, made.simulation(), Random(1))
    here.run(4)
    capacity = made.build.topology.links[0].capacity
    rate = 0.4 * capacity
    gap = round(1008 * 8 / rate * 1e12)
    hosts = made.build.topology.hosts
    add_flows(here.simulation, [(hosts[0], hosts[1])], gap, size=1000, poisson=False)
    here.run(20)
    view = view_of(here.simulation)
    (row,) = view.switches[0].links
    assert row.load == pytest.approx(0.4, rel=0.05)
    flowlets = view.switches[0].flowlets
    assert flowlets is not None
    assert (flowlets.live, flowlets.slots) == (1, made.build.manifest.constants.flowlet_slots)
    (back,) = view.switches[1].links
    assert back.load == 0.0


@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_dead_links_and_routes_through_a_failure(name: str, seed: int) -> None:
    """Alive as long as packets would be sent there: judged by the bounds that docs/protocol.md states."""
    random, case = Random(seed), CASES[name]
    latencies = (0, 500, 1_000)
    net_ = network(random, case.needed.split(), case.ways, latencies=latencies, hosts=True)
    made = built(text_of(name), net_, options=OPTIONS)
    here = World(made, made.simulation(), random)
    here.run(8.3)
    before = alive(view_of(here.simulation))
    link = random.randrange(len(here.topology.links))
    for place in here.directions(link):
        here.simulation.network.set_link(here.simulation.network.now, place, False)
    here.run(1.5)
    assert alive(view_of(here.simulation)) == before
    here.run(3)
    view = view_of(here.simulation)
    assert alive(view) == {place: was and place[2] != link for place, was in before.items()}
    ends = {(here.topology.links[link].a, here.topology.links[link].a_port)}
    ends |= {(here.topology.links[link].b, here.topology.links[link].b_port)}
    for each in view.switches.values():
        for route in each.fwd:
            assert not (route.alive and (each.switch, route.port) in ends)
    used = {row.link for each in view.switches.values() for row in each.links if row.used}
    states = states_of(made.build, view)
    assert [state.up for state in states if state.link == link] == [link not in used] * 2
    assert all(state.up for state in states if state.link != link)


def alive(view: NetworkView) -> dict[tuple[int, int, int], bool]:
    """(switch, port, link) -> whether packets are sent there."""
    rows = [(each.switch, row) for each in view.switches.values() for row in each.links]
    return {(switch, row.port, row.link): row.alive for switch, row in rows}


@pytest.mark.parametrize("name", CASES)
@examples(1)
def test_neighbours_are_heard_where_the_policy_uses_the_link(name: str, seed: int) -> None:
    random, case = Random(seed), CASES[name]
    made = built(text_of(name), network(random, case.needed.split(), case.ways, latencies=(0,)), options=OPTIONS)
    here = World(made, made.simulation(), random)
    here.run(8.3)
    for each in view_of(here.simulation).switches.values():
        for row in each.links:
            assert (row.age is not None) == row.used
            assert row.alive == row.used


def test_drops_by_reason() -> None:
    made = built(text_of("p2_least_utilised"), net("A-B", "A B"))
    simulation = made.simulation()
    simulation.network.run(simulation.period_ps)
    simulation.network.inject(simulation.network.now, "A", bytes(60), port=77)
    simulation.network.run(simulation.network.now)
    drops = view_of(simulation).switches[0].drops
    assert drops is not None
    assert drops["UNKNOWN_PORT"] == 1
    assert list(drops) == list(made.build.manifest.drop_reasons)


def test_fields_stand_as_the_manifest_lists_them() -> None:
    made = built(text_of("p2_least_utilised"), net("A-B", "A B"))
    cell = next(cell for cell in made.build.switches[0].program.row.cells if cell.name == "fwd_rank")
    assert [name for name, _ in cell.fields] == ["merit", "round", "hop"]
    assert unpack(cell, (0x1234 << 9) | (1 << 8) | 5) == {"merit": 0x1234, "round": 1, "hop": 5}
    assert split(0x01_0203_04, (8, 16, 8)) == (1, 0x0203, 4)


# ------------------------------------------------------------------------------------------------ clocks


def stamped(times: Mapping[str, int], at: float) -> Raw:
    """A switch whose link_seen and fwd_seen hold these times."""
    cells = {name: (0, value) for name, value in times.items()}
    return Raw(switch=0, cells=cells, drops=None, read_at=at)


def clocks() -> tuple[Clocks, Mapping]:
    made = built(text_of("p2_least_utilised"), net("A-B", "A B"))
    return Clocks(512), {cell.name: cell for cell in made.build.switches[0].program.row.cells}


def test_the_clock_is_the_newest_stamp_and_goes_on() -> None:
    mine, cells = clocks()
    assert mine.now(stamped({"link_seen": 0}, 10.0), cells) is None
    assert mine.now(stamped({"link_seen": 1000, "fwd_seen": 990}, 10.0), cells) == 1000
    assert mine.now(stamped({"link_seen": 1000}, 11.024), cells) in (2999, 3000)
    assert mine.now(stamped({"link_seen": 3100}, 11.024), cells) == 3100
    assert mine.now(stamped({"link_seen": 3101}, 11.536), cells) in (4099, 4100)


def test_a_clock_that_falls_back_was_restarted() -> None:
    mine, cells = clocks()
    assert mine.now(stamped({"link_seen": 50_000}, 10.0), cells) == 50_000
    assert mine.now(stamped({"link_seen": 700}, 12.0), cells) == 700
    assert mine.now(stamped({"link_seen": 700}, 12.512), cells) in (1699, 1700)


def test_reading_takes_time() -> None:
    """Of a switch that was read for two seconds, and of whose clock nothing else is known."""
    mine, cells = clocks()
    raw = replace(
        stamped({"link_seen": 1000, "fwd_seen": 2800}, 12.048),
        spans={"fwd_seen": (10.0, 10.512), "link_seen": (10.512, 11.024)},
    )
    assert mine.now(raw, cells) in (5799, 5800)  # fwd_seen showed 2800 at 10.512, at the latest; 1.536 s are 3000 ticks
    begun = mine.begun(raw)
    assert (begun["fwd_seen"], begun["link_seen"]) in [
        (first, second) for first in (3999, 4000) for second in (2999, 3000)
    ]


def test_flowlets_that_are_cleared_are_no_restart() -> None:
    mine, cells = clocks()
    assert mine.now(stamped({"link_seen": 1000, "flowlet": 5000}, 10.0), cells) == 5000
    assert mine.now(stamped({"link_seen": 1000, "flowlet": 0}, 10.512), cells) in (5999, 6000)
    assert mine.now(stamped({"link_seen": 1000}, 11.024), cells) in (6998, 6999, 7000)


def test_a_slow_look_at_a_healthy_switch_finds_it_healthy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a cell takes longer than a route lives, while the switch goes on."""
    made = built(text_of("p2_least_utilised"), net("A-B B-C", "A C"))
    simulation = made.simulation()
    simulation.network.run(6 * simulation.period_ps)
    monkeypatch.setattr(source, "time", SimpleNamespace(monotonic=lambda: simulation.network.now / 10**12))

    class Slow(EngineSource):
        def read(self, switch: int, cell: str) -> Sequence[int]:
            simulation.network.run(simulation.network.now + 7 * simulation.period_ps)
            values = list(super().read(switch, cell))
            simulation.network.run(simulation.network.now + 7 * simulation.period_ps)
            return values

    decoder = Decoder(made.build)
    for _ in range(3):
        view = decoder.switch(read_switch(Slow(simulation), made.build, 0))
        assert view.fwd
        assert all(row.alive for row in view.fwd)
        assert all(row.alive for row in view.links)
    for direction in (0, 1):
        simulation.network.set_link(simulation.network.now, direction, False)
    decoder.switch(read_switch(Slow(simulation), made.build, 0))
    view = decoder.switch(read_switch(Slow(simulation), made.build, 0))
    assert not any(row.alive for row in view.fwd if row.destination == 2)
    assert not any(row.alive for row in view.links)


def test_the_clock_wraps() -> None:
    mine, cells = clocks()
    last = 2**32 - 10
    assert mine.now(stamped({"link_seen": last, "fwd_seen": 5}, 10.0), cells) == 5
    assert mine.now(stamped({"link_seen": last, "fwd_seen": 5}, 10.512), cells) in (1004, 1005)
    layout = layout_of(built(text_of("p2_least_utilised"), net("A-B", "A B")).build)
    assert layout.age(5, last) == 15
    assert layout.age(last, 5) == 0


def test_reading_one_switch_reads_what_its_program_has() -> None:
    made = built(text_of("p1_shortest_path"), net("A-B", "A B"))
    simulation = made.simulation()
    simulation.network.run(3 * simulation.period_ps)
    raw = read_switch(EngineSource(simulation), made.build, 0)
    names = {cell.name for cell in made.build.switches[0].program.row.cells}
    assert "link_load" not in names
    assert set(raw.cells) == names & set(EVERYTHING)
    view = Decoder(made.build).switch(replace(raw, cells={}))
    assert (view.fwd, view.best, view.links, view.flowlets, view.now) == ((), (), (), None, None)
    assert Decoder(made.build).switch(raw).links[0].load is None
