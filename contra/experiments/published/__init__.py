"""The curves of the paper's figures, as data: what a report is drawn beside.

One JSON file for each figure; `claims.json` has what the paper's text says about the figures, `facts.json` single
measurements. The values are read off the printed figures.
"""

from __future__ import annotations

from contra.experiments.published.curves import Claim, Curve, Fact, Figure, claims, facts, figures, keys, plain_scheme

__all__ = ["Claim", "Curve", "Fact", "Figure", "claims", "facts", "figures", "keys", "plain_scheme"]
