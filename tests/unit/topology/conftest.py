"""Helpers for the topology tests: load texts and collect what was reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from contra.diagnostics import CompileError, Diagnostic, Reporter
from contra.source import SourceFile
from contra.topology import Defaults, load_source
from contra.topology.model import Topology


@dataclass
class Outcome:
    """A topology or None, and all diagnostics."""

    topology: Topology | None
    diagnostics: list[Diagnostic]

    @property
    def codes(self) -> list[str]:
        return [d.code for d in self.diagnostics]

    @property
    def titles(self) -> list[str]:
        return [d.title_text() for d in self.diagnostics]

    def places(self) -> list[tuple[str, int, int]]:
        return [(d.code, d.span.line, d.span.column) for d in self.diagnostics if d.span]


def _load(text: Any, *, name: str = "t.json", defaults: Defaults | None = None) -> Outcome:
    reporter = Reporter()
    text = text if isinstance(text, str) else json.dumps(text)
    try:
        topology = load_source(SourceFile(name, text), reporter, defaults=defaults or Defaults())
    except CompileError as error:
        assert list(error.diagnostics) == reporter.diagnostics
        return Outcome(None, reporter.diagnostics)
    return Outcome(topology, reporter.diagnostics)


@pytest.fixture
def attempt() -> Callable[..., Outcome]:
    """Load a text (or a value as JSON); errors are returned, not raised."""
    return _load


@pytest.fixture
def good() -> Callable[..., Topology]:
    """Load what must be without an error or warning."""

    def load(text: Any, **options: Any) -> Topology:
        outcome = _load(text, **options)
        assert outcome.topology is not None, outcome.titles
        assert outcome.diagnostics == []
        return outcome.topology

    return load
