"""The formats of others: the p4lang tutorials, networkx, p4-utils, GraphML, the prototype."""

from __future__ import annotations

import json
from io import BytesIO
from ipaddress import IPv4Address

import networkx
import pytest

from contra.topology import Defaults

# The pod topology of the tutorials, as users have it.
POD_LINKS = [
    ["h1", "s1-p1"], ["h2", "s1-p2"], ["s1-p3", "s3-p1"], ["s1-p4", "s4-p2"],
    ["h3", "s2-p1"], ["h4", "s2-p2"], ["s2-p3", "s4-p1"], ["s2-p4", "s3-p2"],
]  # fmt: skip
POD = {
    "hosts": {
        f"h{i}": {
            "ip": f"10.0.{i}.{i}/24",
            "mac": f"08:00:00:00:0{i}:{i}{i}",
            "commands": [f"route add default gw 10.0.{i}.{i}0 dev eth0"],
        }
        for i in range(1, 5)
    },
    "switches": {f"s{i}": {"runtime_json": f"pod-topo/s{i}-runtime.json"} for i in range(1, 5)},
    "links": POD_LINKS,
}
DEFAULTS = Defaults(capacity=10**9, latency_ns=1_000)


def links_of(network):
    """Readable ends with ports."""
    label = [s.label for s in network.switches]
    return [(f"{label[x.a]}-p{x.a_port}", f"{label[x.b]}-p{x.b_port}") for x in network.links]


# ---------------------------------------------------------------- tutorials


def test_the_tutorials_pod(good):
    network = good(POD, defaults=DEFAULTS)
    assert links_of(network) == [tuple(x) for x in POD_LINKS if x[0][0] == "s"]
    assert [(h.label, h.switch, h.port) for h in network.hosts] == [
        ("h1", 0, 1),
        ("h2", 0, 2),
        ("h3", 1, 1),
        ("h4", 1, 2),
    ]
    first = network.hosts[0]
    assert (first.ip, first.prefix_length, first.mac, first.explicit) == (
        IPv4Address("10.0.1.1"), 24, "08:00:00:00:01:11", True,
    )  # fmt: skip
    assert first.commands == ("route add default gw 10.0.1.10 dev eth0",)
    # 10.0.1.1 belongs to h1, which is on s1: the switch with that block takes another number for itself.
    assert network.switches[1].address == IPv4Address("10.0.1.2")


@pytest.mark.parametrize(
    ("extra", "latency", "capacity"),
    [
        ([], 1_000, 10**9),
        ([5], 5_000_000, 10**9),
        (["5ms"], 5_000_000, 10**9),
        (["0"], 0, 10**9),
        ([0, 20], 0, 20_000_000),
        ([1.5, 0.5], 1_500_000, 500_000),
        (["10us", "100"], 10_000, 100_000_000),
        ([None, None], 1_000, 10**9),
    ],
)
def test_latency_counts_ms_and_bandwidth_mbit(good, extra, latency, capacity):
    value = {"switches": {"s1": {}, "s2": {}}, "hosts": {}, "links": [["s1-p1", "s2-p1", *extra]]}
    (link,) = good(value, defaults=DEFAULTS).links
    assert (link.latency_ns, link.capacity) == (latency, capacity)


def test_ports_of_several_digits_names_with_dashes_and_hosts_on_either_side(good):
    value = {
        "switches": {"core-1": {}, "s-p2": {}},
        "hosts": {"h1": {"ip": "10.0.1.1/24"}},
        "links": [["s-p2", "core-1-p123"], ["core-1-p42", "h1", 1, 5]],
    }
    network = good(value, defaults=DEFAULTS)
    assert links_of(network) == [("s-p2-p1", "core-1-p123")]
    assert (network.hosts[0].port, network.hosts[0].latency_ns, network.hosts[0].capacity) == (
        42,
        10**6,
        5 * 10**6,
    )


# ---------------------------------------------------------------- node-link


@pytest.mark.parametrize("key", ["edges", "links"])
def test_networkx_writes_it_and_we_read_it(good, key):
    graph = networkx.petersen_graph()
    value = networkx.node_link_data(graph, edges=key)
    network = good(json.loads(json.dumps(value)), defaults=DEFAULTS)
    ours = networkx.Graph((x.a, x.b) for x in network.links)
    assert networkx.utils.edges_equal(ours.edges, graph.edges)
    assert [s.label for s in network.switches] == [str(n) for n in graph.nodes]
    assert [s.name for s in network.switches] == [f"s{n}" for n in graph.nodes]


def test_multigraphs_keep_their_edges_and_self_loops_go(attempt):
    graph = networkx.MultiGraph([("A", "B"), ("A", "B"), ("B", "B"), ("B", "C")])
    outcome = attempt(networkx.node_link_data(graph, edges="edges"), defaults=DEFAULTS)
    assert outcome.codes == ["CTR0224"]
    assert links_of(outcome.topology) == [("A-p1", "B-p1"), ("A-p2", "B-p2"), ("B-p3", "C-p1")]


def test_the_two_directions_of_a_directed_graph_are_one_link(good):
    graph = networkx.MultiDiGraph([("A", "B"), ("B", "A"), ("B", "C"), ("A", "B")])
    network = good(networkx.node_link_data(graph, edges="edges"), defaults=DEFAULTS)
    assert [(x.a, x.b) for x in network.links] == [(0, 1), (0, 1), (1, 2)]


def test_labels_that_are_not_unique(good):
    value = {
        "nodes": [{"id": 0, "name": "Springfield"}, {"id": 1, "name": "Springfield"}, {"id": 2, "name": ""}],
        "edges": [{"source": 0, "target": 1, "dist": 100.5}, {"source": 1, "target": 2, "dist": 0.001}],
    }
    network = good(value, defaults=Defaults(capacity=10**9))
    assert [s.label for s in network.switches] == ["Springfield", "Springfield_2", "2"]
    assert [x.latency_ns for x in network.links] == [502_500, 5]


def test_what_p4_utils_writes(good):
    value = {
        "directed": False,
        "multigraph": False,
        "graph": {},
        "nodes": [
            {
                "isHost": True,
                "ip": "10.0.0.1/16",
                "mac": "00:00:0a:00:00:01",
                "defaultRoute": "via 10.0.0.9",
                "id": "h1",
            },
            {"isSwitch": True, "isP4Switch": True, "cpu_port": -1, "id": "s1"},
            {"isSwitch": True, "isP4Switch": True, "id": "s2"},
            {"isHost": True, "id": "h2"},
        ],
        "links": [
            {
                "source": "h1",
                "target": "s1",
                "node1": "h1",
                "node2": "s1",
                "port1": 0,
                "port2": 5,
                "intfName1": "h1-eth0",
                "intfName2": "s1-eth5",
                "addr1": "00:00:0a:00:00:01",
                "ip1": "10.0.0.1/16",
                "bw": 10,
                "delay": "2ms",
            },
            {
                "source": "s1",
                "target": "s2",
                "node1": "s2",
                "node2": "s1",
                "port1": 3,
                "port2": 2,
                "bw": 0.5,
                "delay": 4,
            },
            {
                "source": "s2",
                "target": "h2",
                "node1": "h2",
                "node2": "s2",
                "port1": 0,
                "port2": 1,
                "addr1": "00:00:0a:00:00:02",
                "ip1": "10.0.0.2/16",
            },
        ],
    }
    network = good(value)
    assert [s.label for s in network.switches] == ["s1", "s2"]
    assert links_of(network) == [("s1-p2", "s2-p3")]
    assert (network.links[0].capacity, network.links[0].latency_ns) == (500_000, 4_000_000)
    found = [(h.label, h.switch, h.port, str(h.ip), h.prefix_length, h.mac) for h in network.hosts]
    assert found == [
        ("h1", 0, 5, "10.0.0.1", 16, "00:00:0a:00:00:01"),
        ("h2", 1, 1, "10.0.0.2", 16, "00:00:0a:00:00:02"),
    ]
    assert network.hosts[0].capacity == 10**7


# ---------------------------------------------------------------- GraphML


def graphml(graph) -> str:
    buffer = BytesIO()
    networkx.write_graphml(graph, buffer)
    return buffer.getvalue().decode("utf-8")


def zoo_like():
    """A small network with the attributes of the Internet Topology Zoo."""
    graph = networkx.MultiGraph()
    graph.add_node(0, label="Vienna", Latitude=48.20849, Longitude=16.37208, Internal=1)
    graph.add_node(1, label="Graz", Latitude=47.06667, Longitude=15.45, Internal=1)
    graph.add_node(2, label="Graz", Internal=1)
    graph.add_node(3, label="Elsewhere", Internal=0)
    graph.add_edge(0, 1, LinkSpeedRaw=2.5e9)
    graph.add_edge(0, 1, LinkSpeed="155", LinkSpeedUnits="M")
    graph.add_edge(1, 2, capacity="1Gbit", latency="7us")
    graph.add_edge(2, 3, LinkLabel="customers")
    return graph


def test_topology_zoo_attributes(attempt):
    outcome = attempt(graphml(zoo_like()), name="Small.graphml")
    assert outcome.codes == ["CTR0251"]
    assert "1 node marked as external, and 1 link to them: Elsewhere" in outcome.titles[0]
    network = outcome.topology
    assert network.name == "Small"
    assert [s.label for s in network.switches] == ["Vienna", "Graz", "Graz_2"]
    assert [x.capacity for x in network.links] == [2_500_000_000, 155_000_000, 10**9]
    # Vienna to Graz is 145 km as the crow flies: 5 us per km.
    assert network.links[0].latency_ns == network.links[1].latency_ns
    assert abs(network.links[0].latency_ns - 145 * 5_000) < 5_000
    assert network.links[2].latency_ns == 7_000


@pytest.mark.parametrize("directed", [False, True])
def test_graphml_is_read_as_networkx_reads_it(good, directed):
    graph = networkx.gnm_random_graph(20, 40, seed=3, directed=directed)
    text = graphml(graph)
    read = networkx.read_graphml(BytesIO(text.encode()))
    network = good(text, name="g.graphml", defaults=DEFAULTS)
    ours = {frozenset((network.switches[x.a].label, network.switches[x.b].label)) for x in network.links}
    assert ours == {frozenset(edge) for edge in read.edges}
    assert len(network.links) == len(ours)


def test_labels_drawn_by_yed(good):
    text = """<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:y="http://www.yworks.com/xml/graphml">
      <key for="node" id="d6" yfiles.type="nodegraphics"/>
      <graph edgedefault="directed" id="G">
        <node id="n0"><data key="d6"><y:ShapeNode><y:NodeLabel>Paris</y:NodeLabel></y:ShapeNode></data></node>
        <node id="n1"><data key="d6">
          <y:ShapeNode><y:NodeLabel>Lyon &amp; more</y:NodeLabel></y:ShapeNode>
        </data></node>
        <edge id="e0" source="n0" target="n1"/>
      </graph></graphml>"""
    network = good(text, name="g.graphml", defaults=DEFAULTS)
    assert [s.label for s in network.switches] == ["Paris", "Lyon & more"]


# ---------------------------------------------------------------- the prototype's XML

PROTOTYPE = """<topology asn="100">
  <node internal="true" name="n.0"></node>
  <node internal="true" name="n-1"></node>
  <node internal="true" name="Zürich"></node>
  <node internal="false" name="world"></node>
  <edge source="n.0" target="n-1"></edge>
  <edge source="n-1" target="n.0"></edge>
  <edge source="n-1" target="Zürich"></edge>
  <edge source="n-1" target="n-1"></edge>
  <edge source="world" target="n.0"></edge>
</topology>"""


def test_the_prototypes_topologies(attempt):
    outcome = attempt(PROTOTYPE, name="Odd.xml")
    assert outcome.codes == ["CTR0251", "CTR0224", "CTR0250"]
    network = outcome.topology
    assert [(s.label, s.name) for s in network.switches] == [
        ("n.0", "N0"),
        ("n-1", "N1"),
        ("Zürich", "Zurich"),
    ]
    assert links_of(network) == [("n.0-p1", "n-1-p1"), ("n-1-p2", "n.0-p2"), ("n-1-p3", "Zürich-p1")]
    assert network.switches[2].span.text == '<node internal="true" name="Zürich">'
    assert network.links[2].span.line == 8


# ---------------------------------------------------------------- telling them apart


def test_the_content_tells_the_format(good):
    for name in ("x", "x.txt", "x.json", "x.xml"):
        assert len(good(graphml(networkx.path_graph(3)), name=name, defaults=DEFAULTS).switches) == 3
        assert len(good(POD, name=name, defaults=DEFAULTS).switches) == 4
