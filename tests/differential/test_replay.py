"""What the real BMv2 did with some twenty thousand packets, kept as fixtures: the engine does the same, bit by bit."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from differential import coverage, engine, programs, runs
from differential.case import CPU, Outcome, Record, load
from differential.compare import differences
from differential.instrument import COUNT, LOG, code_key, instrument, times
from differential.traffic import drop_reasons

_DAILY = {  # one of each kind: plain, tags, latency, two classes, no hosts; the others take too long to compile
    "p1_shortest_path-A",
    "p4_waypoint-A",
    "p7_source_local-X",
    "p8_congestion_aware-A",
    "flowlet_violation-E",
    "baseline_hula-A",
    "baseline_spain-E",
    *runs.FEATURES,
}
_JITTED = [pytest.param(name, marks=() if name in _DAILY else pytest.mark.slow) for name in runs.NAMES]


@pytest.mark.parametrize("name", runs.NAMES)
def test_python_does_what_bmv2_did_and_nothing_undefined(name: str) -> None:
    record = runs.recorded(name)
    outcome, faults = engine.run_strictly(record.case(runs.text(name)))
    assert differences(record.outcome, outcome) == []
    assert faults == []


@pytest.mark.parametrize("name", runs.FEATURES)
def test_python_without_checks_does_what_bmv2_did(name: str) -> None:
    record = runs.recorded(name)
    assert differences(record.outcome, engine.run(record.case(runs.text(name)), jit=False)) == []


@pytest.mark.parametrize("name", _JITTED)
def test_machine_code_does_what_bmv2_did(name: str, pytestconfig: pytest.Config, tmp_path: Path) -> None:
    record = runs.recorded(name)
    cache = pytestconfig.cache.mkdir("engine") if pytestconfig.cache else tmp_path
    outcome = engine.run(record.case(runs.text(name)), jit=True, cache=cache)
    assert differences(record.outcome, outcome) == []


# ------------------------------------------------------------------------------------------------ what was recorded


@pytest.fixture(scope="module")
def shapes() -> list[Record]:
    return [runs.recorded(name) for name in runs.SHAPES]


def test_every_policy_shape_is_recorded_with_at_least_ten_thousand_packets(shapes: list[Record]) -> None:
    assert {path.stem for path in programs.POLICIES.glob("*.ctr")} == set(programs.WHERE)
    assert sum(len(record.packets) for record in shapes) >= 10_000
    assert {path.name.partition(".")[0] for path in runs.FIXTURES.glob("*.json.xz")} == set(runs.NAMES)


def test_every_drop_reason_occurs_often(shapes: list[Record]) -> None:
    counted: dict[str, int] = {}
    for record in shapes:
        text = programs.program(runs.SHAPES[record.name])[0]
        for reason, (packets, _) in zip(drop_reasons(text), record.outcome.counters["drops"], strict=True):
            counted[reason] = counted.get(reason, 0) + packets
    assert len(counted) == 11
    assert min(counted.values()) >= 50, counted


def test_other_schemes_drop_for_all_their_reasons_and_send_data_on() -> None:
    counted: dict[tuple[str, str], int] = {}
    for name, baseline in runs.BASELINES.items():
        record = runs.recorded(name)
        for reason, (packets, _) in zip(drop_reasons(runs.text(name)), record.outcome.counters["drops"], strict=True):
            key = baseline.scheme, reason
            counted[key] = counted.get(key, 0) + packets
        kinds = [frame[12:14].hex() for frames in record.outcome.frames.values() for frame in frames]
        assert kinds.count("0800") + kinds.count("8100") >= 50, name
        assert (kinds.count("8100") >= 10) == ("8100" in kinds) == (baseline.scheme == "spain")
        assert (kinds.count("88b5") >= 10) == ("88b5" in kinds) == (baseline.scheme == "hula")
    assert min(counted.values()) >= 3, counted


def test_authenticated_programs_are_recorded_with_at_least_a_thousand_packets() -> None:
    counted: dict[str, int] = {}
    for name, shape in runs.AUTHENTICATED.items():
        record = runs.recorded(name)
        reasons = drop_reasons(programs.program(shape)[0])
        for reason, (packets, _) in zip(reasons, record.outcome.counters["drops"], strict=True):
            counted[reason] = counted.get(reason, 0) + packets
        told = [frame for frames in record.outcome.frames.values() for frame in frames if frame[12:14] == b"\x88\xb5"]
        assert bool(told) == bool(shape.key), name
    assert sum(len(runs.recorded(name).packets) for name in runs.AUTHENTICATED) >= 1000
    assert counted["UNAUTHENTIC"] >= 200


@pytest.mark.slow
def test_conditions_about_the_key_go_both_ways() -> None:
    reached, held = coverage.counts(runs.AUTHENTICATED)
    places = [place for place in reached if re.search(r"keyed|authentic|mac", place.text)]
    assert len(places) == 4
    assert not [text for text in coverage.one_sided(reached, held) if re.search(r"keyed|authentic|mac", text)]


def test_packets_of_all_kinds_leave_by_all_kinds_of_ports(shapes: list[Record]) -> None:
    seen: set[str] = set()
    for record in shapes:
        place = programs.place(runs.SHAPES[record.name])
        seen |= {frame[12:14].hex() for frames in record.outcome.frames.values() for frame in frames}
        assert not record.outcome.frames[place.ports[-2]], "a port that leads nowhere"
    assert {"88b5", "88b6", "0800", "0806"} <= seen
    assert sum(len(record.outcome.frames[CPU]) for record in shapes) >= 50


def test_resubmissions_occur_everywhere(shapes: list[Record]) -> None:
    for record in shapes:
        assert record.outcome.registers[COUNT][0] > len(record.packets) + 3, record.name


def test_the_fixtures_are_small() -> None:
    assert sum(path.stat().st_size for path in runs.FIXTURES.iterdir()) < 1_500_000


@pytest.mark.slow
def test_every_condition_of_every_program_goes_both_ways() -> None:
    reached, held = coverage.counts(runs.SHAPES)
    assert len(reached) > 50
    assert list(coverage.one_sided(reached, held)) == []


def test_probes_stand_in_every_relation_to_what_was_known() -> None:
    found = coverage.relations(name for name in runs.SHAPES if name.endswith("-A"))
    assert len(found) == len(coverage.RANKS) * len(coverage.AGES)
    assert min(found.values()) >= 5, found


# ------------------------------------------------------------------------------------------------ the tools


def _altered(outcome: Outcome) -> dict[str, Outcome]:
    """The outcome with one thing changed, in every way in which two can differ."""
    port = next(port for port, frames in outcome.frames.items() if len(frames) > 1)
    frames = outcome.frames[port]
    flipped = bytes([frames[1][0] ^ 1]) + frames[1][1:]
    name, cells = next(iter(outcome.registers.items()))
    count, counts = next(iter(outcome.counters.items()))
    return {
        "a bit": replace(outcome, frames={**outcome.frames, port: (frames[0], flipped, *frames[2:])}),
        "a lost frame": replace(outcome, frames={**outcome.frames, port: frames[:-1]}),
        "another frame": replace(outcome, frames={**outcome.frames, port: (*frames, frames[0])}),
        "a byte more": replace(outcome, frames={**outcome.frames, port: (frames[0] + b"\0", *frames[1:])}),
        "a cell": replace(outcome, registers={**outcome.registers, name: (*cells[:-1], cells[-1] ^ 1)}),
        "a size": replace(outcome, registers={**outcome.registers, name: cells[:-1]}),
        "a register": replace(outcome, registers={key: row for key, row in outcome.registers.items() if key != name}),
        "a count": replace(outcome, counters={**outcome.counters, count: ((7, 7), *counts[1:])}),
    }


def test_the_comparison_sees_every_difference() -> None:
    outcome = runs.recorded("p3_widest_shortest-A").outcome
    assert differences(outcome, outcome) == []
    for what, other in _altered(outcome).items():
        assert differences(outcome, other), what
        assert differences(other, outcome), what


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    for name in ("p8_congestion_aware-A", "multicast"):
        record = runs.recorded(name)
        assert load(record.save(tmp_path)) == record


def test_a_changed_program_asks_for_a_new_record(monkeypatch: pytest.MonkeyPatch) -> None:
    text = runs.text("p3_widest_shortest-A").replace("LOOP_THRESHOLD = 3", "LOOP_THRESHOLD = 4")
    monkeypatch.setattr(runs, "text", lambda name: text)
    with pytest.raises(AssertionError, match="--record-bmv2"):
        runs.recorded("p3_widest_shortest-A")


def test_the_log_is_all_that_is_added() -> None:
    text = programs.program(runs.SHAPES["p3_widest_shortest-A"])[0]
    watched = instrument(text, 100).splitlines()
    added = [line for line in watched if "clock_" in line]
    assert len(added) == 6
    assert [line for line in watched if line not in added and line] == [line for line in text.splitlines() if line]


def test_the_log_skips_resubmitted_packets() -> None:
    assert times((5, 0, 9, 0, 0), 3) == (5, 9)
    with pytest.raises(ValueError, match="4 passes"):
        times((1, 2, 3), 4)
    assert LOG != COUNT


def test_the_key_is_of_the_code_alone() -> None:
    text = "// a\ncontrol C() { /* b\n */ apply { } }\n"
    assert code_key(text) == code_key("control C()  { apply { } }  // c")
    assert code_key(text) != code_key("control D() { apply { } }")
