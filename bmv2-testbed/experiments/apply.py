"""Another policy on running switches: does a pair whose path stays lose a packet while `contra net apply` writes?"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from experiments.agree import random_state
from experiments.cases import Case, cases
from experiments.net import Net, compiled, network
from experiments.options import Options
from experiments.report import Result, say
from experiments.traffic import Arrival, Flow, pairs, receivers, senders

CHANGES = {
    "abilene": ("waypoint", "waypoint-ipls"),
    "fattree-k4": ("waypoint", "waypoint-c3"),
}
"""Per network two policies whose programs are the same."""
RATE = 600
"""Datagrams per second, all pairs together."""
BEFORE_S, AFTER_S = 3.0, 6.0
"""Traffic before and after the change."""
LOOKS = 2

Pair = tuple[str, str]
Paths = Mapping[Pair, Sequence[str] | None]


def run(options: Options) -> Result:
    """There and back on each network, metrics held still, so that only the policy moves paths."""
    rows: list[dict[str, Any]] = []
    details: dict[str, Any] = {}
    for name in options.networks or tuple(CHANGES):
        one, other = (cases((name,), (policy,), ((), ()))[0] for policy in CHANGES[name])
        builds = {case: compiled(case, options) for case in (one, other)}
        with network(builds[one], options) as net:
            net.do("hold", str(_state(one, options)))
            for target in (other, one) * (options.repeats or 1):
                say(f"apply: {target.name}")
                row, details[f"{len(rows)}-{target.name}"] = _measure(net, target, builds[target])
                rows.append(row)
    return Result(
        f"apply: pairs of hosts whose path stays while the policy changes (metrics held still, seed {options.seed})",
        rows,
        all(row["lost, path stays"] == 0 and row["pairs, path stays"] > 0 for row in rows),
        details,
        ["a path stays if two looks before and two looks after the change show the same"],
    )


def _state(case: Case, options: Options) -> Path:
    file = options.out / "states" / f"apply-{case.network}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(random_state(case.topology_file, random.Random(options.seed))), encoding="utf-8")
    return file


def _measure(net: Net, target: Case, build: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    flows = _flows(net)
    before = _settled(net)
    with receivers(net) as taken:
        with senders(net, flows) as running:
            time.sleep(BEFORE_S)
            written = net.ask("apply", str(build))
            time.sleep(AFTER_S)
            sent = running.stop()
        after = _settled(net)
        time.sleep(1.0)
    lost = losses(sent, taken.arrivals)
    same = stays(before, after)
    kept = {flow.number for flow in flows if (net.switch_of[flow.source], net.switch_of[flow.target]) in same}
    row = {
        "network": target.network,
        "to": target.policy,
        "entries written": sum(written[name] for name in ("inserted", "modified", "deleted")),
        "entries kept": written["kept"],
        "s": written["seconds"],
        "pairs, path stays": len(kept),
        "sent, path stays": sum(sent[number] for number in kept),
        "lost, path stays": sum(lost[number] for number in kept),
        "pairs, others": len(flows) - len(kept),
        "lost, others": sum(count for number, count in lost.items() if number not in kept),
    }
    bad = [(flow.source, flow.target, lost[flow.number]) for flow in flows if flow.number in kept and lost[flow.number]]
    return row, {"lost": bad, "apply": written}


def _flows(net: Net) -> list[Flow]:
    """More than will be sent; the senders are stopped."""
    rows = pairs(net)
    interval = len(rows) / RATE
    return [
        Flow(number=number, source=a, target=b, count=10**6, interval_s=interval, offset_s=number / RATE)
        for number, (a, b) in enumerate(rows)
    ]


def _settled(net: Net) -> list[Paths]:
    """The paths of all pairs of switches at a few looks, a few periods apart."""
    looks: list[Paths] = []
    for _ in range(LOOKS):
        time.sleep(4 * net.period_s)
        looks.append({(row["src"], row["dst"]): row["path"] for row in net.ask("routes")["routes"]})
    return looks


def stays(before: Sequence[Paths], after: Sequence[Paths]) -> set[Pair]:
    """Pairs of switches with one and the same path at every look; within a switch there is none to change."""
    looks = [*before, *after]
    same = {pair for pair, path in looks[0].items() if path and all(look.get(pair) == path for look in looks[1:])}
    switches = {switch for pair in looks[0] for switch in pair}
    return same | {(switch, switch) for switch in switches}


def losses(sent: Mapping[int, int], arrivals: Sequence[Arrival]) -> dict[int, int]:
    """Datagrams of each flow that were sent and did not arrive."""
    arrived = Counter(flow for flow, _ in {(arrival.flow, arrival.sequence) for arrival in arrivals})
    return {flow: count - arrived[flow] for flow, count in sent.items()}
