"""Entries of random networks and policies, recomputed from the dumped product graph and the topology alone."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import Any

from hypothesis import given, settings
from strategies.sources import policies_on
from support.builds import files, lowered, runtimes, tables

from contra.ir import Configurator, Deployment
from contra.product import to_json
from contra.topology.model import Topology

Case = tuple[str, Topology]
few = settings(deadline=None, max_examples=100)


def hops(topology: Topology, switch: int) -> dict[int, int]:
    """Port -> hop: the neighbour ports of a switch counted from 1, by port number."""
    ports = [link.a_port for link in topology.links if link.a == switch]
    ports += [link.b_port for link in topology.links if link.b == switch]
    return {port: hop for hop, port in enumerate(sorted(ports), 1)}


def groups(config: dict[str, Any]) -> dict[int, list[tuple[int, int]]]:
    """Group number -> (port, instance) of each copy; group 0 is nobody."""
    rows: dict[int, list[tuple[int, int]]] = {0: []}
    for group in config["multicast_group_entries"]:
        assert group["multicast_group_id"] not in rows
        rows[group["multicast_group_id"]] = [(r["egress_port"], r["instance"]) for r in group["replicas"]]
    return rows


def graph_of(deployment: Deployment) -> dict[str, Any]:
    return json.loads(to_json(deployment.graph))


def told(graph: dict[str, Any], node: int, pid: int) -> list[int]:
    """The ports by which node and pid go on, in order."""
    return sorted(e["port"] for e in graph["edges"] if e["from"] == node and pid in graph["nodes"][e["to"]]["pids"])


@few
@given(policies_on())
def test_every_edge_has_its_transitions_and_there_are_no_others(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    graph, configs = graph_of(deployment), runtimes(deployment)
    nodes = graph["nodes"]
    tags = max((node["tag"] for node in nodes), default=0) > 0
    pids = len(deployment.graph.policy.classes) > 1
    expected: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for edge in graph["edges"]:
        source, target = nodes[edge["from"]], nodes[edge["to"]]
        index = graph["switches"].index(target["switch"])
        for pid in target["pids"]:
            key = {"hop": hops(topology, index)[edge["peer_port"]]}
            key |= {"tag": source["tag"]} if tags else {}
            key |= {"pid": pid} if pids else {}
            row = (sorted(key.items()), target["tag"], target["rule"], told(graph, target["node"], pid))
            expected[target["switch"]].append(row)
    for name, config in configs.items():
        known = groups(config)
        found = []
        for entry in tables(config).get("product_node", []):
            params = entry["action_params"]
            assert ("tag" in params) == tags
            assert ("rule" in params) == deployment.program_of(topology.by_name[name]).has_best
            replicas = known[params["group"]]
            assert {instance for _, instance in replicas} <= {1}
            node = next(n for n in nodes if (n["switch"], n["tag"]) == (name, params.get("tag", 0)))
            assert params.get("rule", node["rule"]) == node["rule"]
            ports = sorted(port for port, _ in replicas)
            found.append((sorted(entry["match"].items()), node["tag"], node["rule"], ports))
        assert sorted(found) == sorted(expected[name])


@few
@given(policies_on())
def test_probes_start_where_the_graph_says(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    graph, configs = graph_of(deployment), runtimes(deployment)
    for switch in topology.switches:
        config = configs[switch.name]
        identity = tables(config).get("identity", [])
        if switch.index not in topology.destinations:
            assert not identity
            continue
        (entry,) = identity
        assert entry["default_action"] is True
        params = entry["action_params"]
        assert params["self"] == switch.index
        copies = groups(config)[params["group"]]
        sending = graph["sending"].get(switch.name)
        if sending is None:
            assert copies == []
            continue
        node = graph["nodes"][sending]
        assert node["switch"] == switch.name
        assert params.get("tag", 0) == node["tag"]
        expected = [(port, pid + 1) for pid in node["pids"] for port in told(graph, sending, pid)]
        assert sorted(copies) == sorted(expected)


@few
@given(policies_on())
def test_ports_hops_and_hosts(case: Case) -> None:
    policy, topology = case
    configs = runtimes(lowered(policy, topology))
    for switch in topology.switches:
        rows = tables(configs[switch.name])
        by_port = hops(topology, switch.index)
        entered = {e["match"]["port"]: (e["action_name"], e["action_params"]) for e in rows["ingress_port"]}
        hosts = {host.port: host for host in topology.hosts if host.switch == switch.index}
        assert entered.keys() == by_port.keys() | hosts.keys()
        for port, (action, params) in entered.items():
            assert action == f"ContraIngress.{'from_host' if port in hosts else 'from_switch'}"
            assert port in hosts or params["hop"] == by_port[port]
        left = {e["match"]["hop"]: e["action_params"]["port"] for e in rows.get("hop_port", [])}
        assert {port: hop for hop, port in left.items()} == by_port
        assert len(left) == len(by_port)
        delivered = {e["match"]["address"]: e["action_params"] for e in rows.get("hosts", []) if e["action_params"]}
        if switch.index in topology.destinations:
            assert delivered == {str(h.ip): {"port": h.port, "mac": h.mac} for h in hosts.values()}


@few
@given(policies_on())
def test_link_values_are_the_links_own(case: Case) -> None:
    """Latency in ns, a declared attribute in thousandths, load by the capacity; at both ends of a link."""
    policy, topology = case
    deployment = lowered(policy, topology)
    used = {metric.name for metric in deployment.programs[0].metrics}
    for name, config in runtimes(deployment).items():
        by_hop = {hop: port for port, hop in hops(topology, topology.by_name[name]).items()}
        for entry in tables(config)["ingress_port"]:
            params = entry["action_params"]
            if "hop" not in params:
                continue
            ends = {(li.a, li.a_port): li for li in topology.links} | {(li.b, li.b_port): li for li in topology.links}
            link = ends[topology.by_name[name], by_hop[params["hop"]]]
            expected = {"hop": params["hop"]}
            expected |= {"lat": link.latency_ns} if "lat" in used else {}
            expected |= {"attr_cost": 500 * (link.index + 1)} if "cost" in used else {}
            expected |= {"held_util": 0xFFFF} if "util" in used else {}
            assert params == expected
        assert all(("weight" in e["action_params"]) == ("util" in used) for e in tables(config).get("hop_port", []))


@few
@given(policies_on())
def test_keys_are_unique_and_tables_and_cells_are_large_enough(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    for name, config in runtimes(deployment).items():
        program = deployment.program_of(topology.by_name[name])
        for table, rows in tables(config).items():
            keys = Counter(json.dumps(row.get("match"), sort_keys=True) for row in rows)
            assert keys.most_common(1)[0][1] == 1
            assert table == "identity" or len(rows) <= dict(program.table_sizes)[table]
        slots = {cell.name: cell.slots for cell in program.plan.cells}
        assert all(slots["link_seen"] > hop for hop in hops(topology, topology.by_name[name]).values())
        w = program.widths
        assert slots["fwd_next"] == 1 << (w.destination + w.tag + w.pid)
        assert max(topology.destinations) < 1 << w.destination
    for node in deployment.graph.nodes:
        assert node.tag < 1 << deployment.programs[0].widths.tag
        assert all(pid < 1 << deployment.programs[0].widths.pid for pid in node.pids)


# ------------------------------------------------------------------------------------- against the P4 text


def p4_actions(text: str) -> dict[str, dict[str, int]]:
    """Action name -> parameter -> bits, from the text of a program; the last word of each name."""
    types = {name: int(bits) for bits, name in re.findall(r"typedef bit<(\d+)> (\w+);", text)}
    actions = {}
    for name, params in re.findall(r"action (\w+)\(([^)]*)\)", text):
        pairs = [param.split() for param in params.split(",") if param.strip()]
        actions[name] = {p: int(t[4:-1]) if t.startswith("bit<") else types[t] for t, p in pairs}
    return actions


def number(value: Any) -> int:
    """An action parameter as a number."""
    return value if isinstance(value, int) else int(value.replace(":", ""), 16)


@settings(deadline=None, max_examples=25)
@given(policies_on())
def test_entries_fit_the_program(case: Case) -> None:
    policy, topology = case
    build = files(lowered(policy, topology))
    for switch in topology.switches:
        actions = p4_actions(build[f"switches/{switch.name}/{switch.name}.p4"])
        for entry in json.loads(build[f"switches/{switch.name}/runtime.json"])["table_entries"]:
            params = actions[entry["action_name"].rpartition(".")[2]]
            assert entry["action_params"].keys() == params.keys()
            for name, value in entry["action_params"].items():
                assert 0 <= number(value) < 1 << params[name]


@few
@given(policies_on())
def test_configurations_do_not_depend_on_the_order_of_asking(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    forward = Configurator(deployment)
    indices = range(len(topology.switches))
    first = [forward.configure(index) for index in indices]
    backward = Configurator(deployment)
    assert [backward.configure(index) for index in reversed(indices)][::-1] == first
