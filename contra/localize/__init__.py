"""Which objects of the policy and the network are broken, given the entries of all switches and which of them fail.

Consumes rows (element, objects, those to blame) and a change log, gives a `Hypothesis`. Knows nothing of switches and
networks; `objects` reads the provenance of entries and the manifest of a build.
"""

from contra.localize.localize import DEFAULT_METHOD, METHODS, localize
from contra.localize.model import Change, Hypothesis, Object, RiskModel, Row, Suspect, risk_model

__all__ = [
    "DEFAULT_METHOD",
    "METHODS",
    "Change",
    "Hypothesis",
    "Object",
    "RiskModel",
    "Row",
    "Suspect",
    "localize",
    "risk_model",
]
