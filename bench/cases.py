"""The policies and networks of the paper's compile-time and state figures (Contra, NSDI 2020, figures 6 and 7)."""

from __future__ import annotations

from dataclasses import dataclass

from contra.topology import to_json
from contra.topology.generate import fat_tree, random_regular

FAT_TREES = {20: 4, 125: 10, 245: 14, 405: 18, 500: 20}
"""Switches -> k."""
RANDOM_GRAPHS = (100, 200, 300, 400, 500)
RANDOM_DEGREE = 8
"""The paper does not state the degree; 8 reproduces its state figures."""

PAPER_SECONDS = {
    "MU": (0.41, 0.60, 0.94, 1.54, 2.02, 0.57, 0.77, 1.04, 1.36, 1.73),
    "CA": (0.43, 0.68, 1.06, 1.85, 2.46, 0.59, 0.88, 1.24, 1.67, 2.19),
    "WP": (0.44, 0.70, 1.19, 2.17, 2.97, 0.63, 0.96, 1.42, 1.98, 2.60),
}
PAPER_STATE_KB = {
    "MU": (15, 17, 20, 24, 26, 17, 19, 21, 24, 26),
    "CA": (25, 32, 39, 49, 55, 30, 36, 42, 49, 55),
    "WP": (33, 39, 46, 55, 61, 38, 43, 49, 54, 60),
}


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the figures: every switch is a destination."""

    name: str
    json: str
    waypoints: tuple[str, str, str]


def policy_text(policy: str, network: Network) -> str:
    """MU: no regex; CA: two metrics, two probe classes; WP: three regexes, one metric."""
    if policy == "MU":
        return "minimize(path.util)\n"
    if policy == "CA":
        return "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))\n"
    branches = " else ".join(f"if .* {name} .* then path.util" for name in network.waypoints)
    return f"minimize({branches} else inf)\n"


def fat_tree_network(k: int) -> Network:
    """A k-ary fat tree without hosts."""
    topology = fat_tree(k, hosts_per_edge=0)
    names = [switch.label for switch in topology.switches]
    return Network(f"fat tree {len(names)}", to_json(topology), (names[0], names[1], names[2]))


def random_network(switches: int) -> Network:
    """A random regular graph without hosts."""
    topology = random_regular(switches, RANDOM_DEGREE, seed=1)
    names = [switch.label for switch in topology.switches]
    return Network(f"random {switches}", to_json(topology), (names[0], names[1], names[2]))


def paper_networks() -> list[Network]:
    """The ten networks, in the order of the tables above."""
    trees = [fat_tree_network(k) for k in FAT_TREES.values()]
    return trees + [random_network(size) for size in RANDOM_GRAPHS]
