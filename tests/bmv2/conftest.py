"""Tests on real BMv2 switches: skipped, with the reason, where they cannot run.

test_differential.py needs less than the others (no root), and says itself what.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.bmv2 import missing

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    mine = [item for item in items if item.path.parent == HERE and item.path.name != "test_differential.py"]
    reason = missing() if mine else None
    for item in mine:
        item.add_marker(pytest.mark.bmv2)
        item.add_marker(pytest.mark.slow)  # real time: they need a machine to themselves
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
