"""Regular expressions over switch names -> minimal DFAs. A library: it knows no policy and no network.

`minimal(regex)` gives the canonical minimal automaton, `reverse(regex)` the regex of the words read backwards. The
rest is for building automata of one's own: sparse `Rows`, the `coarsest` stable partition, canonical numbering.
"""

from contra.automata.determinise import MAX_STATES, Rows, TooManyStatesError
from contra.automata.dfa import Dfa, breadth_first, minimal, predecessors
from contra.automata.partition import coarsest
from contra.automata.transform import reverse

__all__ = [
    "MAX_STATES",
    "Dfa",
    "Rows",
    "TooManyStatesError",
    "breadth_first",
    "coarsest",
    "minimal",
    "predecessors",
    "reverse",
]
