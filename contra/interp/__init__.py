"""The judge: what a policy means for explicit paths, straight from its definition.

Takes a checked policy and a network at one moment; enumerates walks, matches the regexes on their switches, combines
their metrics, ranks them, takes the minimum. (`least_ranks` gives the same without a look at each walk, for networks
that have too many.) Slow and obviously right: it shares no code with analysis, automata, product, ir and emit, and
computes with fractions. Nothing that packets use depends on it.
"""

from contra.interp.frontier import least_rank, least_ranks
from contra.interp.network import Edge, Network, Walk, names_of, network_of
from contra.interp.rank import INF, Rank, deciding, evaluate, matched_by, metrics, rank
from contra.interp.regex import matches
from contra.interp.search import Optimum, best, best_of_all, ranks_of, walks

__all__ = [
    "INF",
    "Edge",
    "Network",
    "Optimum",
    "Rank",
    "Walk",
    "best",
    "best_of_all",
    "deciding",
    "evaluate",
    "least_rank",
    "least_ranks",
    "matched_by",
    "matches",
    "metrics",
    "names_of",
    "network_of",
    "rank",
    "ranks_of",
    "walks",
]
