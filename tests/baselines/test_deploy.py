"""What `contra net` makes of builds of other schemes: their state decoded, entries adjusted, and what it refuses."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support.baselines import MS, OPTIONS, ROOT, SCHEMES, Sent, compiled, host, opened, tiers_network, trails
from support.engine_state import EngineSource

from contra.deploy import testbed
from contra.deploy.control.desired import Adjustments, Held, desired
from contra.deploy.control.model import Action, EntryKey
from contra.deploy.network import preflight
from contra.deploy.plan import Settings, make_plan
from contra.deploy.state.decode import Decoder
from contra.deploy.state.reader import StateReader
from contra.deploy.state.show import show_state, state_json
from contra.deploy.state.source import read_switch
from contra.diagnostics import CompileError, Reporter
from contra.engine.packets import ways
from contra.engine.simulation import Settings as EngineSettings
from contra.engine.simulation import Simulation
from contra.ir.layout import clock, load_weight
from contra.render import render_text

COMMAND = [sys.executable, "-c", "import sys; from contra.cli.contra import main; sys.exit(main())", "net"]
GOLDEN = Path(__file__).parent / "golden"
PERIOD = OPTIONS.probe_period_us * MS // 1000


def running(scheme: str, tmp_path: Path) -> Simulation:
    """Two tiers, and a packet from every leaf to the next."""
    topology = tiers_network(2, (3, 2), 1.0)
    simulation = opened(compiled(scheme, topology, tmp_path), EngineSettings(jit=False))
    simulation.network.run(5 * PERIOD)
    names = [row.name for row in topology.hosts]
    sent = [Sent(host(topology, a), host(topology, b)) for a, b in pairwise(names)]
    assert None not in trails(simulation, sent, MS)
    return simulation


@pytest.mark.parametrize("scheme", SCHEMES)
def test_pictures_of_a_switch(scheme: str, golden: Callable[[Path, str], None], tmp_path: Path) -> None:
    simulation = running(scheme, tmp_path)
    tick = simulation.build.manifest.constants.clock_tick_us
    decoder = Decoder(simulation.build, lambda raw: simulation.network.now // 1_000_000 // tick)
    view = decoder.switch(read_switch(EngineSource(simulation), simulation.build, 0))
    golden(GOLDEN / scheme / "show.txt", show_state(simulation.build, view))
    data = state_json(simulation.build, view)
    assert (data["links"] == []) == (data["routes"] == []) == (scheme != "hula")
    assert (data["flowlets"] is None) == (scheme not in ("hula", "letflow"))


def test_routes_that_hula_has_learned_are_those_that_packets_take(tmp_path: Path) -> None:
    simulation = running("hula", tmp_path)
    found = StateReader(simulation.build, EngineSource(simulation)).look().routes
    taken = ways(simulation, [(a, b) for a in range(3) for b in range(3) if a != b])
    switches = simulation.topology.switches
    expected = {
        (switches[a].label, switches[b].label): tuple(switches[index].label for index in way.switches)
        for (a, b), way in taken.items()
        if way is not None
    }
    assert {(each.route.source, each.route.target): each.route.path for each in found} == expected
    assert len(expected) == 6 and all(each.route.rank is None for each in found)


def test_weights_and_held_loads_are_adjusted_as_those_of_contra(tmp_path: Path) -> None:
    """A link of a tenth of its capacity weighs a byte ten times as much; a held load is a parameter of the port."""
    simulation = running("hula", tmp_path)
    build = simulation.build
    plan = make_plan(build, Settings(scale=Fraction(1, 10)), Reporter())
    held = Adjustments(held={(0, 1): Held(utilisation=Fraction(1, 2), latency_ns=None, attributes=())})
    holding = desired(build, plan, 0, held)
    weights, utils = [], {}
    for key, content in holding.contents.items():
        if isinstance(key, EntryKey) and isinstance(content, Action) and not key.default:
            values = dict(content.parameters)
            if "weight" in values:
                weights.append(values["weight"])
            if "held_util" in values:
                utils[key.matches[0].value] = values["held_util"]
    capacity = build.topology.links[0].capacity
    assert weights == [10 * load_weight(capacity, clock(OPTIONS))] * 2 or all(
        abs(weight - 10 * load_weight(capacity, clock(OPTIONS))) <= 10 for weight in weights
    )
    assert utils == {1: 25_000, 2: 65_535}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_was_learned_can_be_asked_for_only_where_something_is(scheme: str, tmp_path: Path) -> None:
    build = running(scheme, tmp_path).build
    bed: Any = object.__new__(testbed.Testbed)
    bed.build = build
    assert bed.learns == (scheme == "hula")
    if scheme == "hula":
        return
    for ask in (bed.routes, bed.snapshot):
        with pytest.raises(CompileError) as raised:
            ask()
        text = render_text(list(raised.value.diagnostics))
        assert f"error[CTR0823]: switches of scheme '{scheme}' learn no routes: all ways stand in table entries" in text
        assert f"contra routes {build.folder}" in " ".join(text.split())
    bed._await_paths(lambda text: pytest.fail(text))


# ------------------------------------------------------------------------------------------------ real networks


def missing() -> str | None:
    if os.geteuid() != 0:
        return "needs root (network namespaces)"
    absent = [tool for tool in (*preflight.TOOLS, "p4c-bm2-ss") if shutil.which(tool) is None]
    return f"{', '.join(absent)} not installed" if absent else None


@pytest.mark.testbed
@pytest.mark.slow
@pytest.mark.skipif(missing() is not None, reason=missing() or "")
@pytest.mark.parametrize("scheme", SCHEMES)
def test_up_ping_verify_down(scheme: str, tmp_path: Path) -> None:
    build = compiled(scheme, tiers_network(2, (3, 2), 1.0), tmp_path)

    def net(action: str, *words: str, code: int = 0) -> str:
        """In a process of its own, as it forks the one that holds the network."""
        done = subprocess.run(
            [*COMMAND, action, *words, "--name", f"b{scheme[:5]}"],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=ROOT,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    try:
        text = net("up", str(build), "--isolate", "--grpc-port", "53451", "--thrift-port", "13490")
        assert f"scheme      {scheme}" in text
        assert ("none: all ways stand in table entries" in text) == (scheme != "hula")
        assert "6 of 6 pairs of hosts answer" in net("ping")
        assert "as compiled" in net("verify")
        net("status")
        net("routes", code=0 if scheme == "hula" else 1)
        assert "Switch t0_0" in net("show", "t0_0")
    finally:
        net("down")
