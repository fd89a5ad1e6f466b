"""Blocks of addresses, checked with Python's own `ipaddress`."""

from __future__ import annotations

import itertools
from ipaddress import IPv4Address, IPv4Network

import pytest

from contra.topology.addressing import choose_host_bits, mac_of
from contra.topology.generate import leaf_spine, ring

TEN = IPv4Network("10.0.0.0/8")


def check_addresses(network):
    """Every rule that holds for every network."""
    blocks = [
        IPv4Network((int(s.address) >> network.host_bits << network.host_bits, s.prefix_length))
        for s in network.switches
    ]
    for i, (switch, block) in enumerate(zip(network.switches, blocks, strict=True)):
        assert block.subnet_of(TEN)
        assert int(block.network_address) == int(TEN.network_address) + (i << network.host_bits)
        assert switch.address in block
        assert switch.address not in (block.network_address, block.broadcast_address)
    assert all(a.broadcast_address < b.network_address for a, b in itertools.pairwise(blocks))
    for host in network.hosts:
        if not host.explicit:
            block = blocks[host.switch]
            assert host.ip in block
            assert host.ip not in (block.network_address, block.broadcast_address)
    everything = [s.address for s in network.switches] + [h.ip for h in network.hosts]
    assert len(set(everything)) == len(everything)
    macs = [h.mac for h in network.hosts]
    assert len(set(macs)) == len(macs)


@pytest.mark.parametrize(
    ("switches", "hosts", "bits"),
    [
        (2, 0, 8),
        (2, 253, 8),
        (2, 254, 9),
        (300, 254, 9),
        (65_536, 253, 8),
        (65_537, 253, None),
        (65_537, 125, 7),
        (2**22, 1, 2),
        (2**22, 2, None),
        (2**22 + 1, 1, None),
        (1, 2**24 - 3, 24),
    ],
)
def test_bits_per_block(switches, hosts, bits):
    assert choose_host_bits(switches, hosts) == bits


def test_more_than_255_switches_and_hosts():
    network = leaf_spine(260, 2, hosts_per_leaf=3)
    assert len(network.switches) == 262
    assert network.host_bits == 8
    check_addresses(network)


def test_more_than_253_hosts_on_a_switch():
    network = leaf_spine(2, 2, hosts_per_leaf=400)
    assert network.host_bits == 9
    assert network.switches[1].prefix_length == 23
    check_addresses(network)


def test_seventy_thousand_switches_share_smaller_blocks():
    network = ring(70_000)
    assert network.host_bits == 7
    check_addresses(network)


def test_macs_are_locally_administered_and_not_multicast():
    mac = mac_of(int(IPv4Address("10.1.2.3")))
    assert mac == "02:00:0a:01:02:03"
    first = int(mac[:2], 16)
    assert first & 2
    assert not first & 1


def test_automatic_addresses_go_around_explicit_ones(good):
    hosts = {
        "a": {"switch": "A"},
        "b": {"switch": "A"},
        "c": {"switch": "B", "ip": "10.0.0.1/8"},
        "d": {"switch": "B", "ip": "10.0.0.2/8"},
    }
    links = [{"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us"}]
    network = good({"switches": {"A": {}, "B": {}}, "hosts": hosts, "links": links})
    check_addresses(network)
    assert [str(h.ip) for h in network.hosts] == ["10.0.0.4", "10.0.0.5", "10.0.0.1", "10.0.0.2"]
    assert str(network.switches[0].address) == "10.0.0.3"


def test_explicit_addresses_can_fill_a_block(good):
    hosts = {f"a{i}": {"switch": "A"} for i in range(100)}
    hosts |= {f"b{i}": {"switch": "B", "ip": f"10.0.0.{i}/8"} for i in range(1, 201)}
    links = [{"ends": ["A", "B"], "capacity": "1Gbit", "latency": "1us"}]
    network = good({"switches": {"A": {}, "B": {}}, "hosts": hosts, "links": links})
    assert network.host_bits == 9
    check_addresses(network)


def test_given_macs_are_not_given_again(good):
    hosts = {"a": {"switch": "A"}, "b": {"switch": "A", "mac": "02:00:0a:00:00:02"}}
    network = good({"switches": {"A": {}}, "hosts": hosts})
    check_addresses(network)


def test_no_room_is_an_error(attempt, monkeypatch):
    # 2^22 switches take a minute; a smaller space fails the same way.
    monkeypatch.setattr("contra.topology.addressing.SPACE_BITS", 4)
    outcome = attempt(
        {
            "switches": {f"s{i}": {} for i in range(5)},
            "links": [{"ends": ["s0", f"s{i}"]} for i in range(1, 5)],
        }
    )
    assert outcome.codes == ["CTR0235"]
    assert "5 switches" in outcome.titles[0]
