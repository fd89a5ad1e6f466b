"""The messages of tests/errors/topology: what is found, and where. (Their wording is in the .err files.)"""

from __future__ import annotations

from pathlib import Path

import pytest

from contra.diagnostics import CompileError, Reporter, Severity
from contra.topology import load

FOLDER = Path(__file__).resolve().parents[2] / "errors" / "topology"
INPUTS = sorted(p for p in FOLDER.iterdir() if p.suffix != ".err")

# Codes with the line and column of the primary place, read off the files by eye.
EXPECTED = {
    "a_list.json": ["CTR0211 1:1"],
    "disconnected.json": ["CTR0225 2:34"],
    "duplicate_host.json": ["CTR0214 3:35"],
    "duplicate_key.json": ["CTR0214 4:44"],
    "duplicate_switch.json": ["CTR0214 2:34"],
    "deep.json": ["CTR0207 1:113"],
    "entities.xml": ["CTR0210 2:1"],
    "host_in_link.json": ["CTR0227 6:15"],
    "long_number.json": ["CTR0208 1:64"],
    "nan.json": ["CTR0208 4:42"],
    "no_switches.json": ["CTR0220 1:14"],
    "no_switches_key.json": ["CTR0212 2:3", "CTR0213 1:1"],
    "prototype.xml": ["CTR0212 8:3", "CTR0214 4:31", "CTR0213 5:3", "CTR0213 7:3", "CTR0221 6:28"],
    "self_loop.json": ["CTR0223 5:20"],
    "switch_and_host.json": ["CTR0222 3:13"],
    "trailing_comma.json": ["CTR0206 3:33"],
    "truncated.json": ["CTR0206 4:26"],
    "truncated.xml": ["CTR0209 2:34"],
    "unknown_keys.json": ["CTR0212 2:3", "CTR0212 3:22", "CTR0212 4:34", "CTR0212 6:26"],
    "unknown_switch_in_link.json": ["CTR0221 4:25"],
    "unknown_switch_in_host.json": ["CTR0221 3:30", "CTR0221 4:30"],
}


def diagnostics(path: Path):
    reporter = Reporter()
    with pytest.raises(CompileError):
        load(str(path), reporter)
    return reporter.diagnostics


def test_there_are_plenty():
    assert len(INPUTS) >= 50


@pytest.mark.parametrize("path", INPUTS, ids=lambda p: p.name)
def test_every_input_gives_readable_errors(path):
    found = diagnostics(path)
    assert any(d.severity is Severity.ERROR for d in found)
    for d in found:
        texts = [d.title_text(), d.label_text(), *d.note_texts(), *d.help_texts()]
        assert all(text.isprintable() and len(text) < 300 for text in texts)
        assert "{" not in d.title or d.title_text() != d.title
        for span in [d.span, *(label.span for label in d.secondary())]:
            if span is not None:
                assert 0 <= span.start <= span.end <= len(span.file.text)


@pytest.mark.parametrize("name", EXPECTED)
def test_places(name):
    found = [f"{d.code} {d.span.line}:{d.span.column}" for d in diagnostics(FOLDER / name)]
    assert found == EXPECTED[name]


def test_the_near_name_and_where_it_is_declared():
    (found,) = diagnostics(FOLDER / "unknown_switch_in_link.json")
    assert found.label_text() == "did you mean 'Chicago'?"
    (declared,) = found.secondary()
    assert declared.span.text == '"Chicago"'


def test_duplicates_show_both_places():
    (found,) = diagnostics(FOLDER / "duplicate_switch.json")
    (first,) = found.secondary()
    assert (found.span.text, first.span.text) == ('"A"', '"A"')
    assert first.span.start < found.span.start


def test_the_parts_of_a_disconnected_network_are_named():
    (found,) = diagnostics(FOLDER / "disconnected.json")
    assert found.note_texts() == (
        "part 1: A, B (2 switches)",
        "part 2: C, D (2 switches)",
        "part 3: E (1 switch)",
    )
