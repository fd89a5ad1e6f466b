"""What an experiment will do, in words: for `contra exp show` and `contra exp list`."""

from __future__ import annotations

from collections.abc import Iterator

from contra.experiments.plan import cases, definition_of_load
from contra.experiments.spec import KINDS, SIMULATED, Spec
from contra.units import format_capacity, format_latency
from contra.workload.patterns import PATTERNS

_SOME = 6


def outline(spec: Spec) -> str:
    """The grid, what a load of 1 is, how many runs there are, and how much is sent in them."""
    rows = list(_rows(spec))
    width = max(len(name) for name, _ in rows)
    return f"{spec.name}: {spec.title}\n" + "".join(f"  {name:{width}}  {text}\n" for name, text in rows)


def run_count(spec: Spec) -> int:
    """All combinations."""
    return sum(1 for _ in cases(spec))


def _rows(spec: Spec) -> Iterator[tuple[str, str]]:
    yield "kind", KINDS[spec.kind]
    for network in spec.networks:
        topology = network.topology
        sizes = f"{len(topology.switches)} switches, {len(topology.links)} links, {len(topology.hosts)} hosts"
        yield "network", f"{network.name}: {sizes}"
    for scheme in spec.schemes:
        what = scheme.policy_name or f"baseline {scheme.baseline}"
        yield "scheme", what if what == scheme.name else f"{scheme.name}: {what}"
    if spec.kind in SIMULATED:
        yield from _traffic(spec)
    if spec.kind == "fct":
        yield from _loads(spec)
    if spec.kind == "recovery":
        yield from _steady(spec)
    for outage in spec.outages:
        yield "failure", outage.text
    yield "seeds", _listed([str(seed) for seed in spec.seeds])
    yield "runs", _runs(spec)


def _traffic(spec: Spec) -> Iterator[tuple[str, str]]:
    ends = spec.ends
    if ends.pattern == "pairs":
        pairs = [f"{a} -> {b}" for a, b in ends.pairs]
        drawn = "by the seed of the run" if ends.pair_seed is None else f"by seed {ends.pair_seed}"
        yield "pairs", _listed(pairs) if pairs else f"{ends.random_pairs} random ones, drawn {drawn}"
    else:
        yield "pattern", f"{ends.pattern}: {PATTERNS[ends.pattern]}"
        yield "senders", f"{len(ends.senders)}: {_listed(ends.senders)}"
        yield "receivers", f"{len(ends.receivers)}: {_listed(ends.receivers)}"


def _loads(spec: Spec) -> Iterator[tuple[str, str]]:
    fct = spec.fct
    if fct.trace is not None:
        yield "trace", f"{fct.trace_name}: {len(fct.trace.flows):,} flows"
    for sizes in fct.workloads:
        yield "workload", f"{sizes.name}: {sizes.title}, {float(sizes.mean) / 1000:,.1f} kB in the mean"
    if fct.loads:
        yield "loads", " ".join(f"{load:g}" for load in fct.loads)
        yield "load 1", definition_of_load(spec)
        yield "flows", f"{fct.flows:,} in each run"
    transport = spec.transport
    times = format_latency(transport.min_rto_us * 1000)
    yield (
        "transport",
        f"{transport.congestion_control}, segments of {transport.segment_bytes} bytes, RTO {times} at least",
    )


def _steady(spec: Spec) -> Iterator[tuple[str, str]]:
    recovery = spec.recovery
    yield "rate", f"{format_capacity(recovery.rate)} of UDP in all, frames of {recovery.frame_bytes} bytes"
    yield "time", f"{format_latency(recovery.duration_ns)}, looked at every {format_latency(recovery.bin_ns)}"


def _runs(spec: Spec) -> str:
    count = run_count(spec)
    fct = spec.fct
    parts = [
        (len(spec.networks), "network"),
        (len(spec.schemes), "scheme"),
        (len(fct.workloads), "workload"),
        (len(fct.loads), "load"),
        (len(spec.seeds), "seed"),
    ]
    product = " x ".join(f"{number} {noun}{'s' * (number != 1)}" for number, noun in parts if number)
    sent = sum(float(sizes.mean) * fct.flows for sizes in fct.workloads) * count / max(len(fct.workloads), 1)
    total = f", about {sent / 1e9:,.1f} GB of payload" if sent else ""
    return f"{count}: {product}{total}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    head = ", ".join(names[:_SOME])
    return f"{head} and {len(names) - _SOME} more" if len(names) > _SOME else head
