"""What is drawn from a seed: always the same, spread over the network, and always something that can be broken."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.control import default, holding, port_key, small, to_port
from support.fake_network import NAME

from contra.chaos.choose import alteration, choose, choose_in_change
from contra.chaos.experiment import is_right
from contra.chaos.faults import CAUSES, Fault, Truth
from contra.chaos.variant import make_variant
from contra.cli.commands.chaos import FAULTS
from contra.cli.contrac import main as contrac
from contra.deploy.control.desired import desired
from contra.deploy.control.differ import compare, entry_counts
from contra.deploy.control.journal import revision_of
from contra.deploy.control.model import Action, EntryKey, Holding
from contra.deploy.plan import Settings, make_plan
from contra.diagnose.model import Cause, Sureness, Verdict
from contra.diagnostics import CompileError, Reporter
from contra.engine.build import Build, load
from contra.verify import Finding, FindingKind

ROOT = Path(__file__).parent.parent.parent
HOLDINGS = [holding(), Holding({}), holding(8), holding(2)]
SEEDS = range(200)


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_choices_are_repeatable_and_spread(fault: Fault) -> None:
    chosen = [choose(fault, seed, HOLDINGS) for seed in SEEDS]
    assert chosen == [choose(fault, seed, HOLDINGS) for seed in SEEDS]
    assert {each.switch for each in chosen} == {0, 2, 3}
    assert all(each.fault is fault for each in chosen)


def test_a_full_table_has_room_for_some_and_not_for_all() -> None:
    for seed in SEEDS:
        chosen = choose(Fault.TABLE_FULL, seed, HOLDINGS)
        assert 1 <= chosen.size < entry_counts(HOLDINGS[chosen.switch])[chosen.table]


@pytest.mark.parametrize("fault", [Fault.AGENT_CRASH, Fault.CUT_PUSH])
def test_a_push_breaks_in_the_middle(fault: Fault) -> None:
    for seed in SEEDS:
        chosen = choose(fault, seed, HOLDINGS)
        entries = [key for key in HOLDINGS[chosen.switch].contents if not getattr(key, "default", False)]
        assert 0 < chosen.after < len(entries)


def test_what_is_dropped_or_altered_is_there_and_no_default_action() -> None:
    for seed in SEEDS:
        for fault in (Fault.DROP_WRITES, Fault.CORRUPT):
            chosen = choose(fault, seed, HOLDINGS)
            assert chosen.keys
            assert chosen.keys <= HOLDINGS[chosen.switch].contents.keys()
            assert not any(isinstance(key, EntryKey) and key.default for key in chosen.keys)


def test_only_some_switches() -> None:
    assert {choose(Fault.CORRUPT, seed, HOLDINGS, [1, 3]).switch for seed in SEEDS} == {3}


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.value)
def test_nothing_to_break(fault: Fault) -> None:
    with pytest.raises(CompileError) as caught:
        choose(fault, 1, HOLDINGS, [1])
    assert caught.value.diagnostics[0].code == "CTR1901"


def test_one_parameter_gets_another_value_that_fits() -> None:
    names, key, content = small().names, port_key(3), to_port(3, 7)
    widths = {each.name: each.bits for each in names.actions[content.name].parameters}
    changed = set()
    for seed in SEEDS:
        other = alteration(seed, key, content, names).content
        assert isinstance(other, Action)
        differing = [(one, two) for one, two in zip(content.parameters, other.parameters, strict=True) if one != two]
        ((_, (name, value)),) = differing
        assert 0 <= value < 1 << widths[name]
        changed.add(name)
    assert changed == {"port", "weight"}


AFTER = [HOLDINGS[0], HOLDINGS[1], holding(7), holding(2, 8)]
"""Of the third switch an entry goes, of the fourth a default action changes."""


def test_the_stale_switch_is_one_that_changes() -> None:
    chosen = [choose_in_change(choose(Fault.STALE, seed, HOLDINGS), HOLDINGS, AFTER) for seed in SEEDS]
    assert {each.switch for each in chosen} == {2, 3}
    among = [choose_in_change(choose(Fault.STALE, seed, HOLDINGS, [0, 2]), HOLDINGS, AFTER) for seed in SEEDS]
    assert {each.switch for each in among} == {2}
    with pytest.raises(CompileError):
        choose_in_change(choose(Fault.STALE, 1, HOLDINGS), HOLDINGS, HOLDINGS)


def test_what_is_dropped_of_a_change_is_part_of_it() -> None:
    chosen = [choose_in_change(choose(Fault.DROP_WRITES, seed, HOLDINGS), HOLDINGS, AFTER) for seed in SEEDS]
    assert {(each.switch, *each.keys) for each in chosen} == {(2, port_key(8)), (3, default("In.identity"))}


def test_half_the_pushes_are_changes() -> None:
    for fault in (Fault.AGENT_CRASH, Fault.DROP_WRITES, Fault.CUT_PUSH):
        number = sum(choose(fault, seed, HOLDINGS).changing for seed in SEEDS)
        assert 60 < number < 140
    assert not any(choose(Fault.CORRUPT, seed, HOLDINGS).changing for seed in SEEDS)


def test_a_change_of_one_entry_has_no_middle() -> None:
    """So the fault comes while a switch is filled anew."""
    chosen = next(each for seed in SEEDS if (each := choose(Fault.CUT_PUSH, seed, HOLDINGS)).changing)
    assert choose_in_change(chosen, HOLDINGS, AFTER) == replace(chosen, changing=False)


# ---------------------------------------------------------------------------------------------- variants


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    folder = tmp_path_factory.mktemp("variant") / "build"
    policy, topology = ROOT / "examples/congestion-aware.ctr", ROOT / "topologies/diamond.json"
    assert contrac([str(policy), str(topology), "-o", str(folder), "-q"]) == 0
    (folder / "deploy").mkdir()
    (folder / "deploy" / "journal.jsonl").write_text("not of this build\n")
    return load(folder, Reporter())


def holdings(build: Build) -> list[Holding]:
    plan = make_plan(build, Settings(name=NAME), Reporter())
    return [desired(build, plan, index) for index in range(len(build.switches))]


def test_a_variant_differs_in_values_alone(build: Build, tmp_path: Path) -> None:
    made = make_variant(build, tmp_path / "one", 5)
    reporter = Reporter()
    other = load(made, reporter)
    reporter.check()
    assert not (made / "deploy").exists()
    assert revision_of(other.manifest.file.text) != revision_of(build.manifest.file.text)
    for before, after in zip(holdings(build), holdings(other), strict=True):
        difference = compare(before, after)
        assert difference.altered
        assert not difference.missing
        assert not difference.extra
    for name in build.programs:
        assert (made / "programs" / f"{name}.p4").read_bytes() == (build.folder / f"programs/{name}.p4").read_bytes()


def test_variants_are_repeatable(build: Build, tmp_path: Path) -> None:
    texts = [
        (make_variant(build, tmp_path / name, seed) / "manifest.json").read_text()
        for name, seed in (("a", 1), ("b", 1), ("c", 2))
    ]
    assert texts[0] == texts[1] != texts[2]


# ---------------------------------------------------------------------------------------------- scores


def verdict(cause: Cause = Cause.CORRUPTED_ENTRY, switch: str = "A", table: str = "", *ports: int) -> Verdict:
    found = tuple(Finding(FindingKind.MISSING, port_key(port), to_port(port), None, (), {}) for port in ports or (1, 2))
    return Verdict(switch=switch, cause=cause, sureness=Sureness.CERTAIN, table=table, findings=found)


def test_a_guess_is_right_if_cause_switch_and_object_are() -> None:
    truth = Truth(fault=Fault.CORRUPT, switch="A", keys=frozenset([port_key(1)]), told="")
    assert is_right(verdict(), truth)
    assert not is_right(verdict(Cause.DROPPED_WRITES), truth)
    assert not is_right(verdict(switch="B"), truth)
    assert not is_right(verdict(Cause.CORRUPTED_ENTRY, "A", "", 2, 3), truth)


def test_a_full_table_has_to_be_the_right_one() -> None:
    truth = Truth(fault=Fault.TABLE_FULL, switch="A", table="In.ports", told="")
    assert is_right(verdict(Cause.TABLE_FULL, "A", "In.ports"), truth)
    assert not is_right(verdict(Cause.TABLE_FULL, "A", "In.routes"), truth)
    assert not is_right(verdict(Cause.TABLE_FULL, "A", ""), truth)


def test_each_fault_has_a_cause_of_its_own() -> None:
    assert set(CAUSES) == set(Fault)
    assert len(set(CAUSES.values())) == len(Fault)
    assert Cause.UNKNOWN not in CAUSES.values()


def test_the_command_knows_all_faults() -> None:
    assert {fault.value for fault in Fault} == set(FAULTS)
