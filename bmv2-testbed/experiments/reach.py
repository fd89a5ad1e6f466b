"""Does everybody reach everybody: ping, TCP and UDP between all pairs of hosts, and entries as compiled."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from experiments.cases import FIVE, LARGE, Case
from experiments.net import Net
from experiments.options import Options
from experiments.report import Result
from experiments.runs import Measured, on_networks
from experiments.traffic import Flow, pairs, receivers, senders, transfer_all

DATAGRAMS = 10
"""For each pair."""
INTERVAL_S = 0.2
TRANSFER = 20_000
"""Bytes, for each pair."""
BETWEEN_PINGS_S = 1.0


def run(options: Options) -> Result:
    """Policies on networks, one after the other."""
    runs = on_networks("reach", options, (LARGE, FIVE), _measure)
    return Result(
        "reach: pairs of hosts that answer, and entries",
        runs.rows,
        not runs.failures and all(row["all well"] for row in runs.rows),
        runs.details,
        runs.failures,
    )


def _measure(case: Case, net: Net) -> Measured:
    first = net.ask("ping", allowed=(0, 1))["pings"]
    time.sleep(BETWEEN_PINGS_S)
    second = net.ask("ping", allowed=(0, 1))["pings"]
    with receivers(net) as taken:
        sent = _datagrams(net)
        streams = transfer_all(net, TRANSFER)
    received = Counter(arrival.flow for arrival in taken.arrivals)
    compared = net.ask("verify", allowed=(0, 1))["switches"]
    wanted, differing = compiled_entries(net.build), sum(len(row["differences"]) for row in compared)
    number = len(pairs(net))
    figures = {
        "ping at once": sum(row["received"] > 0 for row in first),
        "after 1 s": sum(row["received"] > 0 for row in second),
        "TCP": sum(row["ok"] for row in streams),
        "UDP": sum(received[flow] > 0 for flow in sent),
    }
    whole = all(value == number for value in figures.values())
    silent = any(row["failure"] for row in compared)
    row = {
        "up s": net.status["wall_s"],
        "pairs": number,
        **figures,
        "UDP lost": sum(sent.values()) - sum(received.values()),
        "entries": wanted["entries"],
        "groups": wanted["groups"],
        "differ": differing,
        "all well": whole and not differing and not silent,
    }
    details = {
        "took": net.status["took"],
        "pairs at up": net.status["pairs"],
        "warnings": net.status.get("warnings", []),
        "clock": net.ask("status")["clock"],
        "ping": {"at once": _pings(first), "after 1 s": _pings(second)},
        "tcp_failures": [row for row in streams if not row["ok"]],
        "tcp_seconds": sorted(row["seconds"] for row in streams),
        "udp_incomplete": {str(flow): [sent[flow], received[flow]] for flow in sent if received[flow] != sent[flow]},
        "verify": compared,
    }
    return [row], details


def _datagrams(net: Net) -> dict[int, int]:
    """Send a few datagrams for each pair: how many, by flow."""
    flows = [
        Flow(number=number, source=a, target=b, count=DATAGRAMS, interval_s=INTERVAL_S, offset_s=(number % 97) / 500)
        for number, (a, b) in enumerate(pairs(net))
    ]
    with senders(net, flows) as running:
        return running.wait()


def _pings(rows: list[dict[str, Any]]) -> dict[str, Any]:
    times = sorted(row["rtt_ms"][1] for row in rows if row["rtt_ms"])
    return {
        "sent": sum(row["sent"] for row in rows),
        "received": sum(row["received"] for row in rows),
        "silent": [f"{row['source']} to {row['target']}" for row in rows if not row["received"]],
        "median_ms": times[len(times) // 2] if times else None,
        "longest_ms": times[-1] if times else None,
    }


def compiled_entries(build: Path) -> dict[str, int]:
    """The compiler's own count: of the entries in its files, against what its manifest says."""
    manifest = json.loads((build / "manifest.json").read_text(encoding="utf-8"))
    counts: Counter[str] = Counter()
    for row in manifest["switches"].values():
        runtime = json.loads((build / row["runtime"]).read_text(encoding="utf-8"))
        entries, groups = len(runtime["table_entries"]), len(runtime["multicast_group_entries"])
        if (entries, groups) != (row["entries"], row["groups"]):
            raise ValueError(f"{row['runtime']} has {entries} entries and {groups} groups, the manifest says otherwise")
        counts.update(entries=entries, groups=groups)
    return dict(counts)
