"""Load on one of two ways: how soon traffic takes the other."""

from __future__ import annotations

import time
from typing import Any

from experiments.moves import Sighting, leaving, sightings, uses
from experiments.net import Net
from experiments.options import Options
from experiments.reactions import probing, reaction
from experiments.traffic import Flow, receivers, senders

SOURCE, TARGET = "hA", "hD"
REPEATS = 5
LOAD_S, PAUSE_S = 3.0, 3.0
LOAD_SHARE = 0.8
LOAD_SIZE = 1400
_FIRST_LOAD = 1000
_OVERHEAD = 50
"""Bytes of headers around a datagram of load."""
_BEFORE_PERIODS = 2.0


def measure(net: Net, options: Options) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Load whatever link the probing flows use, several times."""
    repeats = options.repeats or REPEATS
    file = options.out / "captures" / "react-load.pcapng"
    file.parent.mkdir(parents=True, exist_ok=True)
    seconds = repeats * (LOAD_S + PAUSE_S + 3.0) + 30
    loads = []
    with receivers(net), net.captured(file), senders(net, probing(net, SOURCE, TARGET, seconds)):
        for number in range(repeats):
            time.sleep(PAUSE_S)
            middle = _middle(net)
            flow = _load(net, middle, number)
            with senders(net, [flow]) as running:
                sent = running.wait()
            loads.append({"flow": flow.number, "link": (middle, net.switch_of[TARGET]), "sent": sent[flow.number]})
    return _rows(net, sightings(net.build, file), loads)


def _middle(net: Net) -> str:
    """The switch between, on the way that the switches have chosen now."""
    wanted = net.switch_of[SOURCE], net.switch_of[TARGET]
    route = next(row for row in net.ask("routes")["routes"] if (row["src"], row["dst"]) == wanted)
    return str(route["path"][1])


def _load(net: Net, middle: str, number: int) -> Flow:
    """From the host at the switch between: it shares the second link only, and has no other way as short."""
    source = next(host for host, switch in net.switch_of.items() if switch == middle)
    capacity = min(row["capacity"] for row in net.status["links"])
    interval = 8 * (LOAD_SIZE + _OVERHEAD) / (LOAD_SHARE * capacity)
    return Flow(
        number=_FIRST_LOAD + number,
        source=source,
        target=TARGET,
        count=int(LOAD_S / interval),
        interval_s=interval,
        size=LOAD_SIZE,
    )


def _rows(net: Net, seen: list[Sighting], loads: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    allowed = 3 * net.period_s + net.flowlet_s
    ours = [row for row in seen if row.flow < _FIRST_LOAD]
    firsts, lasts = [], []
    for load in loads:
        packets = [row for row in seen if row.flow == load["flow"]]
        load["over its link"] = sum(uses(row.way, load["link"]) for row in packets)
        if not packets:
            continue
        begin, end = packets[0].time, packets[-1].time
        left = leaving(ours, load["link"], begin, end, _BEFORE_PERIODS * net.period_s)
        load |= {"begin": begin, "first_s": left.first, "last_s": left.last, "flows": left.there}
        if left.there:
            firsts.append(left.first)
            lasts.append(left.last)
    found = [value for value in lasts if value is not None]
    moved = len([value for value in firsts if value is not None])
    common = {"event": "load", "times": len(lasts), "done": moved}
    rows = [
        reaction(common | {"what": "first packet by the other way"}, [v for v in firsts if v is not None], net, None),
        reaction(common | {"what": "last packet by the loaded way"}, found, net, allowed),
    ]
    return rows, {"loads": loads, "allowed_s": allowed}
