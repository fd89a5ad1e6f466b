"""Folders of results as `contra exp run` leaves them, with made-up values."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Times = Callable[[str, str, float, int], float]
"""Scheme, workload, load, seed -> mean FCT in us."""
Row = dict[str, Any]


@dataclass(kw_only=True)
class Made:
    """An experiment on flow completion times.

    `unfinished` runs have flows that did not finish, `crashed` ones ended with an exception, `missing` ones did
    not run.
    """

    name: str = "fattree-symmetric"
    title: str = "Symmetric fat tree"
    published: str = "figure-8"
    schemes: Sequence[str] = ("ECMP", "Contra-WSP", "HULA", "LetFlow")
    workloads: Sequence[str] = ("web-search", "cache")
    loads: Sequence[float] = tuple(i / 10 for i in range(1, 10))
    seeds: Sequence[int] = (1, 2, 3)
    failures: str = ""
    times: Times = lambda scheme, workload, load, seed: 1000.0
    unfinished: frozenset[str] = frozenset()
    crashed: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()


def run_id(scheme: str, workload: str, load: float, seed: int) -> str:
    return f"{scheme[:40]}-{workload}-{load:g}-{seed}".replace("/", "_").replace("\n", "_")


def write_results(folder: Path, made: Made) -> Path:
    """The whole folder; returns it."""
    keys = [(s, w, x, n) for n in made.seeds for w in made.workloads for x in made.loads for s in made.schemes]
    labels = {run_id(*key): _labels(made, *key) for key in keys}
    rows = []
    (folder / "runs").mkdir(parents=True)
    for key in keys:
        name = run_id(*key)
        if name in made.crashed:
            note = {"run": name, "error": "the programs of the switches disagree", "traceback": []}
            (folder / "runs" / f"{name}.failed.json").write_text(json.dumps(note), encoding="utf-8")
        elif name not in made.missing:
            rows.append({"run": name, **labels[name], **_measures(made, *key)})
            own = json.dumps({"row": rows[-1], "series": {}})
            (folder / "runs" / f"{name}.json").write_text(own, encoding="utf-8")
            (folder / "runs" / f"{name}.flows.csv.gz").write_bytes(_flows(key))
    write_plan(folder, made.name, "fct", made.title, made.published, labels)
    write_table(folder, rows)
    text = "".join(f"\n[[scheme]]\nname = {json.dumps(scheme)}\n" for scheme in made.schemes)
    (folder / "experiment.toml").write_text(f"name = {json.dumps(made.name)}\n{text}", encoding="utf-8")
    return folder


def write_plan(folder: Path, name: str, kind: str, title: str, published: str, labels: Mapping[str, Row]) -> None:
    """`plan.json`."""
    plan = {
        "format": 1,
        "contrac_version": "0.1.0",
        "experiment": name,
        "kind": kind,
        "title": title,
        "published": published,
        "full_load": "the smallest cut between all senders and all receivers is full: 40Gbit of payload"
        if kind == "fct"
        else "",
        "runs": [{"run": run, **row, "build": "b", "task": {"seed": row["seed"]}} for run, row in labels.items()],
    }
    (folder / "plan.json").write_text(json.dumps(plan, indent=1), encoding="utf-8")


def write_table(folder: Path, rows: Sequence[Row]) -> None:
    """`table.csv`."""
    text = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = csv.DictWriter(text, names, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    (folder / "table.csv").write_text(text.getvalue(), encoding="utf-8")


def _labels(made: Made, scheme: str, workload: str, load: float, seed: int) -> Row:
    return {
        "experiment": made.name,
        "kind": "fct",
        "scheme": scheme,
        "policy": "widest-shortest.ctr" if scheme.startswith("Contra") else scheme.lower(),
        "topology": "fattree-paper",
        "workload": workload,
        "pattern": "random",
        "load": load,
        "seed": seed,
        "failures": made.failures,
        "congestion_control": "newreno",
        "min_rto_us": 10_000,
        "queue_packets": 1000,
        "full_load_bps": 40_000_000_000,
        "probe_period_us": 256,
    }


def _measures(made: Made, scheme: str, workload: str, load: float, seed: int) -> Row:
    mean = made.times(scheme, workload, load, seed)
    whole = run_id(scheme, workload, load, seed) not in made.unfinished
    times = {
        "fct_mean_us": mean,
        "fct_p50_us": mean * 0.3,
        "fct_p95_us": mean * 3,
        "fct_p99_us": mean * 8,
        "fct_small_mean_us": mean * 0.08,
        "fct_small_p99_us": mean * 0.6,
        "fct_large_mean_us": mean * 11,
        "slowdown_mean": 1.5 + load,
        "slowdown_p99": 10 + 20 * load,
    }
    return {
        "flows": 2000,
        "finished": 2000 if whole else 1997,
        "offered_load": round(load * (1 + 0.01 * (seed - 2)), 4),
        "offered_bps": round(load * 40e9),
        "duration_s": 0.5,
        **{name: round(value, 3) if whole else None for name, value in times.items()},
        "timeouts": int(40 * load),
        "retransmitted": int(1000 * load),
        "late": int(500 * load),
        "packets_looped": 12,
        "data_packets": 1_000_000,
        "probe_bytes": 3_000_000 if scheme in ("HULA", "Contra-WSP") else 0,
        "header_bytes": 6_000_000 if scheme.startswith("Contra") else 0,
        "data_bytes": 1_000_000_000 + (6_000_000 if scheme.startswith("Contra") else 0),
        "hops_mean": 6.0,
        "queue_max_bytes": 1_514_000,
        "dropped_full": 250,
        "packet_hops": 9_000_000,
        "seconds": 11.5,
        "contrac_version": "0.1.0",
    }


def _flows(key: tuple[str, str, float, int]) -> bytes:
    chance = random.Random(repr(key))
    spread = 0.4 + key[2] * (1.3 if key[0] == "ECMP" else 0.9)
    lines = ["start_ns,source,target,size,fct_ns,slowdown"]
    for number in range(200):
        slowdown = 1 + chance.lognormvariate(math.log(spread), 0.9)
        lines.append(f"{number * 1000},a,b,{1460 * (number + 1)},{int(100_000 * slowdown)},{slowdown:.4f}")
    return gzip.compress("\n".join(lines).encode() + b"\n", mtime=0)


def write_recovery(folder: Path, back_us: Mapping[str, float | None]) -> Path:
    """An experiment on recovery: by scheme the time after which 4.25 Gbit/s are back, None for never."""
    (folder / "runs").mkdir(parents=True)
    labels, rows = {}, []
    for scheme, back in back_us.items():
        for seed in (1, 2, 3):
            name = f"{scheme}-{seed}"
            labels[name] = {"experiment": "recovery", "kind": "recovery", "scheme": scheme, "topology": "fattree-paper",
                            "workload": "", "load": None, "seed": seed, "failures": "a1_1-c1@10ms"}  # fmt: skip
            measures = {"flows": 32, "finished": 32, "cut_us": 10_000.0, "throughput_before_bps": 4_250_000_000,
                        "throughput_dip_bps": 3_190_000_000, "recovery_us": "" if back is None else back + seed,
                        "sent": 10_000, "delivered": 9_900}  # fmt: skip
            rows.append({"run": name, **labels[name], **measures})
            times = [3_000.0 + 50 * i for i in range(1, 341)]
            chance = random.Random(name)
            until = 1e9 if back is None else 10_000 + back + seed
            rates = [(3.19e9 if 10_000 < t <= until else 4.25e9) * chance.uniform(0.99, 1.01) for t in times]
            series = {"time_us": times, "throughput_bps": [round(rate) for rate in rates], "bin_us": 50.0}
            (folder / "runs" / f"{name}.json").write_text(json.dumps({"row": rows[-1], "series": series}))
    write_plan(folder, "recovery", "recovery", "Recovery from a cut link", "", labels)
    write_table(folder, rows)
    return folder


def write_sizes(folder: Path, kind: str, published: str, value: Callable[[str, int], float], failed: str = "") -> Path:
    """An experiment on state or compile time: the value of a policy on so many switches; a failed run by its id."""
    (folder / "runs").mkdir(parents=True)
    networks = {f"fat-tree-{k}": n for k, n in ((4, 20), (10, 125), (14, 245), (18, 405), (20, 500))}
    networks |= {f"random-{n}-8-1": n for n in (100, 200, 300, 400, 500)}
    labels, rows = {}, []
    for network, switches in networks.items():
        for scheme in ("MU", "CA", "WP"):
            name = f"{network}-{scheme}"
            labels[name] = {"experiment": kind, "kind": kind, "scheme": scheme, "policy": f"{scheme.lower()}.ctr",
                            "topology": network, "workload": "", "load": None, "seed": 1, "failures": ""}  # fmt: skip
            found = value(scheme, switches)
            if kind == "state":
                measures: Row = {
                    "state_kb_max": found,
                    "register_kb_max": found / 2,
                    "table_kb_max": found / 2,
                    "entries_max": 9,
                }
            else:
                measures = {
                    "repeats": 3,
                    "compile_s": found,
                    "compile_min_s": found * 0.9,
                    "compile_max_s": found * 1.2,
                }
            if name == failed:
                note = {"run": name, "error": "CompilerFailed: no memory"}
                (folder / "runs" / f"{name}.failed.json").write_text(json.dumps(note))
            else:
                rows.append({"run": name, **labels[name], "switches": switches, **measures})
    write_plan(folder, kind, kind, kind.capitalize(), published, labels)
    write_table(folder, rows)
    return folder
