"""Does every packet go as the policy wants, also while links fail: captures on all links, each packet's path judged."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from threading import Event, Thread
from typing import Any

from wire import Judged, interfaces_of, judge, paths, read_frames, shim_of

from contra.diagnostics import Reporter
from contra.engine.build import load
from experiments.cases import LARGE, Case
from experiments.net import Net
from experiments.options import Options
from experiments.report import Result
from experiments.runs import Measured, on_networks
from experiments.traffic import Flow, pairs, receivers, senders

POLICIES = ("ca", "waypoint", "forbid")
PACKETS = 25_000
RATE = 600
"""Datagrams per second, all pairs together."""
CUT_S = (0.5, 4.0)
PAUSE_S = (0.2, 2.0)
REST_PERIODS = 6
"""After a cut or its end the network should have settled (docs/protocol.md: 4 periods, and a flowlet's pin)."""
EXAMPLES = 20
AT_MOST = 2
"""Links that are cut at a time."""


def run(options: Options) -> Result:
    """Policies on networks, one after the other."""
    runs = on_networks("comply", options, (LARGE, POLICIES), lambda case, net: _measure(case, net, options))
    judged = sum(row["judged"] for row in runs.rows)
    return Result(
        f"comply: paths of packets while links fail and heal (seed {options.seed})",
        runs.rows,
        not runs.failures and all(row["violations"] == 0 for row in runs.rows) and judged > 0,
        runs.details,
        [
            f"{judged} packets judged",
            f"in loops: came to a switch twice with one tag; at rest: {REST_PERIODS} periods or more after any change",
            *runs.failures,
        ],
    )


def _measure(case: Case, net: Net, options: Options) -> Measured:
    flows, begun = _flows(net, options.packets or PACKETS), time.time()
    file = options.out / "captures" / f"comply-{case.name}.pcapng"
    file.parent.mkdir(parents=True, exist_ok=True)
    with receivers(net) as taken, net.captured(file):
        with senders(net, flows) as running, failing(net, random.Random(options.seed)) as cuts:
            sent = running.wait()
        time.sleep(1.0)
    changes = sorted(when for action in ("link_down", "link_up") for when, _ in net.events(action, begun))
    build = load(net.build, Reporter())
    seen = list(paths(build, read_frames(file, shim_of(build)), interfaces_of(build)))
    found, loops = judge(build, seen), [path for path in seen if path.loops]
    resting = [path for path in loops if at_rest(path.start, changes, REST_PERIODS * net.period_s)]
    row = {
        "sent": sum(sent.values()),
        "received": len(taken.arrivals),
        **_figures(found),
        "at rest": len(resting),
        "cuts": len(cuts),
    }
    clock = net.ask("status")["clock"]
    names = [switch.name for switch in build.topology.switches]
    examples = [
        {"at": path.start, "arrived": path.arrived, "path": "-".join(names[s] for s in path.switches)}
        for path in resting[:EXAMPLES]
    ]
    return [row], {"cuts": cuts, "changes": changes, "clock": clock, "loops at rest": examples, **asdict(found)}


def at_rest(moment: float, changes: Sequence[float], seconds: float) -> bool:
    """Whether nothing has changed for so long."""
    return not any(moment - seconds <= change <= moment for change in changes)


def _figures(found: Judged) -> dict[str, int]:
    return {
        "on wire": found.packets,
        "judged": found.arrived,
        "lost": found.lost,
        "incomplete": found.incomplete,
        "in loops": found.loops,
        "paths": found.different_paths,
        "violations": sum(found.violations.values()),
    }


def _flows(net: Net, packets: int) -> list[Flow]:
    """The same for each pair of hosts, at RATE together."""
    rows = pairs(net)
    count = -(-packets // len(rows))
    interval = len(rows) / RATE
    return [
        Flow(number=number, source=a, target=b, count=count, interval_s=interval, offset_s=number / RATE)
        for number, (a, b) in enumerate(rows)
    ]


@contextmanager
def failing(net: Net, choice: random.Random) -> Iterator[list[dict[str, Any]]]:
    """Links fail and heal at random while the block runs; all are whole behind it."""
    ended = Event()
    cuts: list[dict[str, Any]] = []
    thread = Thread(target=_fail_and_heal, args=(net, choice, ended, cuts))
    thread.start()
    try:
        yield cuts
    finally:
        ended.set()
        thread.join()
        net.do("heal")


def _fail_and_heal(net: Net, choice: random.Random, ended: Event, cuts: list[dict[str, Any]]) -> None:
    links = [row["name"] for row in net.status["links"]]
    until: dict[str, float] = {}
    while not ended.wait(choice.uniform(*PAUSE_S)):
        for link in [name for name, when in until.items() if when <= time.time()]:
            net.do("heal", link)
            del until[link]
        free = [link for link in links if _may_fail(link, links, until, len(net.status["switches"]))]
        if len(until) < AT_MOST and free:
            link, seconds = choice.choice(free), choice.uniform(*CUT_S)
            net.do("fail", link)
            until[link] = time.time() + seconds
            cuts.append({"link": link, "at": time.time(), "seconds": seconds})


def _may_fail(link: str, links: list[str], cut: Mapping[str, float], switches: int) -> bool:
    """Whether the network still holds together without it."""
    return link not in cut and connected([name for name in links if name != link and name not in cut], switches)


def connected(links: list[str], switches: int) -> bool:
    """Whether links (A-B, ports where they are parallel) hold as many switches together."""
    group: dict[str, set[str]] = {}
    for link in links:
        a, b = (end.partition(":")[0] for end in link.split("-"))
        merged = group.get(a, {a}) | group.get(b, {b})
        group |= dict.fromkeys(merged, merged)
    return any(len(together) == switches for together in group.values())
