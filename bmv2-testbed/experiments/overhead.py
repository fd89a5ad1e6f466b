"""What probes cost: their bytes as a share of each link's capacity, from a capture of an idle network."""

from __future__ import annotations

import time
from fractions import Fraction
from typing import Any

from wire import Amount, interfaces_of, read_frames, shim_of

from contra.diagnostics import Reporter
from contra.engine.build import load
from experiments.cases import FIVE, LARGE, Case
from experiments.net import Net
from experiments.options import Options
from experiments.report import Result, spread
from experiments.runs import Measured, on_networks

PERIODS = 40


def run(options: Options) -> Result:
    """Policies on networks, one after the other."""
    runs = on_networks("overhead", options, (LARGE, FIVE), lambda case, net: _measure(case, net, options))
    return Result(
        "overhead: probes on an idle network, directions of links as one each",
        runs.rows,
        not runs.failures and all(row["probes/s"] > 0 for row in runs.rows),
        runs.details,
        [
            "share: median and largest over the directions of all links, of the capacity as it was scaled",
            "unscaled: the largest, of the topology's own capacity; on Ethernet: with padding, preamble and gap",
            *runs.failures,
        ],
    )


def _measure(case: Case, net: Net, options: Options) -> Measured:
    file = options.out / "captures" / f"overhead-{case.name}.pcapng"
    file.parent.mkdir(parents=True, exist_ok=True)
    seconds = options.seconds or PERIODS * net.period_s
    with net.captured(file):
        time.sleep(seconds)
    build = load(net.build, Reporter())
    frames = read_frames(file, shim_of(build))
    capacity = {name: row["capacity"] for row in net.status["links"] for name in row["interfaces"]}
    shares = shares_of(frames.probes, capacity, frames.seconds)
    rates = {name: amount.frames / frames.seconds for name, amount in frames.probes.items()}
    scale, widest = Fraction(net.status["scale"]), max(shares.values())
    # the capacities of a network are all scaled alike
    row = {
        "period ms": net.period_s * 1000,
        "probes/s": spread(rates.values())["median"],
        "bytes": sum(each.bytes for each in frames.probes.values())
        / sum(each.frames for each in frames.probes.values()),
        "share %": 100 * spread(shares.values())["median"],
        "largest %": 100 * widest,
        "unscaled %": 100 * widest * float(scale),
        "on Ethernet %": 100
        * max(shares_of(frames.probes, capacity, frames.seconds, ethernet=True).values())
        * float(scale),
        "other frames": sum(each.frames for each in frames.data.values()),
    }
    names = interfaces_of(build)
    directions = {name: {"share": share, "probes/s": rates[name]} for name, share in shares.items() if name in names}
    return [row], {"seconds": frames.seconds, "scale": str(scale), "by receiving interface": directions}


def shares_of(
    probes: dict[str, Amount] | Any, capacity: dict[str, int], seconds: float, *, ethernet: bool = False
) -> dict[str, float]:
    """Share of the capacity (bit/s) by interface that received the probes; links without any have 0."""
    shares = dict.fromkeys(capacity, 0.0)
    for name, amount in probes.items():
        shares[name] = 8 * (amount.on_ethernet if ethernet else amount.bytes) / seconds / capacity[name]
    return shares
