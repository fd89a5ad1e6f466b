"""The paper's figure 5, table for table, read from the registers of the switches that run the generated P4."""

from __future__ import annotations

from fractions import Fraction

import pytest
from engine.support.builds import built
from engine.support.corpus import text_of
from engine.support.nets import net
from engine.support.registers import Entry, Tables
from engine.support.verdict import held

from contra.engine.inputs import LinkState
from contra.engine.packets import ways
from contra.engine.simulation import Settings, Simulation

UTIL = {"A-B": ".5", "A-C": ".4", "B-C": ".2", "B-D": ".3", "C-D": ".1"}
FWD_T = [  # switch, metric, next hop, the metric of the row that the next tag names there
    ("A", ".4", "C", ".1"),
    ("A", ".5", "B", ".3"),
    ("B", ".3", "D", "sending node"),
    ("B", ".2", "C", ".1"),
    ("C", ".1", "D", "sending node"),
]
BEST_T = {"A": (".5", 0), "B": (".2", Fraction(1, 5)), "C": None}
"""The metric of the row, and the rank. D's row of A is the path A B D, whose rank is 0 whatever it carries."""


@pytest.fixture(params=[False, True], ids=["python", "machine"])
def figure(request: pytest.FixtureRequest) -> Simulation:
    made = built(text_of("figure_5"), net(" ".join(UTIL)), Settings(strict=True, jit=request.param))
    states = []
    for number, util in enumerate(UTIL.values()):
        for forward in (True, False):
            states.append(LinkState(link=number, forward=forward, util=Fraction(util), latency_ns=1_000))
    return held(made, states)


def fwd(simulation: Simulation, switch: str) -> dict[int, Entry]:
    """Tag -> row for D. The policy has one probe class."""
    return {tag: entry for (tag, _), entry in Tables(simulation, switch).fwd("D").items()}


def test_fwd_t(figure: Simulation) -> None:
    rows = []
    for switch in "ABC":
        for entry in fwd(figure, switch).values():
            following = fwd(figure, entry.next_switch)
            at_d = entry.next_switch == "D" and entry.next_tag == own_tag(figure, "D")
            then = "sending node" if at_d else following[entry.next_tag].util
            rows.append((switch, entry.util, entry.next_switch, then))
    expected = [(s, Fraction(m), n, t if " " in t else Fraction(t)) for s, m, n, t in FWD_T]
    assert sorted(rows, key=str) == sorted(expected, key=str)
    assert fwd(figure, "D") == {}


def own_tag(simulation: Simulation, switch: str) -> int:
    """The tag that a switch's own probes start with, from its entries."""
    entries = simulation.build.switches[simulation.topology.by_name[switch]].entries
    (given,) = [entry for table, entry in entries.defaults.items() if table.name.endswith(".identity")]
    return dict(zip((p.name for p in given.action.data), given.arguments, strict=True)).get("tag", 0)


def test_best_t(figure: Simulation) -> None:
    for switch, expected in BEST_T.items():
        tables = Tables(figure, switch)
        best = tables.best("D")
        if expected is None:
            assert best is None, f"{switch} has a best row for D, and should drop"
            continue
        assert best is not None, f"{switch} has no best row for D"
        metric, rank = expected
        assert tables.fwd("D")[best].util == Fraction(metric), f"{switch} takes another row"
        assert Fraction(tables.best_rank("D") & 0xFFFF, 50_000) == rank


def test_packets_follow_the_tables(figure: Simulation) -> None:
    names = "ABCD"
    found = ways(figure, [(0, 3), (1, 3), (2, 3)])
    taken = {names[pair[0]]: way and "".join(names[index] for index in way.switches) for pair, way in found.items()}
    assert taken == {"A": "ABD", "B": "BCD", "C": None}
