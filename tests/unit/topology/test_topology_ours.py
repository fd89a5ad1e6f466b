"""Contra's own JSON."""

from __future__ import annotations

from fractions import Fraction
from ipaddress import IPv4Address

from contra.topology import Defaults

ISSUE_EXAMPLE = """
{"switches": {"A": {}, "B": {"role": "core"}},
 "hosts": {"hA": {"switch": "A"}},
 "links": [{"ends": ["A", "B"], "capacity": "10Gbit", "latency": "10us"}]}
"""


def test_the_example_loads_without_a_word(good):
    network = good(ISSUE_EXAMPLE, name="folder/lab.json")
    assert network.name == "lab"
    assert [(s.index, s.name, s.label, s.role) for s in network.switches] == [
        (0, "A", "A", ""),
        (1, "B", "B", "core"),
    ]
    assert [(s.address, s.prefix_length) for s in network.switches] == [
        (IPv4Address("10.0.0.1"), 24),
        (IPv4Address("10.0.1.1"), 24),
    ]
    (link,) = network.links
    assert (link.a, link.a_port, link.b, link.b_port) == (0, 1, 1, 1)
    assert (link.capacity, link.latency_ns) == (10**10, 10_000)
    (host,) = network.hosts
    assert (host.name, host.switch, host.port, host.ip, host.prefix_length) == (
        "hA",
        0,
        2,
        IPv4Address("10.0.0.2"),
        8,
    )
    assert (host.mac, host.explicit, host.capacity) == ("02:00:0a:00:00:02", False, 10**10)
    assert network.destinations == (0,)


def test_spans_point_at_the_names(good):
    network = good(ISSUE_EXAMPLE)
    lines = ISSUE_EXAMPLE.split("\n")
    for thing, text in ((network.switches[1], '"B"'), (network.hosts[0], '"hA"')):
        assert thing.span.text == text
        assert lines[thing.span.line - 1][thing.span.column - 1 :].startswith(text)
    assert network.links[0].span.text.startswith('{"ends"')
    assert network.links[0].span.text.endswith("}")


def test_parallel_links_are_ports_of_their_own(good):
    link = {"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us"}
    network = good({"switches": {"A": {}, "B": {}}, "links": [link, link, link]})
    assert [(x.a_port, x.b_port) for x in network.links] == [(1, 1), (2, 2), (3, 3)]


def test_explicit_ports_are_kept_and_others_fill_the_gaps(good):
    common = {"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us"}
    links = [common, common | {"ports": [1, 3]}, common, common]
    hosts = {"g": {"switch": "A"}, "h": {"switch": "A", "port": 4}}
    network = good({"switches": {"A": {}, "B": {}}, "hosts": hosts, "links": links})
    assert [(x.a_port, x.b_port) for x in network.links] == [(2, 1), (1, 3), (3, 2), (5, 4)]
    assert [h.port for h in network.hosts] == [6, 4]


def test_another_host_renumbers_no_link(good):
    links = [{"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us"}]
    few = good({"switches": {"A": {}, "B": {}}, "hosts": {"h1": {"switch": "A"}}, "links": links})
    hosts = {"h0": {"switch": "A"}, "h1": {"switch": "A"}}
    more = good({"switches": {"A": {}, "B": {}}, "hosts": hosts, "links": links})
    assert few.links == more.links


def test_one_warning_says_what_was_assumed(attempt):
    links = [{"ends": ["A", "B"], "capacity": "1Gbit"}, {"ends": ["A", "B"]}]
    outcome = attempt({"switches": {"A": {}, "B": {}}, "links": links})
    assert outcome.codes == ["CTR0250"]
    assert "10Gbit for 1 link and a latency of 10us for 2 links" in outcome.titles[0]
    assert [(x.capacity, x.latency_ns) for x in outcome.topology.links] == [(10**9, 10_000), (10**10, 10_000)]


def test_options_give_what_the_file_does_not(good):
    links = [{"ends": ["A", "B"], "capacity": "1Gbit"}, {"ends": ["A", "B"], "latency": "3us"}]
    defaults = Defaults(capacity=5 * 10**9, latency_ns=0)
    network = good({"switches": {"A": {}, "B": {}}, "links": links}, defaults=defaults)
    assert [(x.capacity, x.latency_ns) for x in network.links] == [(10**9, 0), (5 * 10**9, 3_000)]


def test_hosts_say_what_they_like(good):
    host = {
        "switch": "A",
        "ip": "192.168.7.9/24",
        "mac": "08:00:00:00:01:AA",
        "port": 7,
        "capacity": "1Gbit",
        "latency": "2us",
        "commands": ["echo hi"],
    }
    network = good({"switches": {"A": {}}, "hosts": {"web server": host}})
    (found,) = network.hosts
    assert (found.ip, found.prefix_length, found.explicit) == (IPv4Address("192.168.7.9"), 24, True)
    assert (found.mac, found.port, found.capacity, found.latency_ns) == ("08:00:00:00:01:aa", 7, 10**9, 2_000)
    assert (found.label, found.name, found.commands) == ("web server", "WebServer", ("echo hi",))


def test_an_access_link_is_as_fast_as_the_fastest_link_of_its_switch(good):
    links = [{"ends": ["A", "B"], "capacity": c, "latency": "1us"} for c in ("1Gbit", "40Gbit", "10Gbit")]
    network = good({"switches": {"A": {}, "B": {}}, "hosts": {"h": {"switch": "A"}}, "links": links})
    assert network.hosts[0].capacity == 40 * 10**9


def test_attributes_are_exact_and_complete(good):
    text = """
    {"switches": {"A": {}, "B": {}},
     "attributes": {"loss": {"combine": "max", "default": -0.5}, "cost": {"combine": "sum", "unit": "EUR"}},
     "links": [{"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us", "cost": 0.1},
               {"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us", "cost": 7, "loss": 0.25}]}
    """
    network = good(text)
    assert [(d.name, d.combine, d.unit) for d in network.declarations] == [
        ("cost", "sum", "EUR"),
        ("loss", "max", ""),
    ]
    assert network.links[0].attributes == (("cost", Fraction(1, 10)), ("loss", Fraction(-1, 2)))
    assert network.links[1].attributes == (("cost", Fraction(7)), ("loss", Fraction(1, 4)))


def test_one_switch_alone_is_a_network(good):
    network = good({"switches": {"A": {}}})
    assert network.destinations == (0,)
    assert network.ports == ((),)


def test_the_name_may_be_stated(good):
    assert good({"name": "Lab 3", "switches": {"A": {}}}).name == "Lab 3"


def test_all_errors_of_a_file_are_reported(attempt):
    outcome = attempt(
        {
            "switches": {"A": {}, "B": 5},
            "hosts": {"h": {"switch": "Q"}},
            "links": [{"ends": ["A", "X"], "capacity": "0bit"}, {"ends": ["A", "A"], "lat": 1}],
        }
    )
    assert sorted(outcome.codes) == ["CTR0211", "CTR0212", "CTR0221", "CTR0221", "CTR0223", "CTR0226"]


def test_a_file_wrong_everywhere_is_given_up_after_a_hundred(attempt):
    links = [{"ends": ["A", f"x{i}"]} for i in range(5_000)]
    outcome = attempt({"switches": {"A": {}}, "links": links})
    assert len(outcome.diagnostics) == 100
