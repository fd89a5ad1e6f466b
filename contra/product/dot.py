"""The product graph as Graphviz text: one cluster a switch, one node a tag, edges in probe direction."""

from __future__ import annotations

from collections.abc import Iterator

from contra.product.graph import ProductGraph, ProductNode


def to_dot(graph: ProductGraph, destination: int | None = None) -> str:
    """Stable dot text.

    Nodes are called `switch.tag`; a double circle has a finite rank, a filled one sends probes; tooltips give rank,
    matched regexes and probe classes. With a `destination` (switch index), only what its probes reach is drawn.
    """
    shown = set(range(len(graph.nodes))) if destination is None else _reached(graph, destination)
    senders = set(graph.sending.values()) if destination is None else {graph.sending.get(destination)}
    lines = ["digraph product {", "  rankdir=LR;", "  compound=true;", '  node [fontname="Helvetica"];']
    for switch, (start, end) in enumerate(graph.node_ranges):
        members = [graph.nodes[n] for n in range(start, end) if n in shown]
        if members:
            label = _quote(graph.topology.switches[switch].label)
            lines += [f"  subgraph cluster_{switch} {{", f"    label={label};", "    style=rounded;"]
            lines += [f"    {_node(graph, node, node.index in senders)}" for node in members]
            lines.append("  }")
    lines += _edges(graph, shown, destination)
    lines.append("}")
    return "\n".join(lines) + "\n"


def _reached(graph: ProductGraph, destination: int) -> set[int]:
    """The nodes that probes of one destination come by; they never come back to its switch."""
    queue = [graph.sending[destination]] if destination in graph.sending else []
    seen = set(queue)
    for node in queue:
        for edge in graph.successors[node]:
            if edge.target not in seen and graph.nodes[edge.target].switch != destination:
                seen.add(edge.target)
                queue.append(edge.target)
    return seen


def _node(graph: ProductGraph, node: ProductNode, sends: bool) -> str:
    rule = graph.policy.rules[node.rule]
    name = f"{graph.topology.switches[node.switch].label}.{node.tag}"
    shape = "circle" if rule.is_inf else "doublecircle"
    fill = ', style=filled, fillcolor="lightgrey"' if sends else ""
    return f"n{node.index} [label={_quote(name)}, shape={shape}{fill}, tooltip={_quote(_tooltip(graph, node))}];"


def _tooltip(graph: ProductGraph, node: ProductNode) -> str:
    rule = graph.policy.rules[node.rule]
    clauses = " or ".join(dict.fromkeys(" ".join(branch.span.text.split()) for branch in rule.branches))
    regexes = [graph.policy.checked.regexes[index].text for index in sorted(graph.matched[node.state])]
    matched = f"; matches {', '.join(regexes)}" if regexes else ""
    return f"rank {clauses}{matched}; probe classes {', '.join(map(str, node.pids))}"


def _edges(graph: ProductGraph, shown: set[int], destination: int | None) -> Iterator[str]:
    for node in sorted(shown):
        for edge in graph.successors[node]:
            back = destination is not None and graph.nodes[edge.target].switch == destination
            if edge.target in shown and not back:
                yield f'  n{node} -> n{edge.target} [tooltip="port {edge.port} to port {edge.peer_port}"];'


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
