"""Other schemes on real BMv2 switches: every host hears every other, and HULA finds another way after a failure."""

from __future__ import annotations

from pathlib import Path

import pytest
from bmv2.test_network import eventually, execute, reaches, running, unreached
from support.baselines import SCHEMES, compiled
from support.builds import topology_of

from contra.options import ProtocolOptions
from contra.topology.model import Topology

PERIOD_S = 0.25
OPTIONS = ProtocolOptions(probe_period_us=250_000, flowlet_timeout_us=50_000)


def network() -> Topology:
    """Two leaves, two spines, two hosts a leaf."""
    return topology_of(
        {
            "switches": {name: {} for name in ("A", "B", "X", "Y")},
            "hosts": {
                "hA": {"switch": "A"},
                "hA2": {"switch": "A"},
                "hB": {"switch": "B"},
                "hB2": {"switch": "B"},
            },
            "links": [
                {"ends": ends.split(), "capacity": "10Mbit", "latency": "0us"} for ends in ("A X", "A Y", "B X", "B Y")
            ],
        }
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_host_hears_every_other(scheme: str, tmp_path: Path) -> None:
    folder = compiled(scheme, network(), tmp_path, OPTIONS)
    with running(folder, PERIOD_S if scheme == "hula" else None) as net:
        assert eventually(lambda: unreached(net) == [])


def test_hula_finds_another_way(tmp_path: Path) -> None:
    with running(compiled("hula", network(), tmp_path, OPTIONS), PERIOD_S) as net:
        assert eventually(lambda: reaches(net, "hA", "hB"))
        for spine, other in (("X", "Y"), ("Y", "X")):
            net.set_link("A", spine, False)
            assert eventually(lambda: reaches(net, "hA", "hB"), seconds=20)
            hop = net.hop("A", other)
            assert net.register("A", "fwd_next", 1) == [hop]
            net.set_link("A", spine, True)
            assert eventually(lambda: reaches(net, "hB", "hA"))


def test_letflow_takes_every_way(tmp_path: Path) -> None:
    """v1model's random(): of 24 flowlets some go by each spine (that one does not: 2^-23)."""
    with running(compiled("letflow", network(), tmp_path, OPTIONS), None) as net:
        for _ in range(24):
            assert execute(net, "hA", "ping", "-c", "1", "-W", "2", "10.0.1.2").returncode == 0
        assert all(any(net.register(spine, "flowlet")) for spine in "XY")
