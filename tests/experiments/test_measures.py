"""Numbers of the table, by hand."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import replace
from typing import Any

import numpy as np

from contra.diagnostics import Reporter
from contra.experiments.kinds.measures import Ideal, completion, flow_list
from contra.experiments.kinds.recovery import recovered
from contra.resources import resource_dir
from contra.topology import load

US = 10**6  # ps


def columns(fct_us: list[int], sizes: list[int], large: int = 10**6) -> dict[str, Any]:
    times = np.array(fct_us, np.int64) * US
    return completion(times, np.array(sizes), large, times / US / 10)


def test_means_and_percentiles() -> None:
    found = columns(list(range(1, 102)), [100_000] * 51 + [100_001] * 49 + [10**6])
    assert found["fct_mean_us"] == 51
    assert (found["fct_p50_us"], found["fct_p95_us"], found["fct_p99_us"]) == (51, 96, 100)
    assert (found["fct_small_mean_us"], found["fct_small_p99_us"]) == (26, 50.5)
    assert found["fct_large_mean_us"] == 101
    assert (found["slowdown_mean"], found["slowdown_p99"]) == (5.1, 10)


def test_no_large_flows_no_mean_of_them() -> None:
    found = columns([5, 7], [10, 20])
    assert found["fct_large_mean_us"] is None
    assert found["fct_small_mean_us"] == 6


def test_an_unfinished_flow_leaves_all_times_empty() -> None:
    found = completion(np.array([5 * US, -1]), np.array([1, 2]), 10, np.array([1.0, np.nan]))
    assert set(found.values()) == {None}
    assert len(found) == 9


def test_the_least_time_of_a_flow() -> None:
    """Diamond: 10 us at each of two access links and two links: a round trip of 80 us, twice; 10 Gbit/s everywhere."""
    diamond = load(str(resource_dir("topologies") / "diamond.json"), Reporter())
    ideal = Ideal(diamond, 1460)
    assert ideal.time_ps("hA", "hD", 1) == 160 * US + 55 * 800
    assert ideal.time_ps("hA", "hD", 1460) == 160 * US + 1514 * 800
    assert ideal.time_ps("hA", "hB", 1461) == 120 * US + (1461 + 108) * 800


def test_the_least_time_takes_the_widest_path() -> None:
    diamond = load(str(resource_dir("topologies") / "diamond.json"), Reporter())
    by_c = [replace(link, capacity=(1 + link.index) * 10**9) for link in diamond.links]  # AB 1, AC 2, BD 3, CD 4
    ideal = Ideal(replace(diamond, links=tuple(by_c)), 1460)
    assert ideal.time_ps("hA", "hD", 1000) == 160 * US + 1054 * 8 * 500
    assert ideal.time_ps("hA", "hB", 1000) == 120 * US + 1054 * 8 * 500  # by C and D, where 2 Gbit/s are left


def test_hosts_of_one_switch() -> None:
    tree = load(str(resource_dir("topologies") / "fattree-paper.json"), Reporter())
    assert Ideal(tree, 1460).time_ps("h1_1_1", "h1_1_2", 100) == 80 * US + 154 * 800


def test_lists_of_flows_are_the_same_bytes() -> None:
    rows = {"a": [1, 2], "b": ["x,y", ""]}
    assert flow_list(rows) == flow_list(rows)
    assert list(csv.reader(io.StringIO(gzip.decompress(flow_list(rows)).decode()))) == [
        ["a", "b"],
        ["1", "x,y"],
        ["2", ""],
    ]


# ------------------------------------------------------------------------------------------------ recovery


def back(rates: list[float], cut: int | None, shocks: list[int] | None = None) -> dict[str, Any]:
    """Bins of 10 us, the first of them ending at 10 us."""
    ends = [10_000 * (number + 1) for number in range(len(rates))]
    return recovered(ends, np.array(rates), cut, shocks or ([] if cut is None else [cut]), 10_000)


def test_back_after_a_dip() -> None:
    """100 before; at 100 us it falls for 5 bins to 20. From 150 us on all windows of 4 bins are full."""
    found = back([100.0] * 10 + [20.0] * 5 + [100.0] * 20, 100_000)
    assert found == {"throughput_before_bps": 100, "throughput_dip_bps": 20, "recovery_us": 50.0}


def test_a_single_poor_bin_is_no_relapse() -> None:
    found = back([100.0] * 10 + [0.0] * 3 + [100.0] * 6 + [85.0] + [100.0] * 10, 100_000)
    assert found["recovery_us"] == 30


def test_a_relapse_counts() -> None:
    found = back([100.0] * 10 + [0.0] * 3 + [100.0] * 6 + [0.0] * 4 + [100.0] * 10, 100_000)
    assert found["recovery_us"] == 130


def test_never_back() -> None:
    found = back([100.0] * 10 + [50.0] * 30, 100_000)
    assert found == {"throughput_before_bps": 100, "throughput_dip_bps": 50, "recovery_us": None}


def test_back_only_by_the_repair_is_not_back() -> None:
    rates = [100.0] * 10 + [50.0] * 20 + [100.0] * 20
    assert back(rates, 100_000, [100_000, 300_000])["recovery_us"] is None


def test_never_fell() -> None:
    assert back([100.0] * 40, 100_000)["recovery_us"] == 0


def test_no_cut_nothing_to_say() -> None:
    assert set(back([100.0] * 40, None).values()) == {None}
