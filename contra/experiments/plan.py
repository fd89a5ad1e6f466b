"""All runs of an experiment: every combination of network, workload, load, scheme and seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from contra import __version__
from contra.diagnostics import CompileError, shown
from contra.experiments.builds import Built, Key
from contra.experiments.ends import pattern_for
from contra.experiments.errors import BadSelection
from contra.experiments.schemes import STATIC, policy_for
from contra.experiments.spec import FULL_LOADS, Network, Scheme, Spec
from contra.experiments.tasks import CompileTask, FctTask, RecoveryTask, Run, StateTask, Task, described, run_id
from contra.suggest import did_you_mean
from contra.topology import to_json
from contra.topology.model import Topology
from contra.units import format_capacity
from contra.workload import Demand, Pattern, access_capacity, smallest_cut
from contra.workload.distribution import LARGE_BYTES, Distribution
from contra.workload.patterns import permutation

SELECTORS = ("topology", "scheme", "workload", "load", "seed")
"""Keys of `--only`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A combination; parts that the kind does not have are None."""

    network: Network
    scheme: Scheme
    seed: int
    sizes: Distribution | None = None
    load: float | None = None

    def value(self, key: str, trace: str) -> str:
        """What `--only` compares with."""
        workload = self.sizes.name if self.sizes else trace
        load = "" if self.load is None else f"{self.load:g}"
        names = (self.network.name, self.scheme.name, workload, load, str(self.seed))
        return dict(zip(SELECTORS, names, strict=True))[key]


def cases(spec: Spec) -> Iterator[Case]:
    """All combinations: seed by seed, so that what is there after an interruption is the whole figure once."""
    workloads = spec.fct.workloads or (None,)
    loads = spec.fct.loads or (None,)
    for seed in spec.seeds:
        for network in spec.networks:
            for sizes in workloads:
                for load in loads:
                    for scheme in spec.schemes:
                        yield Case(network=network, scheme=scheme, seed=seed, sizes=sizes, load=load)


def selected(spec: Spec, only: Sequence[str]) -> tuple[Case, ...]:
    """The combinations that all of `--only KEY=VALUE[,VALUE]` allow. Raises CompileError (CTR1540)."""
    found = list(cases(spec))
    for text in only:
        key, equals, values = text.partition("=")
        wanted = [value.strip() for value in values.split(",") if value.strip()]
        if not equals or key not in SELECTORS or not wanted:
            near = did_you_mean(key, SELECTORS) if key not in SELECTORS else ""
            raise _bad_selection(text, f"unknown key '{shown(key)}'; {near}" if near else "expected KEY=VALUE")
        known = list(dict.fromkeys(case.value(key, spec.fct.trace_name) for case in cases(spec)))
        for value in wanted:
            if _canonical(value) not in map(_canonical, known):
                near = "" if key in ("load", "seed") else did_you_mean(value, known)
                reason = near or f"expected {', '.join(known)}"
                raise _bad_selection(text, f"the experiment has no {key} '{shown(value)}'; {reason}")
        allowed = {_canonical(value) for value in wanted}
        found = [case for case in found if _canonical(case.value(key, spec.fct.trace_name)) in allowed]
    if not found:
        raise _bad_selection(" ".join(only), "no run is left")
    return tuple(found)


def _canonical(value: str) -> str:
    """Loads compare as numbers: 0.5 is 0.50."""
    try:
        return f"{float(value):g}"
    except ValueError:
        return value


def _bad_selection(text: str, reason: str) -> CompileError:
    return CompileError([BadSelection(text=shown(text), reason=reason, keys=", ".join(SELECTORS))])


def make_run(spec: Spec, case: Case, built: Built) -> Run:
    """A case as a run, with its id."""
    task = _task(spec, case)
    labels = _labels(spec, case, task)
    facts = {
        "version": __version__,
        "code": code_digest(),
        "policy": case.scheme.policy,
        "build": built.digest,
        "labels": labels,
        "task": asdict(task),
    }
    return Run(id=run_id(facts), labels=labels, task=task, build=built.name)


def plan_of(spec: Spec, runs: Sequence[Run], builds: Mapping[Key, Built]) -> dict[str, Any]:
    """`plan.json`."""
    return {
        "format": 1,
        "contrac_version": __version__,
        "experiment": spec.name,
        "kind": spec.kind,
        "title": spec.title,
        "published": spec.published,
        "full_load": definition_of_load(spec),
        "builds": {built.name: built.digest for built in builds.values()},
        "runs": [{"run": run.id, **run.labels, "build": run.build, "task": described(run.task)} for run in runs],
    }


# ------------------------------------------------------------------------------------------------ tasks


def _task(spec: Spec, case: Case) -> Task:
    if spec.kind == "state":
        return StateTask()
    if spec.kind == "compile-time":
        topology = case.network.topology
        policy = policy_for(case.scheme, topology)
        options = case.scheme.options
        texts = {"policy": policy, "baseline": case.scheme.baseline, "topology": to_json(topology)}
        return CompileTask(options=options, repeats=spec.repeats, **texts)
    pattern = pattern_for(spec.ends, case.network.topology, case.seed)
    common: dict[str, Any] = {
        "queue": spec.queue,
        "seed": case.seed,
        "failures": _failures(spec, case),
        "warm_up_periods": spec.warm_up_periods,
    }
    if spec.kind == "recovery":
        return RecoveryTask(pairs=steady_pairs(pattern, case.seed), recovery=spec.recovery, **common)
    return FctTask(
        demand=_demand(spec, case, pattern),
        trace=spec.fct.trace.flows if spec.fct.trace else (),
        transport=spec.transport,
        limit_ns=spec.fct.limit_ns,
        large_bytes=case.sizes.large_bytes if case.sizes else LARGE_BYTES,
        **common,
    )


def _demand(spec: Spec, case: Case, pattern: Pattern) -> Demand | None:
    if case.sizes is None or case.load is None:
        return None
    capacity = full_load_bps(spec, case.network, pattern)
    return Demand(
        pattern=pattern,
        sizes=case.sizes,
        load=case.load,
        capacity_bps=capacity,
        flows=spec.fct.flows,
        seed=case.seed,
    )


def _failures(spec: Spec, case: Case) -> tuple[str, ...]:
    """What is left to fail in the network that the scheme was compiled for."""
    static = case.scheme.baseline in STATIC
    return tuple(outage.text for outage in spec.outages if not (static and outage.from_start))


def steady_pairs(pattern: Pattern, seed: int) -> tuple[tuple[str, str], ...]:
    """Pairs that send all the time: the fixed ones, a permutation, or every sender to every receiver."""
    if pattern.kind == "pairs":
        return pattern.pairs
    if pattern.kind in ("random", "permutation"):
        return tuple(permutation(pattern, seed))
    return tuple((a, b) for a in pattern.senders for b in pattern.receivers if a != b)


def _labels(spec: Spec, case: Case, task: Task) -> dict[str, Any]:
    """The columns that say which run it is."""
    scheme = case.scheme
    labels: dict[str, Any] = {
        "experiment": spec.name,
        "kind": spec.kind,
        "scheme": scheme.name,
        "policy": scheme.policy_name or scheme.baseline,
        "topology": case.network.name,
        "workload": case.sizes.name if case.sizes else spec.fct.trace_name,
        "pattern": spec.ends.pattern if not isinstance(task, StateTask | CompileTask) else "",
        "load": case.load,
        "seed": case.seed,
        "failures": " ".join(outage.text for outage in spec.outages),
    }
    if isinstance(task, FctTask):
        labels |= asdict(task.transport)
    if isinstance(task, FctTask | RecoveryTask):
        labels |= {f"queue_{key}": value for key, value in asdict(task.queue).items()}
        labels["warm_up_periods"] = spec.warm_up_periods
    if isinstance(task, FctTask) and task.demand:
        labels["full_load_bps"] = task.demand.capacity_bps
    return labels | asdict(scheme.options)


# ------------------------------------------------------------------------------------------------ loads


def full_load_bps(spec: Spec, network: Network, pattern: Pattern) -> int:
    """Payload rate at a load of 1."""
    full = spec.fct.full_load
    if isinstance(full, int):
        return full
    return access_capacity(network.topology, pattern.senders) if full == "senders" else cut_bps(network, pattern)


@lru_cache(maxsize=64)
def _cut(topology: Topology, senders: frozenset[str], receivers: frozenset[str]) -> int:
    return smallest_cut(topology, senders, receivers)


def cut_bps(network: Network, pattern: Pattern) -> int:
    """The most that any routing can carry from all senders to all receivers, bit/s."""
    return _cut(network.topology, frozenset(pattern.senders), frozenset(pattern.receivers))


def definition_of_load(spec: Spec) -> str:
    """What a load of 1 is, in words with its rate; empty where nothing is loaded."""
    if spec.kind != "fct" or spec.fct.trace is not None:
        return ""
    full = spec.fct.full_load
    if isinstance(full, int):
        return f"{format_capacity(full)} of payload are sent"
    network = spec.networks[0]
    patterns = [pattern_for(spec.ends, network.topology, seed) for seed in spec.seeds]
    rates = sorted({full_load_bps(spec, network, pattern) for pattern in patterns})
    listed = ", ".join(map(format_capacity, rates))
    return f"{FULL_LOADS[full]}: {listed} of payload{' (by seed)' * (len(rates) > 1)}"


# ------------------------------------------------------------------------------------------------ code


@lru_cache(maxsize=1)
def code_digest() -> str:
    """A hash of the modules that a result depends on: results of a checkout that was changed since are done again."""
    package = Path(__file__).parent.parent
    folders = ("engine", "p4", "workload", "experiments/kinds")
    files = [path for folder in folders for path in sorted((package / folder).rglob("*.py"))]
    digest = sha256()
    for path in files:
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
