"""The budget checker: numbers of real programs, limits broken on purpose, and orders that must be refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from strategies.networks import network
from support.builds import lowered

from contra.diagnostics import InternalError
from contra.ir import verify
from contra.ir.budget import budget, budget_text, violations
from contra.ir.model import AccessPlan, Cell, Component, Field, IntegerForm, Pass, RankWord, Step, SwitchProgram
from contra.ir.verify import program_violations
from contra.options import ProtocolOptions

DIAMOND = network("ABCD", [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")])
CA = "minimize(if path.util < .8 then (1, 0, path.util) else (2, path.len, path.util))"
POLICIES = {
    "SP": "minimize(path.len)",
    "MU": "minimize(path.util)",
    "WSP": "minimize((path.len, path.util))",
    "WP": "minimize(if .* (B + C) .* then path.util else inf)",
    "CA": CA,
    "LAT": "minimize(path.lat)",
}


@pytest.fixture(scope="module")
def ca() -> SwitchProgram:
    return lowered(CA, DIAMOND).programs[0]


def with_passes(program: SwitchProgram, passes: tuple[Pass, ...]) -> SwitchProgram:
    return replace(program, plan=replace(program.plan, passes=passes))


def with_steps(program: SwitchProgram, name: str, steps: tuple[Step, ...]) -> SwitchProgram:
    changed = (replace(each, steps=steps) if each.name == name else each for each in program.plan.passes)
    return with_passes(program, tuple(changed))


def steps_of(program: SwitchProgram, name: str) -> tuple[Step, ...]:
    return next(each.steps for each in program.plan.passes if each.name == name)


# -------------------------------------------------------------------------------------------- numbers


def critical_path(message: int) -> int:
    """Additions and exclusive ors that wait for each other in HalfSipHash-2-4, followed word by word of its state."""
    v = [1, 1, 1, 1]

    def half(a: int, b: int) -> None:
        v[a] = max(v[a], v[b]) + 1
        v[b] = max(v[a], v[b]) + 1

    def rounds(count: int) -> None:
        for _ in range(count):
            for pair in ((0, 1), (2, 3), (0, 3), (2, 1)):
                half(*pair)

    for _ in range(message // 4 + 1):
        v[3] += 1
        rounds(2)
        v[0] += 1
    v[2] += 1
    rounds(4)
    return max(v[1], v[3]) + 1


@pytest.mark.parametrize("name", POLICIES)
def test_authentication_is_beyond_the_chip_by_its_hashes(name: str) -> None:
    """One hash in ingress behind the key, then a comparison; one in egress; no cell more."""
    options = ProtocolOptions(authenticate=True)
    keyed, plain_ones = lowered(POLICIES[name], DIAMOND, options), lowered(POLICIES[name], DIAMOND)
    for program, plain in zip(keyed.programs, plain_ones.programs, strict=True):
        hashed = next(header.bits // 8 for header in plain.headers if header.name == "probe")
        depth = critical_path(hashed)
        result = budget(program)
        verified = {p.step.name: p.stage for p in dict(result.placements)["measure"]}
        assert verified["compare hash"] == 1 + depth + 1
        assert result.egress_stages == depth
        assert result.ingress_stages >= verified["compare hash"]
        assert {text.split(" needs")[0] for text in result.excesses} == {"ingress", "egress"}
        assert program.plan.cells == plain.plan.cells
        assert not violations(program.plan)


def test_no_cell_is_written_for_a_hello_before_its_hash_is_compared(ca: SwitchProgram) -> None:
    program = lowered(CA, DIAMOND, ProtocolOptions(authenticate=True)).programs[0]
    placed = {p.step.name: p.stage for p in dict(budget(program).placements)["hello"]}
    assert placed["compare hash"] < placed["link_seen"]


@pytest.mark.parametrize("name", POLICIES)
def test_every_program_keeps_the_rules_and_fits_twelve_stages(name: str) -> None:
    topology = network("ABCD", [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")], ["A", "D"])
    for program in lowered(POLICIES[name], topology).programs:
        assert not violations(program.plan)
        result = budget(program)
        assert result.ingress_stages <= 12
        assert result.egress_stages <= 12
        assert not result.excesses


def test_congestion_awareness_by_hand(ca: SwitchProgram) -> None:
    """Longest chain: port, destination, version, rank, BestT, its time, FwdT, TTL, pin, link; 3 in egress."""
    result = budget(ca)
    assert (result.ingress_stages, result.egress_stages) == (10, 3)
    stage = {placed.step.name: placed.stage for placed in dict(result.placements)["decide"]}
    order = ["ingress_port", "product_node", "fwd_version", "fwd_rank", "best_route", "best_seen", "fwd_next"]
    assert [stage[name] for name in order] == [1, 2, 3, 4, 5, 6, 7]


def test_a_cell_stands_in_one_stage_for_all_passes(ca: SwitchProgram) -> None:
    stages: dict[str, set[int]] = {}
    for _, row in budget(ca).placements:
        for placed in row:
            if placed.step.kind == "cell":
                stages.setdefault(placed.step.name, set()).add(placed.stage)
    assert stages.keys() == {cell.name for cell in ca.plan.cells}
    assert all(len(found) == 1 for found in stages.values())


def test_every_input_is_there_before_it_is_needed(ca: SwitchProgram) -> None:
    for _, row in budget(ca).placements:
        stage = {placed.step.name: placed for placed in row}
        for placed in row:
            for name in placed.step.after:
                other = stage[name]
                assert other.step.egress < placed.step.egress or (
                    other.step.egress == placed.step.egress and other.stage < placed.stage
                )


def test_state_is_counted_cell_by_cell(ca: SwitchProgram) -> None:
    """4 destinations x 2 classes, 1024 flowlet slots, 2 neighbours, numbers from 1: 4 slots a link cell."""
    slots = {cell.name: cell.slots for cell in ca.plan.cells}
    assert slots["fwd_version"] == slots["fwd_rank"] == slots["fwd_seen"] == slots["fwd_next"] == 8
    assert slots["best_route"] == slots["best_seen"] == 4
    assert slots["flowlet"] == slots["flowlet_ttl"] == slots["flowlet_pin"] == 1024
    assert slots["link_seen"] == slots["link_time"] == slots["link_load"] == 4
    assert ca.state_bits == sum(cell.slots * cell.width for cell in ca.plan.cells)


def test_the_table_for_people_names_every_step(ca: SwitchProgram) -> None:
    text = budget_text(ca)
    assert text.startswith("program destination: 10 ingress and 3 egress stages of 12, ")
    for each in ca.plan.passes:
        assert all(step.name in text for step in each.steps)
    assert "beyond the chip" not in text


# --------------------------------------------------------------------------------------------- limits


def deep_chain(length: int) -> SwitchProgram:
    base = lowered("minimize(path.len)", DIAMOND).programs[0]
    steps = [Step("s0", "table")]
    steps += [Step(f"s{i}", "alu", (f"s{i - 1}",)) for i in range(1, length)]
    return replace(base, plan=AccessPlan((), (Pass("long", "", tuple(steps)),)))


@pytest.mark.parametrize(("length", "fits"), [(12, True), (13, False)])
def test_more_than_twelve_stages_are_beyond_the_chip(length: int, fits: bool) -> None:
    program = deep_chain(length)
    result = budget(program)
    assert result.ingress_stages == length
    expected = () if fits else ("ingress needs 13 stages, the chip has 12",)
    assert result.excesses == expected
    assert ("beyond the chip" in budget_text(program)) != fits


def test_wide_cells_many_cells_and_many_comparisons_are_beyond_the_chip() -> None:
    base = lowered("minimize(path.len)", DIAMOND).programs[0]
    cells = tuple(Cell(f"c{i}", "", 0, (Field("x", 65 if i == 0 else 8, ""),), "") for i in range(5))
    steps = tuple(Step(cell.name, "cell", (), 3 if cell.name == "c1" else 2) for cell in cells)
    text = " ".join(budget(replace(base, plan=AccessPlan(cells, (Pass("p", "", steps),)))).excesses)
    assert "stage 1 holds 5 cells, the chip has 4 stateful ALUs" in text
    assert "p: c1 compares 3 times in one access" in text
    assert "a cell of c0 has 65 bits, the chip's at most 64" in text
    assert "c2" not in text


def test_long_sums_cost_stages() -> None:
    plain = lowered("minimize(path.len)", DIAMOND).programs[0]
    weighty = lowered("minimize(1023 * path.len + 511 * path.lat)", DIAMOND).programs[0]
    assert budget(weighty).ingress_stages > budget(plain).ingress_stages


# --------------------------------------------------------------------------------------- wrong orders


def test_cells_against_their_order_are_refused(ca: SwitchProgram) -> None:
    steps = list(steps_of(ca, "decide"))
    names = [step.name for step in steps]
    i, j = names.index("fwd_version"), names.index("link_seen")
    steps[i], steps[j] = steps[j], steps[i]
    broken = with_steps(ca, "decide", tuple(steps))
    assert any("accessed after" in text for text in violations(broken.plan))


def test_two_passes_of_opposite_order_are_refused_and_never_placed() -> None:
    base = lowered("minimize(path.len)", DIAMOND).programs[0]
    cells = tuple(Cell(name, "", 0, (Field("x", 8, ""),), "") for name in "ab")
    there = Pass("there", "", (Step("a", "cell"), Step("b", "cell", ("a",))))
    back = Pass("back", "", (Step("b", "cell"), Step("a", "cell", ("b",))))
    program = replace(base, plan=AccessPlan(cells, (there, back)))
    assert violations(program.plan) == ["back: a is accessed after b, against the order of cells"]
    with pytest.raises(InternalError, match="against the order"):
        budget(program)


def test_a_second_access_is_refused(ca: SwitchProgram) -> None:
    steps = steps_of(ca, "forward")
    again = with_steps(ca, "forward", (*steps, Step("fwd_next", "cell", ("fwd_next",))))
    assert any("fwd_next is accessed twice" in text for text in violations(again.plan))


def test_an_unknown_cell_and_a_missing_input_are_refused(ca: SwitchProgram) -> None:
    steps = (*steps_of(ca, "measure"), Step("nowhere", "cell", ("nothing",)))
    texts = violations(with_steps(ca, "measure", steps).plan)
    assert "measure: nowhere is not a cell of the program" in texts
    assert "measure: nowhere needs nothing, which is no earlier step of the pass" in texts


def test_an_input_that_comes_later_is_refused(ca: SwitchProgram) -> None:
    steps = (Step("early", "alu", ("late",)), Step("late", "alu"))
    assert violations(with_steps(ca, "measure", steps).plan) == [
        "measure: early needs late, which is no earlier step of the pass"
    ]


def test_egress_before_ingress_is_refused(ca: SwitchProgram) -> None:
    steps = (Step("out", "alu", egress=True), Step("back", "alu", ("out",)))
    assert violations(with_steps(ca, "measure", steps).plan) == ["measure: back in ingress needs out in egress"]


# ----------------------------------------------------------------------------------------------- verify


def test_verify_passes_what_lower_makes_and_names_what_is_broken(ca: SwitchProgram) -> None:
    deployment = lowered(CA, DIAMOND)
    verify(deployment)
    steps = steps_of(ca, "forward")
    broken = with_steps(ca, "forward", (*steps, steps[-1]))
    with pytest.raises(InternalError, match="destination: forward: "):
        verify(replace(deployment, programs=(broken,)))


@pytest.mark.parametrize(
    ("component", "sound"),
    [
        (Component(8, (IntegerForm(0, (("len", 1),)),)), True),  # 255
        (Component(8, (IntegerForm(1, (("len", 1),)),)), False),  # 256
        (Component(16, (IntegerForm(1, (("util", 1),)),)), True),  # 65535
        (Component(16, (IntegerForm(2, (("util", 1),)),)), False),
        (Component(16, (IntegerForm(0), IntegerForm(0, (("util", 2),)))), False),
        (Component(8, (IntegerForm(254, (("len", -1),)),)), False),  # -1
        (Component(8, (IntegerForm(255, (("len", -1),)),)), True),
        (Component(8, (IntegerForm(0, (("len", 1),)),), 255), True),
        (Component(8, (IntegerForm(0, (("len", 1),)),), 256), False),
        (Component(8, (IntegerForm(0, (("len", 1),)),), -1), False),
    ],
)
def test_sums_that_wrap_are_found(ca: SwitchProgram, component: Component, sound: bool) -> None:
    order = replace(ca.orders[0], word=RankWord((component,)))
    assert bool(program_violations(replace(ca, orders=(order,)))) != sound
    case = replace(ca.cases[0], word=RankWord((component,)))
    assert bool(program_violations(replace(ca, cases=(case,)))) != sound


@pytest.mark.parametrize("age", ["takeover_age", "expiry_age", "failure_age", "flowlet_timeout"])
def test_ages_of_half_the_wrap_are_found(ca: SwitchProgram, age: str) -> None:
    assert not program_violations(replace(ca, clock=replace(ca.clock, **{age: 2**31 - 1})))
    assert program_violations(replace(ca, clock=replace(ca.clock, **{age: 2**31})))


def test_headers_that_are_no_whole_bytes_are_found(ca: SwitchProgram) -> None:
    probe, *others = (h for h in ca.headers if h.name == "probe")
    odd = replace(probe, fields=(*probe.fields, Field("odd", 3, "")))
    (text,) = program_violations(replace(ca, headers=(odd, *others)))
    assert "not whole bytes" in text
