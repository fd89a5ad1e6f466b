"""The product graph as JSON, one node or edge a line: readable, diffable, and quick to write for a million edges."""

from __future__ import annotations

import json
from collections.abc import Iterable

from contra.product.graph import ProductGraph


def to_json(graph: ProductGraph) -> str:
    """A JSON object with `switches`, `nodes`, `edges`, `sending` and `unreachable`.

    Nodes and edges name nodes by number; switches are named by their P4 name; rules are given by number and pids as
    in the switch programs. `sending` maps destinations to nodes.
    """
    names = [json.dumps(switch.name) for switch in graph.topology.switches]
    regexes = [regex.text for regex in graph.policy.checked.regexes]
    matched = [json.dumps([regexes[index] for index in sorted(found)]) for found in graph.matched]
    nodes = (
        f'{{"node": {n.index}, "switch": {names[n.switch]}, "tag": {n.tag}, "state": {n.state}, "rule": {n.rule}, '
        f'"matched": {matched[n.state]}, "pids": [{", ".join(map(str, n.pids))}]}}'
        for n in graph.nodes
    )
    edges = (
        f'{{"from": {source}, "to": {target}, "port": {port}, "peer_port": {peer_port}, "link": {link}}}'
        for row in graph.successors
        for source, target, port, peer_port, link in row
    )
    sending = (f"{names[switch]}: {node}" for switch, node in sorted(graph.sending.items()))
    pairs = (f"[{names[source]}, {names[target]}]" for source, target in graph.unreachable)
    parts = [
        f'"switches": [{", ".join(names)}]',
        f'"nodes": {_block("[", nodes, "]")}',
        f'"edges": {_block("[", edges, "]")}',
        f'"sending": {_block("{", sending, "}")}',
        f'"unreachable": {{"count": {graph.unreachable_count}, "pairs": [{", ".join(pairs)}]}}',
    ]
    return "{\n  " + ",\n  ".join(parts) + "\n}\n"


def _block(opening: str, rows: Iterable[str], closing: str) -> str:
    body = ",\n    ".join(rows)
    return f"{opening}\n    {body}\n  {closing}" if body else opening + closing
