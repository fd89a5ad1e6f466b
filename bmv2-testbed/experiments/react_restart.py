"""A switch is killed and started again: when all pairs of hosts hear each other again."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

from experiments.moves import silence
from experiments.net import Net
from experiments.options import Options
from experiments.reactions import reaction
from experiments.traffic import Flow, pairs, receivers, senders

SWITCHES = ("B", "D")
INTERVAL_S = 0.08
"""Of the datagrams of each pair."""
LONGEST_S = 3 * INTERVAL_S
"""Longer silence is not noise."""
BEFORE_S, AFTER_S = 3.0, 12.0


def measure(net: Net, options: Options) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Restart switches, one at a time, while all pairs of hosts send."""
    rows, details = [], {}
    for switch in SWITCHES:
        row, details[switch] = _restart(net, switch)
        rows.append(row)
    return rows, details


def _restart(net: Net, switch: str) -> tuple[dict[str, Any], dict[str, Any]]:
    couples = pairs(net)
    count = int((BEFORE_S + AFTER_S + 60) / INTERVAL_S)
    flows = [
        Flow(number=number, source=a, target=b, count=count, interval_s=INTERVAL_S, offset_s=number * 0.005)
        for number, (a, b) in enumerate(couples)
    ]
    begun = time.time()
    with receivers(net) as taken, senders(net, flows) as running:
        time.sleep(BEFORE_S)
        net.do("restart", switch)
        ready = time.time()
        time.sleep(AFTER_S)
        end = time.time()
        running.stop()
    killed = net.events("restart", begun)[0][0]
    received: dict[int, list[float]] = defaultdict(list)
    for each in taken.arrivals:
        received[each.flow].append(each.received)
    silent = {
        f"{a} to {b}": silence(received[number], killed, end - LONGEST_S, LONGEST_S)
        for number, (a, b) in enumerate(couples)
    }
    again = [value for value in silent.values() if value is not None]
    common = {
        "event": f"restart {switch}",
        "what": f"all pairs hear each other, no {LONGEST_S:.2g} s of silence",
        "times": len(silent),
        "done": len(again),
    }
    row = reaction(common, again, net, None)
    return row, {"killed": killed, "loaded_s": ready - killed, "silent_s": silent}
