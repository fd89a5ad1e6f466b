"""Networks whose probes are authenticated: they come to the same optimum, and nobody without the key moves anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from random import Random

import pytest
from engine.support.builds import Built, Edit, built, unchanged
from engine.support.chaos import OPTIONS, World, drops
from engine.support.corpus import CASES, FEW, text_of
from engine.support.examples import examples
from engine.support.nets import metrics, net, network, on_grid
from engine.support.verdict import assert_optimal, held
from support.single import Layout, layouts
from support.siphash import half_siphash

from contra.engine.held import settle
from contra.engine.inputs import LinkState, at_rest
from contra.engine.keys import probe_key
from contra.engine.simulation import Settings, Simulation, assemble
from contra.options import ProtocolOptions
from contra.p4.runtime import Entry

KEYED = replace(OPTIONS, authenticate=True)
HEAD = bytes(12) + b"\x88\xb5"
NAMES = ("p2_least_utilised", "p4_waypoint", "p8_congestion_aware")
ALIVE = "link_seen"


def own_key(simulation: Simulation) -> bytes:
    """The key of a simulated network, as HalfSipHash takes it."""
    return b"".join(half.to_bytes(4, "little") for half in probe_key(simulation.settings.seed))


# ------------------------------------------------------------------------------------------ the same optimum


def assert_least_rank(name: str, seed: int, jit: bool) -> None:
    random, case = Random(seed), CASES[name]
    settings = Settings(strict=True, jit=jit)
    options = ProtocolOptions(authenticate=True)
    made = built(text_of(name), network(random, case.needed.split(), case.ways), settings, options)
    assert made.build.manifest.constants.authenticate
    for _ in range(2):
        state = metrics(random, made.build.topology, on_grid)
        simulation = held(made, state)
        assert_optimal(made, state, simulation)
        assert drops(simulation, "UNAUTHENTIC") == 0


@pytest.mark.parametrize("name", CASES)
@examples(1)
def test_least_rank(name: str, seed: int) -> None:
    assert_least_rank(name, seed, jit=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
@examples(12)
def test_least_rank_many(name: str, seed: int) -> None:
    assert_least_rank(name, seed, jit=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", FEW)
@examples(1)
def test_least_rank_compiled(name: str, seed: int) -> None:
    assert_least_rank(name, seed, jit=True)


# ------------------------------------------------------------------------------------------ without the key


@cache
def probe_layout(made: Built) -> Layout:
    """The fields of a probe."""
    return layouts(made.build.switches[0].program.source.text)["probe"]


def calm_world(name: str, seed: int, edit: Edit = unchanged) -> tuple[World, Sequence[LinkState]]:
    """A network that has converged, all links watched."""
    random, case = Random(seed), CASES[name]
    plan = network(random, case.needed.split(), case.ways, capacities=("10Gbit",), latencies=(0, 1_000), hosts=True)
    made = built(text_of(name), plan, Settings(strict=True, jit=False), KEYED, edit)
    here = World(made, made.simulation(), random)
    for place in here.simulation.links.values():
        here.simulation.network.capture(place, sent=False)
    here.run(8.05)  # a while after a clock has ticked, and a while before the next does
    return here, at_rest(here.topology)


def arrived(here: World, switch: str, port: int) -> list[tuple[float, bytes]]:
    """The probes that came in by a port: how many periods ago, and all from `format` to `mac`."""
    network, size = here.simulation.network, probe_layout(here.built).size
    rows = [(packet.time_ps, packet.data) for packet in network.journal.captured(switch, port)]
    return [
        ((network.now - time) / here.period, data[14 : 14 + size]) for time, data in rows if data[12:14] == HEAD[-2:]
    ]


def doors(here: World) -> Iterator[tuple[str, int]]:
    """Every port between switches."""
    for switch in here.topology.switches:
        for port in here.topology.ports[switch.index]:
            yield switch.name, port.number


def registers(here: World, but: str = "") -> list[list[int]]:
    """All registers of all switches."""
    states = here.simulation.states
    return [state.register(layout.name) for state in states for layout in state.code.registers if layout.name != but]


Frames = Sequence[tuple[str, int, bytes]]


def outcome(here: World, but: str, frames: Frames) -> tuple[list[list[int]], int, int, int]:
    """Registers, drops, copies and hops soon after frames came in, and no others; then all is again as it was."""
    network = here.simulation.network
    now = network.snapshot()
    for switch, port, probe in frames:
        network.inject(network.now, switch, HEAD + probe + bytes(30), port=port)
    network.run(network.now + here.period // 50)
    found = (
        registers(here, but),
        drops(here.simulation, "UNAUTHENTIC"),
        network.totals.copied,
        network.totals.packet_hops,
    )
    network.restore(now)
    return found


def assert_unmoved(here: World, frames: Frames) -> None:
    """No register of any switch differs, `link_seen` included, nothing is sent, and each frame is counted."""
    assert frames
    expected, counted, copies, hops = outcome(here, "", ())
    found, counted_now, copies_now, hops_now = outcome(here, "", frames)
    assert found == expected, "a forged probe changed a register"
    assert counted_now == counted + len(frames)
    assert (copies_now, hops_now) in ((copies, hops), (copies, hops + len(frames)))


def altered(probe: bytes, layout: Layout, random: Random) -> Iterator[bytes]:
    """The probe with one bit of each field flipped, of the mac too. (With another `format` it is no probe.)"""
    word, top = int.from_bytes(probe, "big"), layout.size * 8
    for name, bits in layout.fields:
        top -= bits
        if name != "format":
            yield (word ^ 1 << top + random.randrange(bits)).to_bytes(layout.size, "big")


@pytest.mark.parametrize("name", NAMES)
def test_a_probe_with_any_field_altered_moves_nothing(name: str) -> None:
    altered_probes(name, unchanged)


def altered_probes(name: str, edit: Edit) -> None:
    here, _ = calm_world(name, 11, edit)
    layout = probe_layout(here.built)
    frames = [
        (switch, port, other)
        for switch, port in doors(here)
        for _, probe in arrived(here, switch, port)[-2:]
        for other in altered(probe, layout, here.random)
    ]
    assert len(frames) > 50
    assert_unmoved(here, frames)


def tempting(here: World, origin: int, tag: int) -> bytes:
    """A probe that promises everything, without a mac."""
    layout = probe_layout(here.built)
    fields = {"format": 1, "origin": origin, "version": 12, "tag": tag}
    known = dict(layout.fields)
    return layout.pack(**{name: value for name, value in fields.items() if name in known})[:-4]


def temptations(here: World, mac: Callable[[bytes], bytes]) -> Frames:
    """Probes of every destination at every port, and hellos."""
    tags = range(1 << dict(probe_layout(here.built).fields).get("tag", 0))
    probes = [tempting(here, origin, tag) for origin in here.topology.destinations for tag in tags]
    probes += [probe[:1] + b"\2" + probe[2:] for probe in probes]
    return [(switch, port, probe + mac(probe)) for switch, port in doors(here) for probe in probes]


FAULTS = {
    "nobody is refused": ("genuine = NO;\n                    reason =", "reason ="),
    "a field is not hashed": ("++ hdr.probe.pass ++", "++ 8w0 ++"),
    "half a field is not hashed": ("hdr.probe.version[7:0]", "8w0"),
    "the link is alive before the probe is believed": (
        "if (meta.authentic == NO) {",
        "link_seen.write((bit<32>) meta.hop_in, meta.now);\n if (meta.authentic == NO) {",
    ),
    "half of the mac is compared": (
        "if (hdr.probe.mac == meta.mac) {",
        "if (hdr.probe.mac[15:0] == meta.mac[15:0]) {",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_test_above_notices_faults(fault: str) -> None:
    old, new = FAULTS[fault]
    with pytest.raises(AssertionError, match=r"changed a register|counted_now"):
        altered_probes("p4_waypoint", lambda text: text.replace(old, new))


@pytest.mark.parametrize("name", NAMES)
def test_probes_under_other_keys_move_nothing(name: str) -> None:
    here, states = calm_world(name, 12)
    key = own_key(here.simulation)
    others = (bytes(8), key[4:] + key[:4], key[::-1], key[:7] + bytes([key[7] ^ 1]), here.random.randbytes(8))
    for other in others:
        assert_unmoved(here, temptations(here, lambda probe, other=other: half_siphash(other, probe)))
    assert_unmoved(here, temptations(here, lambda probe: bytes(4)))
    assert_unmoved(here, temptations(here, lambda probe: half_siphash(key, probe[:-1])))
    here.run(1)
    assert_optimal(here.built, states, here.simulation, here.story)


@pytest.mark.parametrize("name", NAMES)
def test_who_knows_the_key_is_believed(name: str) -> None:
    """So that the tests above test something: the same probes, right macs."""
    here, _ = calm_world(name, 12)
    key = own_key(here.simulation)
    frames = temptations(here, lambda probe: half_siphash(key, probe))
    expected, counted, *_ = outcome(here, ALIVE, ())
    found, counted_now, *_ = outcome(here, ALIVE, frames)
    assert found != expected
    assert counted_now == counted


@pytest.mark.parametrize("name", NAMES)
def test_replays_to_the_same_switch_change_no_decision(name: str) -> None:
    """Of this round and of earlier ones. All they do is that the link seems alive."""
    here, _ = calm_world(name, 13)
    frames = [(switch, port, probe) for switch, port in doors(here) for _, probe in arrived(here, switch, port)]
    ages = [age for switch, port in doors(here) for age, _ in arrived(here, switch, port)]
    assert min(ages) < 1
    assert max(ages) > 5
    expected, counted, *_ = outcome(here, ALIVE, ())
    found, counted_now, *_ = outcome(here, ALIVE, frames)
    assert found == expected
    assert counted_now == counted


# ------------------------------------------------------------------------------------------ switches without it


def without_key(made: Built, names: Sequence[str]) -> Simulation:
    """The network, where the control plane has given these switches no key."""
    switches = []
    for switch in made.build.switches:
        if switch.switch.name in names:
            table = next(each for each in switch.program.typed.tables if each.name.endswith("probe_key"))
            nothing = Entry(table, (), table.default, (), 0, {}, 0)
            entries = replace(switch.entries, defaults={**switch.entries.defaults, table: nothing})
            switches.append(replace(switch, entries=entries))
        else:
            switches.append(switch)
    return assemble(replace(made.build, switches=tuple(switches)), made.executables, made.settings)


SQUARE = net("A-B B-D A-C C-D", "A D B C")


def test_without_any_key_no_probe_is_sent() -> None:
    made = built(text_of("p8_congestion_aware"), SQUARE, Settings(strict=True, jit=False), KEYED)
    simulation = without_key(made, ("A", "B", "C", "D"))
    simulation.network.run(10 * simulation.period_ps - 1)
    assert simulation.network.totals.copied == 0
    assert drops(simulation, "UNAUTHENTIC") == 4 * 10
    assert not any(sum(state.register("link_seen")) for state in simulation.states)


def test_a_switch_without_the_key_is_as_good_as_absent() -> None:
    """The others go round it, and it hears nobody."""
    made = built(text_of("p1_shortest_path"), SQUARE, Settings(strict=True, jit=False), KEYED)
    simulation = without_key(made, ("B",))
    assert settle(simulation) is not None
    b = simulation.topology.by_name["B"]
    away = [
        replace(state, up=False) if b in (link.a, link.b) else state
        for state in at_rest(simulation.topology)
        for link in [simulation.topology.links[state.link]]
    ]
    assert_optimal(made, away, simulation)
    heard = simulation.states[b]
    assert not any(sum(heard.register(name)) for name in ("link_seen", "fwd_version", "fwd_next"))
    assert heard.counter("drops", simulation.build.manifest.drop_reasons.index("UNAUTHENTIC"))[0] > 10


def test_seeds_give_keys_of_their_own() -> None:
    assert len({probe_key(seed) for seed in range(1000)}) == 1000


def test_without_authentication_there_is_nothing_of_it() -> None:
    made = built(text_of("p1_shortest_path"), SQUARE, Settings(jit=False), OPTIONS)
    assert not made.build.manifest.constants.authenticate
    assert "UNAUTHENTIC" not in made.build.manifest.drop_reasons
    assert "probe_key" not in made.build.switches[0].program.source.text
