"""Regular expressions over switch names -> minimal DFAs. A library: it knows no policy and no network.

`minimal(regex)` gives the canonical minimal automaton, `reverse(regex)` the regex of the words read backwards.
"""

from contra.automata.determinise import MAX_STATES, TooManyStatesError
from contra.automata.dfa import Dfa, minimal
from contra.automata.transform import reverse

__all__ = ["MAX_STATES", "Dfa", "TooManyStatesError", "minimal", "reverse"]
