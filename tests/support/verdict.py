"""Compile a policy, let probes settle, and hold what packets do against the judge."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from strategies import meanings
from support import fixpoint, judge

from contra.diagnostics import CompileError, Reporter
from contra.driver import Compilation, CompileRequest, compile

MOST_WALKS = 2500
"""Bounds the walks that the judge looks at, over all pairs."""


def compiled(text: str, net: judge.Net) -> tuple[Compilation, Reporter]:
    reporter = Reporter()
    with TemporaryDirectory() as folder:
        policy, topology = Path(folder, "p.ctr"), Path(folder, "t.json")
        policy.write_text(text, encoding="utf-8")
        topology.write_text(net.json(), encoding="utf-8")
        request = CompileRequest(policy=policy, topology=str(topology), last_stage="lower")
        return compile(request, reporter), reporter


def accepted(text: str, net: judge.Net) -> tuple[Compilation, Reporter] | None:
    """None where the analysis refuses the policy, which is all that it may be refused for."""
    try:
        return compiled(text, net)
    except CompileError as error:
        codes = {d.code for d in error.diagnostics if d.severity.value == "error"}
        assert codes <= {"CTR0401", "CTR0402", "CTR0403", "CTR0404"}, (codes, text)
        return None


def assert_optimal(fabric: fixpoint.Fabric, policy: judge.Policy, net: judge.Net) -> dict[tuple[str, str], judge.Rank]:
    """Every packet takes a path of least rank; those without a finite one are dropped. Gives the least ranks."""
    longest = judge.bound_for(net, MOST_WALKS)
    best = judge.optima(net, policy, longest)
    for (source, destination), least in best.items():
        try:
            hops = fabric.forward(source, destination)
        except fixpoint.DroppedError:
            assert least == judge.INF, f"{source} drops packets to {destination}, best is {least}"
            continue
        path = judge.path_of(net, hops)
        rank = judge.rank_of(policy, path)
        assert rank != judge.INF, f"{path.word} is not compliant"
        assert rank <= least, f"{path.word} has rank {rank}, best is {least}"
        assert rank == least or len(hops) > longest, f"{path.word} has rank {rank}: nobody else found it"
        best[source, destination] = rank
    return best


def assert_warned(
    compilation: Compilation, reporter: Reporter, best: dict[tuple[str, str], judge.Rank], by_load: bool
) -> None:
    """The pairs without a path are those that the compiler names; metrics may drop more if they decide about inf."""
    graph = compilation.graph
    assert graph is not None
    names = [switch.label for switch in graph.topology.switches]
    lost = {(names[a], names[b]) for a, b in graph.unreachable}
    assert len(lost) == graph.unreachable_count
    found = {pair for pair, rank in best.items() if rank == judge.INF}
    assert lost <= found
    assert by_load or lost == found
    said = {d.code: d.data() for d in reporter.diagnostics if d.code in ("CTR0504", "CTR0505", "CTR0506")}
    assert ("CTR0506" in said) == (lost == set(best) != set())
    if "CTR0506" not in said:
        deaf = {b for _, b in lost} - {b for pair in best if pair not in lost for b in pair[1:]}
        assert said.get("CTR0505", {}).get("count", 0) == len(deaf)
        assert said.get("CTR0504", {}).get("count", 0) == len([pair for pair in lost if pair[1] not in deaf])


def follow(text: str, policy: judge.Policy, net: judge.Net, seed: int, later: list[judge.Net], by_load: bool) -> bool:
    """Compile, let probes settle, and judge; then again for what becomes of the network later."""
    result = accepted(text, net)
    if result is None:
        return False
    compilation, reporter = result
    assert compilation.deployment is not None
    fabric = fixpoint.Fabric(compilation.deployment, net, Random(seed))
    fabric.settle()
    best = assert_optimal(fabric, policy, net)
    assert_warned(compilation, reporter, best, by_load)
    for changed in later:
        fabric.net = changed
        fabric.settle()
        assert_optimal(fabric, policy, changed)
    return True


def other_loads(net: judge.Net, random: Random) -> judge.Net:
    """The network when every load has changed."""
    loads = [(random.choice(meanings.LOADS), random.choice(meanings.LOADS)) for _ in net.wires]
    return replace(net, wires=tuple(replace(w, load=load) for w, load in zip(net.wires, loads, strict=True)))
