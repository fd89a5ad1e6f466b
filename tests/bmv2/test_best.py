"""BestT on one real switch: which (tag, pid) new packets take, by the whole policy (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from support.single import PERIOD_US, SingleSwitch, build, frame, ipv4

TOPOLOGY = {
    "switches": {name: {} for name in "SXYD"},
    "hosts": {"hS": {"switch": "S"}, "hD": {"switch": "D"}},
    "links": [
        {"ends": ends, "capacity": "10Gbit", "latency": "10us"}
        for ends in (["S", "X"], ["S", "Y"], ["X", "D"], ["Y", "D"])
    ],
}
X, Y = 1, 2
FULL = 50_000


class Source:
    """Switch S, whose host sends to D."""

    def __init__(self, switch: SingleSwitch) -> None:
        self.switch = switch
        self.d = switch.net.names.index("D")
        hosts = {row.name: row for row in switch.net.topology.hosts}
        self.port = hosts["hS"].port
        self.packet = frame(0x0800, ipv4(str(hosts["hS"].ip), str(hosts["hD"].ip)))

    def hear(self, port: int, version: int, **fields: int) -> bool:
        return bool(self.switch.probes(port, origin=self.d, version=version, **fields))

    def sent(self) -> tuple[int, int] | None:
        """(pid, port) of a new packet; None if it is dropped. Forgets flowlets first."""
        self.switch.net.cli("S", "register_reset flowlet")
        left = self.switch.send(self.port, self.packet)
        if not left:
            return None
        ((port, (data,)),) = left.items()
        return self.switch.shim.unpack(data[14:]).get("pid", 0), port


@pytest.fixture(scope="module")
def adaptive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    policy = "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))"
    folder = build(policy, TOPOLOGY, tmp_path_factory.mktemp("switch"), probe_period_us=PERIOD_US)
    with SingleSwitch(folder) as switch:
        yield Source(switch)


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Source]:
    policy = "minimize(if path.util < .5 then path.util else inf)"
    folder = build(policy, TOPOLOGY, tmp_path_factory.mktemp("switch"), probe_period_us=PERIOD_US)
    with SingleSwitch(folder) as switch:
        yield Source(switch)


def rank(pid: int, length: int, util: int) -> tuple[int, int, int]:
    """The policy, in integers; of a class that does not serve the branch, the last resort."""
    branch = 0 if 10 * util < 8 * FULL else 1
    if branch != pid:
        return (3, 0, 0)
    return (1, 0, util) if branch == 0 else (2, length, util)


def test_best_is_replaced_by_better_by_its_own_key_and_when_it_is_old(adaptive: Source) -> None:
    """pid 0 came over X first; pid 1 comes over Y. All combinations of ranks and ages."""
    loads = (1_000, 30_000, 39_999, 40_000, 45_000)
    for first, second, age in product(loads, loads, (0.0, 2.0)):
        adaptive.switch.clear()
        assert adaptive.hear(X, 1, pid=0, len=2, util=first)
        assert adaptive.sent() == (0, X)
        adaptive.switch.age("best_seen", adaptive.d, age)
        assert adaptive.hear(Y, 1, pid=1, len=1, util=second)
        chosen = rank(1, 2, second) < rank(0, 3, first) or age > 1.5
        assert adaptive.sent() == ((1, Y) if chosen else (0, X)), (first, second, age)


def test_the_current_choice_may_become_worse_and_then_loses(adaptive: Source) -> None:
    adaptive.switch.clear()
    assert adaptive.hear(X, 1, pid=0, len=2, util=1_000)
    assert adaptive.hear(Y, 1, pid=1, len=1, util=45_000)
    assert adaptive.sent() == (0, X)
    assert adaptive.hear(X, 2, pid=0, len=5, util=49_000)
    assert adaptive.sent() == (0, X)
    assert adaptive.hear(Y, 2, pid=1, len=1, util=45_000)
    assert adaptive.sent() == (1, Y)


def test_inf_is_dropped_and_what_is_finite_again_is_used(limited: Source) -> None:
    limited.switch.clear()
    assert limited.hear(X, 1, util=24_999)
    assert limited.sent() == (0, X)
    assert limited.hear(X, 2, util=25_000)
    assert limited.sent() is None
    assert limited.switch.drops("NO_ROUTE") == 1
    assert limited.hear(X, 3, util=100)
    assert limited.sent() == (0, X)


def test_a_route_that_was_taken_over_by_inf_is_dropped(limited: Source) -> None:
    """X fell silent, Y tells of a load above the limit: the only live route ranks inf."""
    limited.switch.clear()
    assert limited.hear(X, 1, util=100)
    limited.switch.age("best_seen", limited.d, 2)
    limited.switch.age("fwd_seen", limited.d, 2)
    assert limited.hear(Y, 2, util=45_000)
    assert limited.sent() is None
    assert limited.hear(X, 2, util=200)
    assert limited.sent() == (0, X)
