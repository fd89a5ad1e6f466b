"""Paths of packets from captures that are made by hand, and what the policy says to them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support.captures import Frame, arp, datagram, hops, probe, write
from wire import Frames, Judged, PacketPath, Rules, interfaces_of, judge, paths, read_frames, shim_of

from contra.diagnostics import Reporter
from contra.engine.build import load

ROOT = Path(__file__).parent.parent.parent.parent
A, B, C, D = range(4)


def seen(build: Path, file: Path, frames: list[Frame]) -> tuple[Frames, list[PacketPath], Judged]:
    loaded = load(build, Reporter())
    read = read_frames(write(file, frames), shim_of(loaded))
    found = list(paths(loaded, read, interfaces_of(loaded)))
    return read, found, judge(loaded, found)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "links.pcapng"


def test_the_shim_is_as_the_protocol_says(shortest: Path, by_b: Path) -> None:
    plain, tagged = (shim_of(load(build, Reporter())) for build in (shortest, by_b))
    assert (plain.length, plain.tagged) == (8, False)
    assert (tagged.length, tagged.tagged) == (9, True)


def test_a_packet_is_followed_over_its_links(shortest: Path, file: Path) -> None:
    packet = datagram(7, 1)
    _, (path,), judged = seen(shortest, file, hops("ABD", packet, 100.0))
    assert path.switches == (A, B, D)
    assert path.ports == ((A, 1), (B, 2))
    assert path.arrived
    assert path.complete
    assert not path.loops
    assert (path.start, path.end) == pytest.approx((100.0, 100.001), abs=1e-5)
    assert bytes(packet).startswith(path.first)
    assert (judged.packets, judged.arrived, judged.violations) == (1, 1, {})


def test_packets_that_cross_are_kept_apart(shortest: Path, file: Path) -> None:
    one, other = hops("ABD", datagram(1, 5), 100.0), hops("ACD", datagram(1, 6), 100.0002)
    back = hops("DBA", datagram(2, 5, "D", "A"), 100.0003)
    _, found, judged = seen(shortest, file, one + other + back)
    assert sorted(path.switches for path in found) == [(A, B, D), (A, C, D), (D, B, A)]
    assert (judged.arrived, judged.different_paths) == (3, 3)


def test_the_same_bytes_sent_twice_are_two_packets(shortest: Path, file: Path) -> None:
    packet = datagram(1, 1)
    _, found, judged = seen(shortest, file, hops("ABD", packet, 100.0) + hops("ACD", packet, 101.0))
    assert [path.switches for path in found] == [(A, B, D), (A, C, D)]
    assert judged.arrived == 2


def test_a_packet_that_ends_too_early_is_lost(shortest: Path, file: Path) -> None:
    _, (path,), judged = seen(shortest, file, hops("AB", datagram(1, 1), 100.0, target="D"))
    assert path.complete
    assert not path.arrived
    assert (judged.lost, judged.arrived, judged.incomplete) == (1, 0, 0)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_hop_that_the_capture_lacks_is_noticed(shortest: Path, file: Path, missing: int) -> None:
    frames = hops("CABD", datagram(1, 1, "C"), 100.0)
    del frames[missing]
    _, (path,), judged = seen(shortest, file, frames)
    assert not path.complete
    assert (judged.incomplete, judged.arrived) == (1, 0)


def test_hops_that_do_not_meet_are_no_path(shortest: Path, file: Path) -> None:
    first, second = hops("ABD", datagram(1, 1), 100.0), hops("ACD", datagram(1, 1), 100.0)
    _, (path,), _ = seen(shortest, file, [first[0], second[1]])  # A to B, C to D
    assert not path.complete


def test_hops_that_meet_with_a_gap_in_the_ttl_are_no_path(shortest: Path, file: Path) -> None:
    frames = hops("ABABD", datagram(1, 1), 100.0)
    del frames[1:3]  # A to B and B to D are left
    _, (path,), _ = seen(shortest, file, frames)
    assert path.switches == (A, B, D)
    assert not path.complete


def test_a_loop_is_found_without_tags(shortest: Path, file: Path) -> None:
    frames = hops("ABACD", datagram(1, 1), 100.0) + hops("ACD", datagram(1, 2), 101.0)
    _, found, judged = seen(shortest, file, frames)
    assert [path.loops for path in found] == [True, False]
    assert judged.loops == 1
    assert judged.arrived == 2


def test_with_tags_a_switch_may_be_passed_twice(by_b: Path, file: Path) -> None:
    there_and_back = hops("CABAC", datagram(1, 1, "C", "C"), 100.0, tags=[1, 1, 0, 0])
    in_circles = hops("CABABD", datagram(1, 2, "C"), 101.0, tags=[1, 0, 0, 0, 0])
    _, found, judged = seen(by_b, file, there_and_back + in_circles)
    assert [path.loops for path in found] == [False, True]
    assert judged.loops == 1


def test_paths_are_held_against_the_policy(by_b: Path, file: Path) -> None:
    frames = hops("ABD", datagram(1, 1), 100.0, tags=[0, 0])
    frames += hops("ACD", datagram(1, 2), 101.0, tags=[0, 0])
    frames += hops("ACD", datagram(1, 3), 102.0, tags=[0, 0])
    frames += hops("CABD", datagram(1, 4, "C"), 103.0, tags=[1, 0, 0])
    _, _, judged = seen(by_b, file, frames)
    assert judged.arrived == 4
    assert judged.violations == {"A-C-D": 2}


def test_rules_know_paths_by_their_ports(by_b: Path) -> None:
    rules = Rules(load(by_b, Reporter()))
    assert rules(((A, 1), (B, 2)))
    assert not rules(((A, 2), (C, 2)))


def test_probes_are_counted_by_link(shortest: Path, file: Path) -> None:
    frames = [probe(100.0, "A", "B"), probe(100.5, "A", "B"), probe(101.0, "B", "A", size=80)]
    read, found, _ = seen(shortest, file, [*frames, arp(100.2, "A", "B"), *hops("AB", datagram(1, 1), 100.3)])
    assert found[0].switches == (A, B)
    assert len(found) == 1  # ARP is not judged
    assert (read.probes["B-eth1"].frames, read.probes["B-eth1"].bytes) == (2, 2 * 23)
    assert read.probes["B-eth1"].on_ethernet == 2 * 84  # the least frame of IEEE 802.3, preamble and gap
    assert read.probes["A-eth1"].on_ethernet == 14 + 80 + 24
    assert read.data["B-eth1"].frames == 2
    assert read.seconds == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(("way", "code"), [("ABD", 0), ("ACD", 1)])
def test_the_command_tells(by_b: Path, file: Path, way: str, code: int) -> None:
    write(file, hops(way, datagram(1, 1), 100.0, tags=[0, 0]))
    command = [sys.executable, str(ROOT / "bmv2-testbed" / "wire.py"), str(by_b), str(file)]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["against", "the", "policy", str(code)] in lines
    assert (["A-C-D", "1"] in lines) == bool(code)
