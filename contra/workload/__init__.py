"""Flows to load a network with: how large, when, from whom to whom.

Consumes a seed and a description (`Demand`), or a trace; produces `Traffic`. What is random depends on the seed alone,
so every scheme of a comparison gets the same flows. Knows hosts by name and a topology only for its capacity.
"""

from contra.workload.arrivals import Demand, make_traffic
from contra.workload.capacity import access_capacity, smallest_cut
from contra.workload.distribution import Distribution
from contra.workload.model import Flow, Traffic, offered_bps
from contra.workload.patterns import PATTERNS, Pattern, random_pairs

__all__ = [
    "PATTERNS",
    "Demand",
    "Distribution",
    "Flow",
    "Pattern",
    "Traffic",
    "access_capacity",
    "make_traffic",
    "offered_bps",
    "random_pairs",
    "smallest_cut",
]
