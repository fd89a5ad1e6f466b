"""`CheckedPolicy` -> `AnalysedPolicy`: monotone, isotone, split into classes; or refused with a witness."""

from contra.analysis.analyse import analyse
from contra.analysis.explain import explain

__all__ = ["analyse", "explain"]
