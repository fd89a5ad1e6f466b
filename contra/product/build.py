"""Policy and topology become the product graph: the steps of docs/protocol.md, in order."""

from __future__ import annotations

from contra.analysis.model import AnalysedPolicy
from contra.diagnostics import Reporter
from contra.product.errors import GraphTooLargeError
from contra.product.explore import MAX_EDGES, RawGraph, TooManyEdgesError, Wire, explore, wires_of
from contra.product.graph import ProductEdge, ProductGraph, ProductNode
from contra.product.joint import JointAutomaton, joint_automaton, reversed_automata
from contra.product.prune import drop_dominated, probe_classes, trim
from contra.product.reach import Reach, reach
from contra.product.simulation import simulators
from contra.product.warnings import warn
from contra.topology.model import Topology


def build(policy: AnalysedPolicy, topology: Topology, reporter: Reporter) -> ProductGraph:
    """The pruned product graph with its tags.

    Raises `CompileError` where an automaton or the product is too large (CTR0501-0503); warns about pairs without a
    compliant path, destinations that nobody reaches and regexes that no path matches (CTR0504-0507).
    """
    automata = reversed_automata(policy, reporter)
    joint = joint_automaton(policy, automata, topology, reporter)
    wires = wires_of(topology)
    raw = _explore(policy, topology, joint, wires, reporter)
    found = _reach(raw, policy, topology, joint)
    if found is not None:
        raw = _prune(raw, found, joint, policy, topology)
        warn(policy, topology, automata, found, reporter)
    graph = _assemble(raw, joint, policy, topology, wires, found)
    reporter.check()
    return graph


def _explore(
    policy: AnalysedPolicy,
    topology: Topology,
    joint: JointAutomaton,
    wires: list[list[Wire]],
    reporter: Reporter,
) -> RawGraph:
    try:
        return explore(topology, joint, wires)
    except TooManyEdgesError:
        sizes = GraphTooLargeError(
            span=policy.checked.rank.span,
            limit=MAX_EDGES,
            states=len(joint.default),
            switches=len(topology.switches),
            links=len(topology.links),
        )
        reporter.report(sizes)
        reporter.check()
        raise


def _reach(raw: RawGraph, policy: AnalysedPolicy, topology: Topology, joint: JointAutomaton) -> Reach | None:
    """None where everybody reaches everybody: in a connected network without regexes, unless its one rule is inf."""
    if not policy.checked.regexes and joint.useful[0] and len(topology.switches) > 1:
        return None
    return reach(raw, topology.destinations, len(topology.switches))


def _prune(raw: RawGraph, found: Reach, joint: JointAutomaton, policy: AnalysedPolicy, topology: Topology) -> RawGraph:
    wanted = RawGraph(
        raw.switch,
        raw.state,
        raw.successors,
        {d: node for d, node in raw.sending.items() if d in found.usable},
        [ok and foreign for ok, foreign in zip(raw.useful, found.foreign, strict=True)],
    )
    reached = trim(wanted.restrict(found.reached))
    thinned = drop_dominated(reached, simulators(joint, policy.rules), len(topology.switches))
    return trim(thinned)


def _assemble(
    raw: RawGraph,
    joint: JointAutomaton,
    policy: AnalysedPolicy,
    topology: Topology,
    wires: list[list[Wire]],
    found: Reach | None,
) -> ProductGraph:
    ranges = _ranges(raw.switch, len(topology.switches))
    pids = probe_classes(raw, joint.rule, policy.rules)
    nodes = [
        ProductNode(n, switch, n - ranges[switch][0], state, joint.rule[state], pids[n])
        for n, (switch, state) in enumerate(zip(raw.switch, raw.state, strict=True))
    ]
    return ProductGraph(
        topology=topology,
        policy=policy,
        nodes=tuple(nodes),
        node_ranges=tuple(ranges),
        successors=_edges(raw, wires),
        sending=dict(raw.sending),
        unreachable_count=found.missing if found else 0,
        unreachable=found.pairs if found else (),
        matched=joint.matched,
    )


def _ranges(switch_of: list[int], switches: int) -> list[tuple[int, int]]:
    counts = [0] * switches
    for switch in switch_of:
        counts[switch] += 1
    ranges = []
    start = 0
    for count in counts:
        ranges.append((start, start + count))
        start += count
    return ranges


def _edges(raw: RawGraph, wires: list[list[Wire]]) -> tuple[tuple[ProductEdge, ...], ...]:
    new = tuple.__new__  # several times faster than the constructor, and there may be a million edges
    return tuple(
        tuple(
            [
                new(ProductEdge, (node, target, port, peer_port, link))
                for target, (port, _, peer_port, link) in zip(row, wires[switch], strict=True)
                if target >= 0
            ]
        )
        for node, (switch, row) in enumerate(zip(raw.switch, raw.successors, strict=True))
    )
