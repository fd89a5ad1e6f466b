"""Which runs an experiment has, and what their ids depend on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contra.diagnostics import CompileError, Reporter
from contra.experiments import plan
from contra.experiments.builds import NOTHING, Built, slug
from contra.experiments.plan import cases, make_run, selected
from contra.experiments.read import read_spec
from contra.experiments.spec import Spec
from contra.experiments.tasks import FctTask
from contra.source import SourceFile
from contra.workload import make_traffic

ROOT = Path(__file__).parent.parent.parent
TEXT = """
name = "x"
topology = "fattree-paper"
senders = ["h1_*", "h2_*"]
receivers = ["h3_*", "h4_*"]
workloads = ["web-search", "cache"]
loads = [0.1, 0.5]
seeds = [1, 2, 3]
flows = 100

[[scheme]]
name = "WSP"
policy = "minimize((path.len, path.util))"

[[scheme]]
name = "ECMP"
baseline = "ecmp"
"""


def spec_of(text: str = TEXT) -> Spec:
    return read_spec(SourceFile("x.toml", text), Reporter())


def ids(text: str = TEXT, built: Built = NOTHING) -> list[str]:
    spec = spec_of(text)
    return [make_run(spec, case, built).id for case in cases(spec)]


def task(run: Any) -> FctTask:
    assert isinstance(run.task, FctTask)
    return run.task


def test_every_combination_once_seed_by_seed() -> None:
    spec = spec_of()
    runs = [make_run(spec, case, NOTHING) for case in cases(spec)]
    found = [(r.labels["seed"], r.labels["workload"], r.labels["load"], r.labels["scheme"]) for r in runs]
    assert len(found) == len(set(found)) == 2 * 2 * 3 * 2
    assert [seed for seed, *_ in found] == sorted(seed for seed, *_ in found)
    assert len({run.id for run in runs}) == len(runs)


def test_every_scheme_gets_the_same_flows() -> None:
    spec = spec_of()
    by_point: dict[Any, set[Any]] = {}
    for case in cases(spec):
        run = make_run(spec, case, NOTHING)
        demand = task(run).demand
        assert demand is not None
        point = run.labels["seed"], run.labels["workload"], run.labels["load"]
        by_point.setdefault(point, set()).add(make_traffic(demand).flows)
    assert {len(flows) for flows in by_point.values()} == {1}
    assert len({next(iter(flows)) for flows in by_point.values()}) == len(by_point)


def test_ids_are_the_same_in_every_process() -> None:
    program = "import sys; sys.path.insert(0, 'tests/experiments'); import test_plan; print(*test_plan.ids())"
    found = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed, "PATH": ""},
        )  # fmt: skip
        found.add(done.stdout.strip())
    assert found == {" ".join(ids())}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("flows = 100", "flows = 101"),
        ("seeds = [1, 2, 3]", "seeds = [4, 5, 6]"),
        ("loads = [0.1, 0.5]", "loads = [0.2, 0.6]"),
        ('"h3_*", ', ""),
        ("(path.len, path.util)", "(path.len, path.lat)"),
        ("seeds", 'host_capacity = "20Gbit"\nfull_load = "30Gbit"\nseeds'),
        ("[[scheme]]\nname = \"W", "[transport]\nmin_rto = \"5ms\"\n[[scheme]]\nname = \"W"),
        ("[[scheme]]\nname = \"W", "[queue]\npackets = 50\n[[scheme]]\nname = \"W"),
        ("[[scheme]]\nname = \"W", "[options]\nprobe_period = \"512us\"\n[[scheme]]\nname = \"W"),
        ("[[scheme]]\nname = \"W", "[[failure]]\nlink = \"a1_1-c1\"\n[[scheme]]\nname = \"W"),
        ("flows = 100", "flows = 100\nwarm_up_periods = 30"),
        ("flows = 100", "flows = 100\nlimit = \"1s\""),
    ],
)  # fmt: skip
def test_what_changes_the_result_changes_the_id(old: str, new: str) -> None:
    changed = TEXT.replace(old, new)
    assert changed != TEXT
    before, after = ids(), ids(changed)
    if "path.lat" in new:  # a scheme's policy is that scheme's
        before, after = before[::2], after[::2]
    assert not set(before) & set(after)


def test_the_build_and_the_code_are_part_of_the_id(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not set(ids()) & set(ids(built=Built("b", "0" * 64)))
    before = ids()
    monkeypatch.setattr(plan, "code_digest", lambda: "other")
    assert not set(before) & set(ids())
    monkeypatch.undo()
    monkeypatch.setattr(plan, "__version__", "9.9.9")
    assert not set(before) & set(ids())


def test_more_seeds_keep_the_runs_that_there_were() -> None:
    assert set(ids()) < set(ids(TEXT.replace("[1, 2, 3]", "[1, 2, 3, 4]")))


@pytest.mark.parametrize("place", ["title = 'y'\n", "published = 'figure-8'\n", "# a comment\n"])
def test_what_changes_no_result_changes_no_id(place: str) -> None:
    assert ids(place + TEXT) == ids()


def test_only() -> None:
    spec = spec_of()
    assert len(selected(spec, [])) == 24
    assert len(selected(spec, ["scheme=ECMP"])) == 12
    assert len(selected(spec, ["scheme=ECMP", "load=0.10,0.5", "seed=2"])) == 4
    assert len(selected(spec, ["topology=fattree-paper", "workload=cache"])) == 12


@pytest.mark.parametrize(
    ("only", "said"),
    [
        ("scheme=ECPM", "did you mean 'ECMP'?"),
        ("shceme=ECMP", "did you mean 'scheme'?"),
        ("load=0.3", "expected 0.1, 0.5"),
        ("load", "expected KEY=VALUE"),
        ("load=", "expected KEY=VALUE"),
        ("=1", "expected KEY=VALUE"),
    ],
)
def test_only_what_there_is(only: str, said: str) -> None:
    with pytest.raises(CompileError) as caught:
        selected(spec_of(), [only])
    assert caught.value.diagnostics[0].code == "CTR1540"
    assert said in caught.value.diagnostics[0].title_text()


def test_one_selection_excludes_the_other() -> None:
    with pytest.raises(CompileError, match="no run is left"):
        selected(spec_of(), ["seed=1", "seed=2"])


def test_the_load_of_the_paper() -> None:
    """Figure 8: two pods send to two pods, 40 Gbit/s."""
    spec = spec_of()
    assert "40Gbit" in plan.definition_of_load(spec)
    demand = task(make_run(spec, next(cases(spec)), NOTHING)).demand
    assert demand is not None
    assert demand.capacity_bps == 40 * 10**9


def test_static_schemes_hear_of_links_that_are_down_from_the_start() -> None:
    text = TEXT + '[[failure]]\nlink = "a1_1-c1"\n[[failure]]\nlink = "a1_1-c2"\nat = "5ms"\n'
    spec = spec_of(text)
    by_scheme = {case.scheme.name: make_run(spec, case, NOTHING) for case in cases(spec)}
    assert task(by_scheme["WSP"]).failures == ("a1_1-c1@0s", "a1_1-c2@5ms")
    assert task(by_scheme["ECMP"]).failures == ("a1_1-c2@5ms",)
    assert {run.labels["failures"] for run in by_scheme.values()} == {"a1_1-c1@0s a1_1-c2@5ms"}


def test_random_pairs_are_those_of_the_seed_unless_they_have_their_own() -> None:
    text = TEXT.replace('senders = ["h1_*", "h2_*"]\nreceivers = ["h3_*", "h4_*"]', "pairs = 4")
    text = text.replace("loads = [0.1, 0.5]", "loads = [0.1]")

    def pairs(text: str) -> set[Any]:
        spec = spec_of(text)
        demands = [task(make_run(spec, case, NOTHING)).demand for case in cases(spec)]
        return {demand.pattern.pairs for demand in demands if demand}

    assert len(pairs(text)) == 3
    assert len(pairs("pair_seed = 7\n" + text)) == 1


@pytest.mark.parametrize(("name", "same"), [("fattree-paper-ECMP", True), ("a b", False), ("../x", False), ("", False)])
def test_folders_of_builds(name: str, same: bool) -> None:
    found = slug(name)
    assert (found == name) is same
    assert "/" not in found and not found.startswith(".") and found


def test_names_that_look_alike_have_folders_of_their_own() -> None:
    assert len({slug("a b"), slug("a-b"), slug("a/b")}) == 3
