"""Every entry can be traced: to a product node, a link, a destination that exist, and to a line of the policy."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from strategies.networks import network
from strategies.sources import policies_on
from support.builds import lowered, manifest, runtimes, tables

from contra.ir import Deployment
from contra.topology.model import Topology

Case = tuple[str, Topology]
few = settings(deadline=None, max_examples=100)


def ends(topology: Topology) -> dict[str, dict[str, int]]:
    """Link text -> the port at each end; a link's text names both ends and is unique."""
    names = [switch.name for switch in topology.switches]
    table = {
        f"{names[link.a]}:{link.a_port}-{names[link.b]}:{link.b_port}": {
            names[link.a]: link.a_port,
            names[link.b]: link.b_port,
        }
        for link in topology.links
    }
    assert len(table) == len(topology.links)
    return table


def node_of(deployment: Deployment, text: str) -> Any:
    """The product node `switch.tag`."""
    name, tag = text.rsplit(".", 1)
    return deployment.graph.nodes_of(deployment.graph.topology.by_name[name])[int(tag)]


@few
@given(policies_on())
def test_nodes_links_rules_and_destinations_are_those_of_the_entry(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    links = ends(topology)
    hosts = {host.name: host for host in topology.hosts}
    for name, config in runtimes(deployment).items():
        rows = tables(config)
        port_of = {e["match"]["hop"]: e["action_params"]["port"] for e in rows.get("hop_port", [])}
        for entry in rows.get("product_node", []):
            origin = entry["provenance"]
            node = node_of(deployment, origin["node"])
            assert origin["node"].rsplit(".", 1)[0] == name
            assert entry["action_params"].get("tag", 0) == node.tag
            assert origin["rules"] == [node.rule]
            assert links[origin["link"]][name] == port_of[entry["match"]["hop"]]
        for entry in rows.get("hop_port", []):
            assert links[entry["provenance"]["link"]][name] == entry["action_params"]["port"]
        for entry in rows["ingress_port"]:
            origin, port = entry["provenance"], entry["match"]["port"]
            assert origin.keys() == ({"host"} if "host" in origin else {"link"})
            assert port == (hosts[origin["host"]].port if "host" in origin else links[origin["link"]][name])
        for entry in rows.get("hosts", []):
            assert entry["provenance"]["destination"] == name
            if "host" in entry["provenance"]:
                host = hosts[entry["provenance"]["host"]]
                assert str(host.ip) == entry["match"]["address"]
                assert topology.switches[host.switch].name == name


@few
@given(policies_on())
def test_groups_are_those_of_their_node(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    for name, config in runtimes(deployment).items():
        for group in config["multicast_group_entries"]:
            origin = group["provenance"]
            node = node_of(deployment, origin["node"])
            assert origin["rules"] == [node.rule]
            assert node.switch == topology.by_name[name]
            ports = {edge.port for edge in deployment.graph.successors[node.index]}
            assert {replica["egress_port"] for replica in group["replicas"]} <= ports
            if "destination" in origin:
                assert origin["destination"] == name
                assert deployment.graph.sending[node.switch] == node.index


def text_at(policy: str, clause: dict[str, Any]) -> str:
    """What stands in the policy where the clause says."""
    lines = policy.split("\n")[clause["line"] - 1 :]
    return " ".join(" ".join(lines)[clause["column"] - 1 :].split())


@settings(deadline=None, max_examples=40)
@given(policies_on())
def test_rules_lead_to_places_in_the_policy(case: Case) -> None:
    policy, topology = case
    deployment = lowered(policy, topology)
    known = manifest(deployment)
    used = {
        rule
        for config in runtimes(deployment).values()
        for entry in config["table_entries"] + config["multicast_group_entries"]
        for rule in entry["provenance"].get("rules", [])
    }
    for number in used:
        row, rule = known["rules"][number], deployment.graph.policy.rules[number]
        assert len(row["branches"]) == len(rule.branches)
        for branch, meant in zip(row["branches"], rule.branches, strict=True):
            clause = known["clauses"][branch["clause"]]
            assert clause["file"] == "policy.ctr"
            assert text_at(policy, clause).startswith(clause["text"])
            assert clause["text"] == " ".join(meant.span.text.split())
        for index in row["regexes"]:
            regex = known["regexes"][index]
            assert policy.split("\n")[regex["line"] - 1][regex["column"] - 1 :].startswith(regex["text"])


@few
@given(policies_on())
def test_every_entry_says_something_but_the_one_for_all(case: Case) -> None:
    """Only the prefix of all automatic addresses belongs to nobody in particular."""
    policy, topology = case
    for config in runtimes(lowered(policy, topology)).values():
        silent = [entry for entry in config["table_entries"] if not entry["provenance"]]
        assert {entry["action_name"] for entry in silent} <= {"ContraIngress.enter.to_switch_in_address"}
        assert all(group["provenance"] for group in config["multicast_group_entries"])


def test_a_policy_over_several_lines_with_lets() -> None:
    policy = (
        "# comment\nminimize(\nlet hot = .8 in\nlet mid = B + C in\n"
        "  if .* mid .* then\n    (if path.util < hot\n then (1, path.util)\n else (2, path.len))\n  else inf\n)\n"
    )
    topology = network("ABCD", [("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")])
    known = manifest(lowered(policy, topology))
    places = {(clause["line"], clause["column"]): clause["text"] for clause in known["clauses"]}
    assert places[7, 7] == "(1, path.util)"
    assert places[8, 7] == "(2, path.len)"
    assert [(r["line"], r["column"], r["text"]) for r in known["regexes"]] == [(5, 6, ".* mid .*")]
