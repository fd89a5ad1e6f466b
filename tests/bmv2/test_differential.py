"""The same packets through the real BMv2 and through the embedded engine: bytes, ports, registers, counters.

`--record-bmv2` keeps what BMv2 did: tests/differential/test_replay.py then compares where there is no BMv2.
`--bmv2-seed N` sends other packets.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from differential import bmv2, engine, runs
from differential.compare import differences

_MISSING = bmv2.missing()
pytestmark = [
    pytest.mark.bmv2,
    pytest.mark.slow,
    pytest.mark.skipif(_MISSING is not None, reason=_MISSING or ""),
]


@pytest.mark.parametrize("name", runs.NAMES)
def test_engine_does_what_bmv2_does(name: str, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    caches = [pytestconfig.cache.mkdir(each) if pytestconfig.cache else tmp_path for each in ("bmv2", "engine")]
    case = runs.new_case(name, pytestconfig.getoption("--bmv2-seed"))
    record = runs.on_bmv2(case, caches[0])
    if pytestconfig.getoption("--record-bmv2"):
        record.save(runs.FIXTURES)
    repeated = record.case(case.text)
    for jit in (False, True):
        assert differences(record.outcome, engine.run(repeated, jit=jit, cache=caches[1])) == []
