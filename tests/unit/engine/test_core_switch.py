"""What a switch does with a packet, against v1model's traffic manager (behavioral-model, simple_switch.cpp)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support import fake
from support.fake import chain, frame

from contra.engine.model import NetworkPlan
from contra.engine.network import Network
from contra.p4.abi import EGRESS_PORT, INGRESS_PORT, INSTANCE_TYPE

JIT = pytest.mark.parametrize("jit", [False, True], ids=["python", "machine"])


def switch_plan(jit: bool, **more: Any) -> NetworkPlan:
    """h0 and h1 at one switch, group 3 to h1 (instance 5) and h0 (instance 6), session 2 to h0 (instance 7)."""
    plan = chain(1, jit)
    (switch,) = plan.switches
    program = switch.program._replace(**more)  # type: ignore[attr-defined]
    one = replace(switch, program=program, groups={3: [(2, 5), (1, 6)]}, sessions={2: [(1, 7)]})
    return replace(plan, switches=[one])


def sent(jit: bool, what: int, argument: int = 0, size: int = 64, **more: Any) -> tuple[Network, dict[str, Any]]:
    """Send one frame from h0; the heads that arrive at each host."""
    network = Network(switch_plan(jit, **more), jit=jit)
    network.log(delivered=True, heads=True)
    network.inject(0, "h0", frame(1, what, argument), size=size)
    assert network.run(10**9)
    arrived: dict[str, Any] = {"h0": [], "h1": []}
    for delivery in network.journal.deliveries():
        arrived[delivery.host].append(delivery.head)
    return network, arrived


@JIT
def test_a_packet_is_forwarded_unchanged(jit: bool) -> None:
    network, arrived = sent(jit, fake.FORWARD)
    assert arrived == {"h0": [], "h1": [frame(1)]}
    assert network.totals.packet_hops == 1
    assert network.totals.drops == {}


@JIT
def test_multicast_makes_a_copy_for_each_replica_with_its_instance(jit: bool) -> None:
    _, arrived = sent(jit, fake.MULTICAST, 3)
    assert [(head[8], head[10], head[0]) for head in arrived["h1"]] == [(5, 5, 1)]  # replication, rid, ingress port
    assert [(head[8], head[10], head[0]) for head in arrived["h0"]] == [(5, 6, 1)]


@JIT
@pytest.mark.parametrize("group", [1, 200])
def test_an_unknown_group_loses_the_packet(jit: bool, group: int) -> None:
    network, arrived = sent(jit, fake.MULTICAST, group)
    assert arrived == {"h0": [], "h1": []}
    assert network.totals.drops == {"unknown multicast group": 1}


@JIT
def test_resubmit_forgets_the_port_and_keeps_the_fields(jit: bool) -> None:
    """The second pass sees instance 6 and port 0; unicast then sets the type back to normal."""
    network, arrived = sent(jit, fake.RESUBMIT)
    (head,) = arrived["h1"]
    assert (head[8], head[9], head[0]) == (0, 101, 0)
    assert network.totals.packet_hops == 1


@JIT
def test_resubmitting_for_ever_ends(jit: bool) -> None:
    network, arrived = sent(jit, fake.RESUBMIT_EVER)
    assert arrived == {"h0": [], "h1": []}
    assert network.totals.drops == {"resubmitted too often": 1}


@JIT
def test_recirculating_keeps_the_fields_and_the_packet_as_it_left(jit: bool) -> None:
    """Egress wrote into the head before the packet came round; after the second ingress the type is normal."""
    network, arrived = sent(jit, fake.RECIRCULATE)
    (head,) = arrived["h1"]
    assert (head[8], head[9], head[0]) == (0, 79, 0)
    assert network.totals.packet_hops == 1


@JIT
def test_recirculating_for_ever_ends(jit: bool) -> None:
    network, _ = sent(jit, fake.RECIRCULATE_EVER)
    assert network.totals.drops == {"recirculated too often": 1}


@JIT
def test_an_ingress_clone_is_the_packet_as_it_came_with_the_fields_as_they_are(jit: bool) -> None:
    """Header word 0 was changed to 99 by ingress: the original has that, the clone what the parser found."""
    _, arrived = sent(jit, fake.CLONE_IN, 2)
    (clone,), (original,) = arrived["h0"], arrived["h1"]
    # type, kept field, rid, header word, ingress port (reset in a clone)
    assert (clone[8], clone[9], clone[10], clone[11], clone[0]) == (1, 77, 7, 1, 0)
    assert (original[8], original[9], original[10], original[11], original[0]) == (0, 77, 0, 99, 1)


@JIT
def test_a_clone_to_an_unknown_session_is_not_made(jit: bool) -> None:
    network, arrived = sent(jit, fake.CLONE_IN, 9)
    assert [len(arrived[host]) for host in ("h0", "h1")] == [0, 1]
    assert network.totals.drops == {}


@JIT
def test_an_egress_clone_goes_through_egress_although_the_packet_is_dropped(jit: bool) -> None:
    network, arrived = sent(jit, fake.CLONE_OUT, 2)
    (clone,) = arrived["h0"]
    assert (clone[8], clone[9], clone[10], clone[11], clone[0]) == (2, 78, 7, 1, 0)
    assert arrived["h1"] == []
    assert network.totals.drops == {"dropped by the egress": 1}


@JIT
def test_clones_are_parsed_again_if_the_headers_are_unknown(jit: bool) -> None:
    """The header word is the parser's, metadata and port are as in other clones."""
    for what, instance, kept in ((fake.CLONE_IN, 1, 77), (fake.CLONE_OUT, 2, 78)):
        _, arrived = sent(jit, what, 2, headers=(0, 0))
        (clone,) = arrived["h0"]
        assert (clone[8], clone[9], clone[10], clone[11], clone[0]) == (instance, kept, 7, 1, 0)


@JIT
def test_drops(jit: bool) -> None:
    assert sent(jit, fake.DROP)[0].totals.drops == {"dropped by the ingress": 1}
    assert sent(jit, fake.DROP_LATE)[0].totals.drops == {"dropped by the egress": 1}
    assert sent(jit, fake.PORT, 7)[0].totals.drops == {"no such port": 1}
    assert sent(jit, fake.PORT, 511 - 256)[0].totals.drops == {"dropped by the ingress": 1}


@JIT
def test_the_cpu_port_leads_to_the_controller(jit: bool) -> None:
    network, arrived = sent(jit, fake.PORT, 510 - 256, size=200)
    (packet,) = network.journal.controller()
    assert (packet.switch, packet.head, packet.size) == ("s0", frame(1, fake.PORT, 254), 200)
    assert arrived == {"h0": [], "h1": []}


@JIT
def test_a_digest_is_kept(jit: bool) -> None:
    network, arrived = sent(jit, fake.DIGEST)
    (digest,) = network.journal.digests()
    assert digest.phv[INGRESS_PORT] == 1
    assert len(arrived["h1"]) == network.totals.digests == 1


@JIT
def test_truncation(jit: bool) -> None:
    network, arrived = sent(jit, fake.CUT, 20, size=500)
    assert arrived["h1"] == [frame(1, fake.CUT, 20)[:20]]
    assert network.link_totals(2).data_bytes == 20


@JIT
def test_heads_grow_hop_by_hop_beyond_their_rows(jit: bool) -> None:
    """Rows of 128 bytes hold a frame of 120 and two growths of 4, not 30 of them."""
    network = Network(chain(30, jit), jit=jit)
    network.log(delivered=True, heads=True)
    data = frame(1, fake.GROW, size=120)
    network.inject(0, "h0", data)
    network.inject(1, "h0", data, size=400)
    network.run(10**9)
    one, two = network.journal.deliveries()
    assert one.head == data + bytes((0xA0, 0xA1, 0xA2, 0xA3)) * 30
    assert one.head == two.head
    assert network.link_totals(len(network.plan.links) - 2).data_bytes == 120 + 400 + 2 * 120


@JIT
def test_queueing_metadata(jit: bool) -> None:
    """Three packets of 1000 bytes at 1 Gbit/s come in by 10 Gbit/s: they leave 8 us apart."""
    plan = chain(1, jit)
    links = [replace(link, rate_bps=10**10) if "h0" in (link.source, link.target) else link for link in plan.links]
    network = Network(replace(plan, links=links), jit=jit)
    network.log(delivered=True, heads=True)
    for _ in range(3):
        network.inject(0, "h0", frame(1, fake.STAMP), size=1000)
    network.run(10**9)
    heads = [delivery.head for delivery in network.journal.deliveries()]
    # Arrivals at 1.8, 2.6, 3.4 us; departures begin at 1.8, 9.8, 17.8 us; timestamps are whole microseconds
    assert [(head[8], head[9], head[10]) for head in heads] == [(0, 0, 0), (0, 1, 9 - 2), (1, 0, 17 - 3)]
    assert {head[0] << 8 | head[11] for head in heads} == {1000}


@JIT
def test_trace_leaves_the_network_as_it_was(jit: bool) -> None:
    plan = chain(3, jit)
    network = Network(plan, jit=jit)
    flow = network.add_flow("h1")
    network.add_udp("h0", frame(1), size=1000, gap_ps=10**7, flow=flow, poisson=True)
    network.run(10**9)
    before = {name: array.tolist() for name, array in network.arrays.items()}
    steps, deliveries = network.trace("h0", frame(1))
    assert [(step.stage, step.switch, step.port) for step in steps] == [
        (stage, f"s{index}", port) for index in range(3) for stage, port in (("ingress", 1), ("egress", 2))
    ]
    assert [step.phv[EGRESS_PORT] for step in steps if step.stage == "egress"] == [2, 2, 2]
    assert {step.phv[INSTANCE_TYPE] for step in steps} == {0}
    assert [delivery.trail for delivery in deliveries] == [(0, 1, 2)]
    same = {"net": slice(5)} if jit else {}
    for name, array in network.arrays.items():
        skip = same.get(name, slice(0))
        assert array.tolist()[skip.stop or 0 :] == before[name][skip.stop or 0 :], name
