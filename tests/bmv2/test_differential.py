"""The same packets through the real BMv2 and through the embedded engine: bytes, ports, registers, counters.

`--record-bmv2` keeps what BMv2 did: tests/differential/test_replay.py then compares where there is no BMv2.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from differential import bmv2, runs

_MISSING = bmv2.missing()
pytestmark = [
    pytest.mark.bmv2,
    pytest.mark.slow,
    pytest.mark.skipif(_MISSING is not None, reason=_MISSING or ""),
]


@pytest.mark.parametrize("name", runs.NAMES)
def test_engine_does_what_bmv2_does(name: str, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    cache = pytestconfig.cache.mkdir("bmv2") if pytestconfig.cache else tmp_path
    record = runs.on_bmv2(runs.new_case(name), cache)
    if pytestconfig.getoption("--record-bmv2"):
        record.save(runs.FIXTURES)
