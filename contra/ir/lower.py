"""`ProductGraph` -> `Deployment`: every decision about the switch programs is taken here."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from contra.analysis.model import AnalysedPolicy, RankRule
from contra.diagnostics import Reporter
from contra.ir.errors import AttributeOutOfRange, NetworkTooLarge, PeriodTooShort
from contra.ir.headers import (
    ARP,
    ETHERNET,
    IPV4,
    PACKET_IN,
    PACKET_OUT,
    PORTS,
    probe_header,
    query_header,
    shim_header,
)
from contra.ir.layout import clock, probe_metric, widths
from contra.ir.model import (
    AccessPlan,
    Clause,
    Deployment,
    Header,
    ProbeMetric,
    RankWord,
    Role,
    SwitchProgram,
    Widths,
)
from contra.ir.plan import PlanInput, access_plan
from contra.ir.ranks import Quantiser, probe_orders, rank_cases
from contra.options import ProtocolOptions
from contra.product.graph import ProductGraph
from contra.source import Span
from contra.topology.model import Topology

_MIN_TABLE_SIZE = 64
_LONGEST_CLAUSE = 160


def lower(graph: ProductGraph, options: ProtocolOptions, reporter: Reporter) -> Deployment:
    """Choose widths, words, cells and tables for the network; one program a role.

    Reports what does not fit the data plane (CTR06xx).
    """
    policy = graph.policy
    destinations = set(graph.topology.destinations)
    roles = tuple(
        Role.DESTINATION if switch.index in destinations else Role.TRANSIT for switch in graph.topology.switches
    )
    clauses, clause_of = _clauses(policy)
    metrics = tuple(probe_metric(attribute) for attribute in policy.metrics)
    shared = widths(graph)
    _check_sizes(shared, graph, reporter)
    _check_attributes(graph.topology, metrics, reporter)
    _check_period(graph.topology, options, reporter)
    programs = tuple(
        _program(role, graph, options, shared, metrics, clause_of, reporter) for role in Role if role in set(roles)
    )
    reporter.check()
    return Deployment(graph=graph, options=options, programs=programs, clauses=clauses, roles=roles)


def _program(
    role: Role,
    graph: ProductGraph,
    options: ProtocolOptions,
    shared: Widths,
    metrics: tuple[ProbeMetric, ...],
    clause_of: dict[Span, int],
    reporter: Reporter,
) -> SwitchProgram:
    quantiser = Quantiser(metrics, reporter)
    orders, order_bits = probe_orders(graph.policy, quantiser)
    cases, rank_bits = rank_cases(_used_rules(graph), quantiser, metrics, clause_of)
    has_best = role is Role.DESTINATION and _needs_best(graph, shared)
    measures = any(metric.name == "util" for metric in metrics)
    plan = access_plan(
        PlanInput(
            role=role,
            widths=shared,
            options=options,
            order_bits=order_bits,
            rank_bits=rank_bits,
            has_best=has_best,
            measures_load=measures,
            order_depth=max((word_depth(order.word) for order in orders), default=1),
            rank_depth=max((word_depth(case.word) for case in cases if case.word), default=1),
            hashed_bytes=probe_header(shared, metrics).bits // 8,
        )
    )
    return SwitchProgram(
        role=role,
        widths=shared,
        clock=clock(options),
        options=options,
        metrics=metrics,
        orders=orders,
        order_bits=order_bits,
        cases=cases if has_best else (),
        rank_bits=rank_bits,
        headers=_headers(role, shared, metrics, plan, options.authenticate),
        plan=plan,
        table_sizes=_table_sizes(graph, shared, role),
        cpu_port=graph.topology.cpu_port,
        says_hello=_needs_hello(graph, role),
    )


def _headers(
    role: Role, shared: Widths, metrics: Sequence[ProbeMetric], plan: AccessPlan, authenticate: bool
) -> tuple[Header, ...]:
    control = (PACKET_OUT, PACKET_IN, query_header(plan.cells))
    own = (*control, ETHERNET, probe_header(shared, metrics, authenticate), shim_header(shared))
    return (*own, ARP, IPV4, PORTS) if role is Role.DESTINATION else own


def _used_rules(graph: ProductGraph) -> list[RankRule]:
    used = {node.rule for node in graph.nodes}
    return [rule for rule in graph.policy.rules if rule.index in used]


def _needs_best(graph: ProductGraph, shared: Widths) -> bool:
    """One (tag, pid) that is never inf needs no BestT: FwdT has the answer (docs/protocol.md)."""
    may_be_inf = any(branch.rank is None for rule in _used_rules(graph) for branch in rule.branches)
    return shared.key > 0 or may_be_inf


def _needs_hello(graph: ProductGraph, role: Role) -> bool:
    """Whether a switch of the role may fall silent: it tells a neighbour of others whom its own probes do not reach.

    The neighbours that a switch ever sends probes to are those of its product nodes; probes of its own, which come in
    every round, go to those of its sending node.
    """
    destinations = set(graph.topology.destinations)
    for switch in graph.topology.switches:
        if (switch.index in destinations) is (role is Role.DESTINATION):
            own = graph.sending.get(switch.index)
            reached = set() if own is None else _told(graph, own)
            if not all(_told(graph, node.index) <= reached for node in graph.nodes_of(switch.index)):
                return True
    return False


def _told(graph: ProductGraph, node: int) -> set[int]:
    """The ports by which probes of a product node, of any class, leave."""
    pids = set(graph.nodes[node].pids)
    return {edge.port for edge in graph.successors[node] if not pids.isdisjoint(graph.nodes[edge.target].pids)}


def word_depth(word: RankWord) -> int:
    """Dependent additions of the deepest component: a balanced tree over all shifted summands."""
    depth = 1
    for component in word.components:
        for form in component.alternatives:
            summands = sum(abs(factor).bit_count() for _, factor in form.terms) + (form.constant != 0)
            levels = max(0, (max(1, summands) - 1).bit_length())
            depth = max(depth, levels + len(component.alternatives) - 1 + (component.ceiling is not None))
    return depth


def _clauses(policy: AnalysedPolicy) -> tuple[tuple[Clause, ...], dict[Span, int]]:
    spans: dict[Span, int] = {}
    clauses: list[Clause] = []
    for rule in policy.rules:
        for branch in rule.branches:
            if branch.span not in spans:
                spans[branch.span] = len(clauses)
                span = branch.span
                clauses.append(Clause(len(clauses), clause_text(span), span.file.name, span.line, span.column))
    return tuple(clauses), spans


def clause_text(span: Span) -> str:
    """A part of the policy on one line, cut where it is long."""
    text = " ".join(span.text.split())
    return text if len(text) <= _LONGEST_CLAUSE else text[: _LONGEST_CLAUSE - 1] + "…"


def _table_sizes(graph: ProductGraph, shared: Widths, role: Role) -> tuple[tuple[str, int], ...]:
    """Room in the tables: powers of two, so that small changes of the topology need no new program."""
    topology = graph.topology
    nodes = graph.nodes
    incoming = [0] * len(topology.switches)
    for row in graph.successors:
        for edge in row:
            target = nodes[edge.target]
            incoming[target.switch] += len(target.pids) if shared.pid else 1
    ports = max(len(row) + len(hosts) for row, hosts in zip(topology.ports, topology.hosts_of, strict=True))
    needed = {
        "ingress_port": ports,
        "hop_port": max(len(row) for row in topology.ports),
        "product_node": max(incoming),
    }
    if role is Role.DESTINATION:
        needed["destination"] = 1 + sum(host.explicit for host in topology.hosts)
        needed["hosts"] = 1 + max(len(row) for row in topology.hosts_of)
    return tuple((name, room(count)) for name, count in needed.items())


def room(count: int) -> int:
    """Room in a table for so many entries and some more: a power of two."""
    return max(_MIN_TABLE_SIZE, 1 << (count - 1).bit_length() if count else 0)


# ------------------------------------------------------------------------------------------------- checks


def _check_sizes(shared: Widths, graph: ProductGraph, reporter: Reporter) -> None:
    advice = "use fewer regexes, or smaller ones"
    groups = max(
        (sum(len(node.pids) for node in graph.nodes[start:end]) for start, end in graph.node_ranges), default=0
    )
    for what, bits, limit, help_text in (
        ("the number of destinations", shared.destination, 16, "split the network"),
        ("the number of tags of one switch", shared.tag, 16, advice),
        ("the number of probe classes", shared.pid, 8, "use fewer different orders"),
        ("the number of replication groups of one switch", (groups + 1).bit_length(), 16, advice),
        ("the route index (destination ++ tag ++ pid)", shared.route, 26, advice),
    ):
        if bits > limit:
            reporter.report(NetworkTooLarge(what=what, bits=bits, limit=limit, advice=help_text))
    if len(graph.policy.rules) > 2**16:
        reporter.report(NetworkTooLarge(what="the number of rank rules", bits=17, limit=16, advice=advice))


def _check_attributes(topology: Topology, metrics: Sequence[ProbeMetric], reporter: Reporter) -> None:
    declared = {metric.name: metric for metric in metrics if metric.name not in ("len", "lat", "util")}
    if not declared:
        return
    for link in topology.links:
        for name, value in link.attributes:
            metric = declared.get(name)
            if metric and not _representable(value, metric):
                ends = "-".join(topology.switches[end].label for end in (link.a, link.b))
                limit = float(metric.limit * metric.step)
                reporter.report(
                    AttributeOutOfRange(
                        attribute=name,
                        link=ends,
                        value=f"{float(value):g}",
                        step=f"{float(metric.step):g}",
                        limit=f"{limit:g}",
                        span=link.span,
                    )
                )


def _representable(value: Fraction, metric: ProbeMetric) -> bool:
    count = value / metric.step
    return count.denominator == 1 and 0 <= count <= metric.limit


def _check_period(topology: Topology, options: ProtocolOptions, reporter: Reporter) -> None:
    """Probe period >= half the largest switch-to-switch round trip (docs/protocol.md): at least the latency across."""
    across_ns = _across(topology)
    if across_ns > options.probe_period_us * 1000:
        reporter.report(
            PeriodTooShort(period=_time_text(options.probe_period_us), least=_time_text(-(-across_ns // 1000)))
        )


def _across(topology: Topology) -> int:
    """Latency (ns) across the network: from the switch that is farthest from the first to the farthest from that.

    The diameter of a tree, and never more than it in other networks, where it is mostly the same.
    """
    if not topology.links:
        return 0
    far, _ = _farthest(topology, 0)
    return _farthest(topology, far)[1]


def _farthest(topology: Topology, start: int) -> tuple[int, int]:
    """The switch of largest latency (ns) from `start`, and that latency, by Dijkstra's algorithm."""
    from heapq import heappop, heappush

    best = {start: 0}
    queue = [(0, start)]
    links, ports = topology.links, topology.ports
    while queue:
        far, switch = heappop(queue)
        if far > best[switch]:
            continue
        for port in ports[switch]:
            through = far + links[port.link].latency_ns
            if through < best.get(port.peer, through + 1):
                best[port.peer] = through
                heappush(queue, (through, port.peer))
    return max(best.items(), key=lambda item: item[1])


def _time_text(us: int) -> str:
    return f"{us // 1000}ms" if us % 1000 == 0 else f"{us}us"
