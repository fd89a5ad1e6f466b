"""Links by the names that `contra run --fail` has for them, without a time."""

from __future__ import annotations

import pytest
from support.builds import topology_of

from contra.diagnostics import CompileError, Reporter
from contra.engine.inputs import LinkFailure, SwitchFailure, read_failure, read_place

TOPOLOGY = topology_of(
    {
        "switches": {"a": {}, "b": {}, "c": {}},
        "links": [{"ends": ends} for ends in (["a", "b"], ["a", "b"], ["b", "c"])],
    }
)


@pytest.mark.parametrize(
    ("text", "links"), [("a-b", (0, 1)), ("a:2-b", (1,)), ("a-b:1", (0,)), ("b:2-a:2", (1,)), ("c-b", (2,))]
)
def test_links(text: str, links: tuple[int, ...]) -> None:
    place = read_place(text, TOPOLOGY, Reporter())
    assert place == LinkFailure(links=links, start_ns=0, stop_ns=None)
    assert place == read_failure(f"{text}@0s", TOPOLOGY, Reporter())


def test_switches() -> None:
    assert read_place("b", TOPOLOGY, Reporter()) == SwitchFailure(switch=1, start_ns=0, stop_ns=None)


@pytest.mark.parametrize(
    ("text", "code"), [("a-c", "CTR1021"), ("a-x", "CTR1020"), ("", "CTR1020"), ("a:9-b", "CTR1021"), ("-", "CTR1020")]
)
def test_what_is_not_there(text: str, code: str) -> None:
    with pytest.raises(CompileError) as error:
        read_place(text, TOPOLOGY, Reporter(), "LINK")
    (problem,) = error.value.diagnostics
    assert problem.code == code
    assert problem.span is None or problem.span.file.name == "LINK"
