"""Do real switches choose what `contra routes` computes, under the same link metrics held still: ranks of all pairs."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

from experiments.cases import FIVE, LARGE, Case
from experiments.net import CONTRA, Net
from experiments.net import run as run_command
from experiments.options import Options
from experiments.report import Result
from experiments.runs import Measured, on_networks

STATES = 3
PERIODS = 40
"""After so many the switches must agree."""
SETTLED = 3
"""Looks in a row that must agree."""
BETWEEN_PERIODS = 3
"""From the end of a look to the next: looks take time of the switches, and of the clock that starts probes."""


def run(options: Options) -> Result:
    """Policies on networks, and for each a few random states."""
    runs = on_networks("agree", options, (LARGE, FIVE), lambda case, net: _states(case, net, options))
    return Result(
        "agree: pairs of switches whose rank is that of 'contra routes', metrics held still",
        runs.rows,
        not runs.failures and all(row["agree"] == row["pairs"] for row in runs.rows),
        runs.details,
        [
            "after s: from the start of 'contra net hold' to the end of the look after which all agreed at every look",
            *runs.failures,
        ],
    )


def _states(case: Case, net: Net, options: Options) -> Measured:
    rows, details = [], {}
    for seed in range(options.seed, options.seed + (options.repeats or STATES)):
        row, details[f"seed {seed}"] = _measure(case, net, options.out, seed)
        rows.append(row)
    return rows, details


def _measure(case: Case, net: Net, out: Path, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    file = out / "states" / f"{case.name}-{seed}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(random_state(case.topology_file, random.Random(seed))), encoding="utf-8")
    wanted = json.loads(run_command([*CONTRA, "routes", str(net.build), "--state", str(file), "--json"]))["routes"]
    begun = time.monotonic()
    net.do("hold", str(file))
    looks = _watch(net, file, wanted, begun)
    agreed = next((when for when, compared in looks[::-1] if compared["differ"]), None)
    first = looks[0][0] if agreed is None else next((when for when, _ in looks if when > agreed), None)
    last = looks[-1][1]
    row = {
        "seed": seed,
        "pairs": len(wanted),
        "agree": len(wanted) - len(last["differ"]),
        "same path": last["same path"],
        "after s": "never" if last["differ"] or first is None else first,
        "periods": "never" if last["differ"] or first is None else first / net.period_s,
    }
    history = [{"s": when, "differ": len(compared["differ"])} for when, compared in looks]
    return row, {"looks": history, "differ": last["differ"], "clock": net.ask("status")["clock"]}


def _watch(net: Net, file: Path, wanted: list[dict[str, Any]], begun: float) -> list[tuple[float, dict[str, Any]]]:
    """Look until all agree SETTLED times in a row, or until it has taken too long: (end of the look, comparison)."""
    looks: list[tuple[float, dict[str, Any]]] = []
    in_a_row = 0
    while in_a_row < SETTLED and (not looks or looks[-1][0] < PERIODS * net.period_s):
        compared = compare(wanted, net.ask("routes", "--state", str(file))["routes"])
        looks.append((time.monotonic() - begun, compared))
        in_a_row = 0 if compared["differ"] else in_a_row + 1
        time.sleep(BETWEEN_PERIODS * net.period_s)
    return looks


def compare(wanted: list[dict[str, Any]], found: list[dict[str, Any]]) -> dict[str, Any]:
    """Pairs whose rank differs, and how many have the very same path; both in the form of `contra routes --json`."""
    there = {(row["src"], row["dst"]): row for row in found}
    differ, same = [], 0
    for row in wanted:
        pair = row["src"], row["dst"]
        other = there.get(pair, {"rank": None, "path": None})
        same += row["path"] == other["path"]
        if row["rank"] != other["rank"]:
            differ.append({"pair": pair, "wanted": row["rank"], "found": other["rank"], "path": other["path"]})
    return {"differ": differ, "same path": same}


def random_state(topology: Path, choice: random.Random) -> dict[str, Any]:
    """Utilisation of each direction of each link: up to full, in hundredths."""
    links = json.loads(topology.read_text(encoding="utf-8"))["links"]
    ends = [pair for link in links for pair in (link["ends"], link["ends"][::-1])]
    return {"links": [{"from": a, "to": b, "util": choice.randrange(101) / 100} for a, b in ends]}
