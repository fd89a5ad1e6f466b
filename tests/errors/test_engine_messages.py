"""Messages on state files, traffic, failures and times: each mistake in `engine/messages` beside what is said about it.

`NAME.txt` has an argument a line, all for the option NAME; `state*.json` and `traffic*.json` are files. After a change
of wording: pytest --update-golden, then read the diff.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.engine import inputs
from contra.render import render_text
from contra.source import SourceFile
from contra.topology import load
from contra.topology.model import Topology

HERE = Path(__file__).parent / "engine"
CASES = sorted(path for path in (HERE / "messages").iterdir() if path.suffix != ".err")


@pytest.fixture(scope="module")
def network() -> Topology:
    return load(str(HERE / "network.json"), Reporter())


def reader_of(case: Path, network: Topology) -> Callable[[str, Reporter], object]:
    """What reads an argument, or the name of a file."""
    if case.stem == "fail":
        return lambda text, reporter: inputs.read_failure(text, network, reporter)
    if case.stem == "for":
        return lambda text, reporter: inputs.read_duration(SourceFile("--for", text), reporter)
    if case.stem.startswith("traffic"):
        return lambda text, reporter: inputs.read_traffic(text, network, reporter)
    return lambda text, reporter: inputs.read_state(
        inputs.read_file(Path(text), "the state file", reporter), network, reporter
    )


def said(read: Callable[[str, Reporter], object], text: str) -> str:
    try:
        read(text, Reporter())
    except CompileError as error:
        return render_text(list(error.diagnostics))
    raise AssertionError(f"nothing was said about {text!r}")


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_message(case: Path, network: Topology, golden: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case.parent)
    read = reader_of(case, network)
    arguments = case.read_text(encoding="utf-8").splitlines() if case.suffix == ".txt" else [case.name]
    golden(case.with_suffix(".err"), "\n".join(said(read, argument).rstrip() + "\n" for argument in arguments))


def test_every_message_has_its_mistake() -> None:
    assert {path.stem for path in (HERE / "messages").glob("*.err")} == {path.stem for path in CASES}
