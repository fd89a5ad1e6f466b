"""Each mistake in `messages` beside what is said about it. After a change of wording: pytest --update-golden, then read
the diff."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.experiments.read import find_experiment, read_spec
from contra.render import render_text

HERE = Path(__file__).parent / "messages"
DATA = {"sizes"}
"""Files that the mistakes refer to."""
CASES = sorted(path for path in HERE.glob("*.toml") if path.stem not in DATA)


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_message(case: Path, golden: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE)
    with pytest.raises(CompileError) as caught:
        read_spec(find_experiment(case.name, Reporter()), Reporter())
    golden(case.with_suffix(".err"), render_text(list(caught.value.diagnostics)))


def test_every_message_has_its_mistake() -> None:
    assert {path.stem for path in HERE.glob("*.err")} == {path.stem for path in CASES}
