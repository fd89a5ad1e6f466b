"""What a load of 100 % is: the payload rate at which the smallest cut between all senders and all receivers is full.

The cut is the maximum flow over the links' capacities (Ford and Fulkerson), those of the hosts' own links included;
where a flow may go does not count. A host that both sends and receives is two ends: its link carries both directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contra.topology.model import Host, Topology


def smallest_cut(topology: Topology, senders: Iterable[str], receivers: Iterable[str]) -> int:
    """bit/s that can flow from the senders together to the receivers together, in the network as it is intact."""
    import networkx

    graph: networkx.DiGraph[int | str] = networkx.DiGraph()
    for tail, head, capacity in _arcs(topology, frozenset(senders), frozenset(receivers)):
        before = graph.edges[tail, head]["capacity"] if graph.has_edge(tail, head) else 0
        graph.add_edge(tail, head, capacity=before + capacity)
    if "from" not in graph or "to" not in graph:
        return 0
    return int(networkx.maximum_flow_value(graph, "from", "to"))


def _arcs(
    topology: Topology, senders: frozenset[str], receivers: frozenset[str]
) -> Iterator[tuple[int | str, int | str, int]]:
    """Directions with their capacities; switches go by their index."""
    for link in topology.links:
        yield link.a, link.b, link.capacity
        yield link.b, link.a, link.capacity
    for host in topology.hosts:
        if host.label in senders:
            yield "from", host.switch, host.capacity
        if host.label in receivers:
            yield host.switch, "to", host.capacity


def access_capacity(topology: Topology, names: Iterable[str]) -> int:
    """Sum of the capacities of these hosts' own links, bit/s."""
    by_label: dict[str, Host] = {host.label: host for host in topology.hosts}
    return sum(by_label[name].capacity for name in set(names))
