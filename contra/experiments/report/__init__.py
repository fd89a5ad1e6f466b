"""Reports on the results of experiments: `write_report`."""

from __future__ import annotations

from contra.experiments.report.write import write_report

__all__ = ["write_report"]
