"""What all tests share: golden files that one option regenerates."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run: a change is judged, not its luck. HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write the expected files from what the code does now; review the diff before you commit it",
    )
    parser.addoption(
        "--record-bmv2",
        action="store_true",
        help="write tests/differential/fixtures anew from what the real BMv2 does now",
    )
    parser.addoption(
        "--bmv2-seed", type=int, default=0, help="other packets for the differential runs; 0 for those of the fixtures"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[Path, str], None]:
    """`golden(path, text)`: the text must be what the file holds; --update-golden writes it there."""

    def compare(path: Path, text: str) -> None:
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            return
        assert path.exists(), f"{path} is missing: run pytest --update-golden and review what it writes"
        assert text == path.read_text(encoding="utf-8")

    return compare
