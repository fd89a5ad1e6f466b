"""An analysed policy in words."""

from __future__ import annotations

from contra.analysis.model import AnalysedPolicy


def explain(policy: AnalysedPolicy) -> str:
    """How the policy was understood."""
    return ""
