"""The whole loop over fake P4Runtime switches: each fault is injected, and named by the first guess, on 20 switches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from support.fake_network import FakeNetwork, fake_network

from contra.chaos.choose import choose
from contra.chaos.experiment import is_right, require_whole, trials
from contra.chaos.faults import Choice, Fault
from contra.chaos.inject import injected
from contra.cli.contrac import main as contrac
from contra.deploy.control.model import Holding
from contra.diagnose.investigate import investigate
from contra.diagnostics import Reporter

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeNetwork]:
    folder = tmp_path_factory.mktemp("fake")
    build = folder / "build"
    policy, topology = ROOT / "examples/congestion-aware.ctr", ROOT / "topologies/fattree-k4.json"
    assert contrac([str(policy), str(topology), "-o", str(build), "-q"]) == 0
    with fake_network(build, folder) as running:
        yield running


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_the_first_guess_is_right(network: FakeNetwork, fault: Fault) -> None:
    done = list(trials(network.scene(), network.look, [fault], seed=1, runs=4))
    assert [(each.truth.told, each.guess) for each in done if not each.right] == []
    assert len({each.truth.switch for each in done}) > 1
    require_whole(network.build, network.look(network.build))


def in_a_filling(fault: Fault, holdings: Sequence[Holding], among: range) -> Choice:
    """A fault of one switch that is filled: those of a change strike and mend all switches, so they come alone."""
    drawn = (choose(fault, seed, holdings, among) for seed in count(9))
    return next(choice for choice in drawn if not choice.changing)


def test_four_faults_at_once(network: FakeNetwork) -> None:
    """Each is found beside the others, with no false accusation of a switch that is well."""
    scene = network.scene()
    faults = (Fault.CORRUPT, Fault.TABLE_FULL, Fault.AGENT_CRASH, Fault.DROP_WRITES)
    with ExitStack() as stack:
        truths = [
            stack.enter_context(injected(scene, in_a_filling(fault, scene.holdings, range(at, 20, 4)))).truth
            for at, fault in enumerate(faults)
        ]
        found = investigate(network.build, network.look(network.build), Reporter()).diagnosis.verdicts
    assert {each.switch for each in found} == {truth.switch for truth in truths}
    assert all(any(is_right(each, truth) for each in found) for truth in truths)
    require_whole(network.build, network.look(network.build))
