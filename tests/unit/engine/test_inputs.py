"""State files, traffic, failures and times that are right, and what they mean. (Wrong ones: tests/errors/engine.)"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contra.diagnostics import CompileError, Reporter
from contra.engine.inputs import (
    Endpoint,
    Failure,
    Flow,
    LinkFailure,
    LinkState,
    SwitchFailure,
    at_rest,
    read_duration,
    read_failure,
    read_file,
    read_state,
    read_traffic,
)
from contra.source import SourceFile
from contra.topology import load

NETWORK = load(str(Path(__file__).parents[2] / "errors/engine/network.json"), Reporter())
"""A B A-B C B-C edge-1 x:y; links 0 and 1 A-B, 2 A-"B-C", 3 "A-B"-C, 4 edge-1-A, 5 x:y-B, 6 C-B."""
A, B, A_B, C, B_C, EDGE, XY = range(7)
MS = 10**6


def state(*rows: dict[str, object]) -> tuple[LinkState, ...]:
    return read_state(SourceFile("state.json", json.dumps({"links": rows})), NETWORK, Reporter())


def test_what_no_row_names_is_at_rest() -> None:
    rest = at_rest(NETWORK)
    assert state() == rest
    assert [(each.link, each.forward) for each in rest[:4]] == [(0, True), (0, False), (1, True), (1, False)]
    assert {(each.util, each.up) for each in rest} == {(Fraction(0), True)}
    assert rest[2].latency_ns == 2000
    assert rest[2].attributes == (("bw", Fraction(5)), ("cost", Fraction(1)))


def test_a_row_sets_one_direction() -> None:
    found = state({"from": "C", "to": "A-B", "util": 0.7, "latency": "50us", "up": False, "cost": 2.25})
    changed = [(old, new) for old, new in zip(at_rest(NETWORK), found, strict=True) if old != new]
    assert changed == [
        (
            at_rest(NETWORK)[7],
            LinkState(
                link=3,
                forward=False,
                util=Fraction(7, 10),
                latency_ns=50_000,
                up=False,
                attributes=(("bw", Fraction(5)), ("cost", Fraction(9, 4))),
            ),
        )
    ]


def test_parallel_links_together_or_by_port() -> None:
    both = state({"from": "B", "to": "A", "util": 1})
    assert [each.util for each in both[:4]] == [0, 1, 0, 1]
    one = state({"from": "A", "to": "B", "port": 2, "util": 1.31}, {"from": "A", "to": "B", "port": 1, "util": 0})
    assert [each.util for each in one[:4]] == [0, 0, Fraction(131, 100), 0]


@given(st.decimals(0, "1.31", places=6))
def test_utilisations_are_exact(value: object) -> None:
    text = f'{{"links": [{{"from": "x:y", "to": "B", "util": {value}}}]}}'
    found = read_state(SourceFile("state.json", text), NETWORK, Reporter())
    assert found[10].util == Fraction(str(value))


HOST, OTHER = Endpoint(A, 0), Endpoint(C, 1)
FAILURES: list[tuple[str, Failure]] = [
    ("edge-1@2s..3s", SwitchFailure(switch=EDGE, start_ns=2000 * MS, stop_ns=3000 * MS)),
    ("B@2.5ms", SwitchFailure(switch=B, start_ns=2_500_000, stop_ns=None)),
    ("edge-1-A@0s..1ns", LinkFailure(links=(4,), start_ns=0, stop_ns=1)),
    ("A-edge-1@1us", LinkFailure(links=(4,), start_ns=1000, stop_ns=None)),
    ("B-A@1s", LinkFailure(links=(0, 1), start_ns=1000 * MS, stop_ns=None)),
    ("A-B:2@1s", LinkFailure(links=(1,), start_ns=1000 * MS, stop_ns=None)),
    ("A:2-B@1s", LinkFailure(links=(1,), start_ns=1000 * MS, stop_ns=None)),
    ("A:1-B:1@1s", LinkFailure(links=(0,), start_ns=1000 * MS, stop_ns=None)),
    ("A:3-B-C@1s", LinkFailure(links=(2,), start_ns=1000 * MS, stop_ns=None)),
    ("A-B:1-C@1s", LinkFailure(links=(3,), start_ns=1000 * MS, stop_ns=None)),
    ("x:y-B@1s", LinkFailure(links=(5,), start_ns=1000 * MS, stop_ns=None)),
    ("x:y:1-B@1s", LinkFailure(links=(5,), start_ns=1000 * MS, stop_ns=None)),
    ("C-B@1s", LinkFailure(links=(6,), start_ns=1000 * MS, stop_ns=None)),
]


@pytest.mark.parametrize(("text", "failure"), FAILURES, ids=lambda value: value if isinstance(value, str) else "")
def test_failures(text: str, failure: Failure) -> None:
    assert read_failure(text, NETWORK, Reporter()) == failure


@pytest.mark.parametrize(
    ("text", "ends", "rate"),
    [
        ("h1:h:2:5Mbit", (HOST, OTHER), 5_000_000),
        ("h:2:h1:1.5Gbit/s", (OTHER, HOST), 1_500_000_000),
        ("h1:x:y:800kbit", (HOST, Endpoint(XY, None)), 800_000),
        ("A-B:h1:1Gbps", (Endpoint(A_B, None), HOST), 10**9),
    ],
)
def test_a_flow_as_an_argument(text: str, ends: tuple[Endpoint, Endpoint], rate: int) -> None:
    (flow,) = read_traffic(text, NETWORK, Reporter())
    assert flow == Flow(source=ends[0], target=ends[1], rate=rate, frame_bytes=1000)
    assert (flow.start_ns, flow.stop_ns, flow.flows) == (None, None, 1)


def test_a_file_of_flows(tmp_path: Path) -> None:
    rows = [
        {"from": "h1", "to": "h:2", "rate": "5Mbit"},
        {"from": "C", "to": "h1", "rate": "1kbit", "size": 60, "start": "1.5s", "stop": "2s", "flows": 8},
    ]
    file = tmp_path / "a:b:c.json"  # a file, whatever its name looks like
    file.write_text("\ufeff" + json.dumps(rows), encoding="utf-8")
    assert read_traffic(str(file), NETWORK, Reporter()) == (
        Flow(source=HOST, target=OTHER, rate=5_000_000, frame_bytes=1000),
        Flow(
            source=Endpoint(C, None),
            target=HOST,
            rate=1000,
            frame_bytes=60,
            start_ns=1500 * MS,
            stop_ns=2000 * MS,
            flows=8,
        ),
    )


@pytest.mark.parametrize(
    ("text", "ns"), [("5s", 5 * 10**9), (" 2.5 ms ", 2_500_000), ("1us", 1000), ("3µs", 3000), ("10000s", 10**13)]
)
def test_durations(text: str, ns: int) -> None:
    assert read_duration(SourceFile("--for", text), Reporter()) == ns


def test_files_that_are_no_text(tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"[\n\n\xfe]")
    for path, reason in [
        (binary, "it is not UTF-8 text: byte 4, in line 3, is 0xfe"),
        (tmp_path, "is a directory"),
        (tmp_path / "no", "no such file or directory"),
        (Path("a\0b"), "embedded null byte"),
    ]:
        with pytest.raises(CompileError) as caught:
            read_file(path, "the state file", Reporter())
        (said,) = caught.value.diagnostics
        assert said.code == "CTR1001"
        assert said.title_text().endswith(reason)


@given(st.text(st.sampled_from("A-B:1@.2s5Mbitx yedg\n\0é"), max_size=24))
def test_no_argument_breaks_the_readers(text: str) -> None:
    for read in (read_failure, read_traffic):
        try:
            read(text, NETWORK, Reporter())
        except CompileError as error:
            assert error.diagnostics
            assert all(each.title_text() for each in error.diagnostics)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["A", "B", "5us", "h1"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["links", "from", "to", "port", "util", "latency", "up"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_state_breaks_the_reader(value: object) -> None:
    for content in (value, {"links": value}, {"links": [value]}):
        try:
            found = read_state(SourceFile("state.json", json.dumps(content)), NETWORK, Reporter())
        except CompileError as error:
            assert error.diagnostics
        else:
            assert len(found) == 2 * len(NETWORK.links)
