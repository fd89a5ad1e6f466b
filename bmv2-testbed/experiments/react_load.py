"""Load on one of two ways: how soon traffic takes the other."""

from __future__ import annotations

import time
from typing import Any

from experiments.moves import Sighting, coming, leaving, sightings
from experiments.net import Net
from experiments.options import Options
from experiments.reactions import probing, reaction
from experiments.traffic import Flow, receivers, senders

SOURCE, TARGET = "hA", "hD"
MIDDLE, OTHER = "hB", "hC"
"""At the switches between; the first one's way is loaded."""
REPEATS = 5
LOAD_S, PAUSE_S = 3.0, 3.0
LOAD_SHARE = 0.8
BACKGROUND_SHARE = 0.1
"""On the other way, so that without the load nobody takes that."""
LOAD_SIZE = 1400
BACKGROUND, FIRST_LOAD = 900, 1000
_OVERHEAD = 50
"""Bytes of headers around a datagram of load."""
_BEFORE_S = 0.2


def measure(net: Net, options: Options) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Load the way that the probing flows use, several times; a little load keeps them off the other one before."""
    repeats = options.repeats or REPEATS
    file = options.out / "captures" / "react-load.pcapng"
    file.parent.mkdir(parents=True, exist_ok=True)
    seconds = repeats * (LOAD_S + PAUSE_S + 3.0) + 30
    steady = _load(net, BACKGROUND, OTHER, BACKGROUND_SHARE, seconds)
    loads = []
    with receivers(net), net.captured(file), senders(net, [*probing(net, SOURCE, TARGET, seconds), steady]):
        for number in range(repeats):
            time.sleep(PAUSE_S)
            flow = _load(net, FIRST_LOAD + number, MIDDLE, LOAD_SHARE, LOAD_S)
            with senders(net, [flow]) as running:
                sent = running.wait()
            loads.append({"flow": flow.number, "sent": sent[flow.number]})
        time.sleep(PAUSE_S)
    return _rows(net, sightings(net.build, file), loads)


def _load(net: Net, number: int, source: str, share: float, seconds: float) -> Flow:
    """From a host between: it shares the second link only, and has no other way as short."""
    capacity = min(row["capacity"] for row in net.status["links"])
    interval = 8 * (LOAD_SIZE + _OVERHEAD) / (share * capacity)
    return Flow(
        number=number,
        source=source,
        target=TARGET,
        count=int(seconds / interval),
        interval_s=interval,
        size=LOAD_SIZE,
    )


def _rows(net: Net, seen: list[Sighting], loads: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    allowed, link = 3 * net.period_s + net.flowlet_s, (net.switch_of[MIDDLE], net.switch_of[TARGET])
    ours = [row for row in seen if row.flow < BACKGROUND]
    for load in loads:
        packets = [row.time for row in seen if row.flow == load["flow"]]
        load["between switches"] = len(packets)
        if packets:
            left = leaving(ours, link, packets[0], packets[-1], _BEFORE_S)
            load |= {"begin": packets[0], "end": packets[-1], "flows": left.there}
            load |= {"first_s": left.first, "last_s": left.last}
            load["back_s"] = coming(ours, link, packets[-1], packets[-1] + PAUSE_S)
    hit = [load for load in loads if load.get("flows")]
    rows = [
        _row(net, "load", "first packet by the other way", hit, "first_s", None),
        _row(net, "load", "last packet by the loaded way", hit, "last_s", allowed),
        _row(net, "end of load", "first packet by that way again", hit, "back_s", None),
    ]
    return rows, {"link": link, "loads": loads, "allowed_s": allowed}


def _row(
    net: Net, event: str, what: str, hit: list[dict[str, Any]], name: str, allowed: float | None
) -> dict[str, Any]:
    values = [load[name] for load in hit if load[name] is not None]
    return reaction({"event": event, "times": len(hit), "done": len(values), "what": what}, values, net, allowed)
