"""Forged packets on real switches: from hosts, and on links by somebody without the key."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from support.deployment import diamond, missing, wait_for
from support.siphash import half_siphash

from contra.cli.contrac import main as contrac
from contra.deploy.plan import Settings, make_plan
from contra.diagnostics import Reporter
from contra.engine.build import load

REPO = Path(__file__).parent.parent.parent
REASON = missing()
pytestmark = [
    pytest.mark.testbed,
    pytest.mark.slow,
    pytest.mark.skipif(REASON is not None, reason=str(REASON)),
]
KEY, OTHER_KEY = bytes.fromhex("00112233aabbccdd"), bytes.fromhex("00112233aabbccde")
PROBES, SHIM = 0x88B5, 0x88B6
COUNT = 20
AHEAD = 9000
"""So far ahead of the real rounds a forged probe is: believed, it would hold off the real ones for 40 minutes."""
A, D = 0, 3

SEND = """
import socket, sys
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((sys.argv[1], 0))
for frame in sys.argv[2:]:
    sock.send(bytes.fromhex(frame))
"""
"""Sends frames from an interface, in whatever namespace it is run."""

LISTEN = """
import socket, sys, time
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
sock.bind((sys.argv[1], 0))
sock.settimeout(0.1)
print("ready", flush=True)
end, needle, found = time.monotonic() + float(sys.argv[2]), bytes.fromhex(sys.argv[3]), 0
while time.monotonic() < end:
    try:
        data, (_, _, kind, *_) = sock.recvfrom(4000)
    except TimeoutError:
        continue
    found += needle in data and kind != socket.PACKET_OUTGOING
print(found)
"""


class Bed:
    """A running network of the diamond and what the attacker sees of it.

    In the namespace of the tests, because gRPC keeps threads in the one where it was first used in a process.
    """

    def __init__(self, build: Path, folder: Path, **settings: object) -> None:
        from contra.deploy.testbed import Testbed

        reporter = Reporter()
        plan = make_plan(load(build, reporter), Settings(name="hostile", **settings), reporter)  # type: ignore[arg-type]
        self.testbed = Testbed(plan, folder)
        self.reasons = plan.build.manifest.drop_reasons
        self.testbed.start()

    def close(self) -> None:
        self.testbed.stop()

    def drops(self, switch: int) -> dict[str, int]:
        return dict(zip(self.reasons, self.testbed.sessions[switch].counter("drops"), strict=True))

    def more(self, switch: int, act: Callable[[], None]) -> dict[str, int]:
        """Which drops an act adds. Probes of its own that come back are everyday life, and left out."""
        before = self.drops(switch)
        act()
        time.sleep(0.5)
        after = self.drops(switch)
        added = {reason: after[reason] - before[reason] for reason in after if reason != "PROBE"}
        return {reason: number for reason, number in added.items() if number}

    def from_host(self, host: int, frames: Sequence[bytes]) -> None:
        """Send frames from a host."""
        row = self.testbed.network.hosts[host]
        command = row.command(sys.executable, "-c", SEND, row.interface, *(frame.hex() for frame in frames))
        subprocess.run(command, check=True)

    def on_link(self, interface: str, frames: Sequence[bytes]) -> None:
        """Send frames as if the switch with this interface had."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sock:
            sock.bind((interface, 0))
            for frame in frames:
                sock.send(frame)

    def paths(self) -> list[object]:
        return [each.route.path for each in self.testbed.routes()]

    def newest(self, switch: int) -> int:
        """The largest round that a switch has heard of from anybody."""
        source = self.testbed._source
        assert source is not None
        return max(source.read(switch, "fwd_version"))


def probe(origin: int, *, version: int, key: bytes | None = None) -> bytes:
    """A probe of the congestion-aware program: no load, no links, the best that can be said (docs/protocol.md)."""
    fields = bytes([1, 0]) + origin.to_bytes(2, "big") + version.to_bytes(2, "big")
    fields += bytes([0]) + bytes([0]) + bytes(2)  # pid, len, util
    mac = b"" if key is None else half_siphash(key, fields)
    return bytes.fromhex("0180c200000e") + bytes.fromhex("02000000ff01") + PROBES.to_bytes(2, "big") + fields + mac


def shim(destination: int, payload: bytes) -> bytes:
    head = bytes([1, 64]) + destination.to_bytes(2, "big") + bytes([0]) + bytes(2) + (0x0800).to_bytes(2, "big")
    return bytes.fromhex("020000000001") + bytes.fromhex("02000000ff02") + SHIM.to_bytes(2, "big") + head + payload


def packet(source: str, target: str, text: bytes) -> bytes:
    """IPv4 and UDP, by scapy."""
    from scapy.layers.inet import IP, UDP
    from scapy.packet import Raw

    return bytes(IP(src=source, dst=target) / UDP(sport=1, dport=2) / Raw(text))


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    for name, flags in (("plain", []), ("keyed", ["--authenticate"])):
        file = diamond(folder, name)
        words = [str(REPO / "examples/congestion-aware.ctr"), str(file), "-q", "--p4c", "-o", str(folder / name)]
        assert contrac([*words, *flags]) == 0
    (folder / "key").write_text(KEY.hex() + "\n")
    return folder


@pytest.fixture(scope="module")
def plain(builds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    bed = Bed(builds / "plain", tmp_path_factory.mktemp("run") / "net", grpc_base=54251, thrift_base=54351)
    yield bed
    bed.close()


@pytest.fixture(scope="module")
def keyed(builds: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    bed = Bed(
        builds / "keyed",
        tmp_path_factory.mktemp("run") / "net",
        grpc_base=54261,
        thrift_base=54361,
        probe_key=builds / "key",
    )
    yield bed
    bed.close()


def test_probes_from_a_host(plain: Bed) -> None:
    paths = plain.paths()
    forged = [probe(D, version=AHEAD + number) for number in range(COUNT)]
    assert plain.more(A, lambda: plain.from_host(A, forged)) == {"SPOOFED": COUNT}
    assert plain.newest(A) < AHEAD
    assert plain.paths() == paths


def test_shims_from_a_host(plain: Bed) -> None:
    """A host that writes the shim itself would choose tag and class, and so the path: the policy would be void."""
    hosts, text = plain.testbed.network.hosts, b"past the policy"
    payload = packet(hosts[A].address, hosts[D].address, text)
    listener = subprocess.Popen(
        hosts[D].command(sys.executable, "-c", LISTEN, hosts[D].interface, "4", text.hex()),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert listener.stdout is not None and listener.stdout.readline() == "ready\n"
    assert plain.more(A, lambda: plain.from_host(A, [shim(D, payload)] * COUNT)) == {"SPOOFED": COUNT}
    honest = bytes.fromhex("0200000000ff") + bytes.fromhex("020000000002") + (0x0800).to_bytes(2, "big") + payload
    plain.from_host(A, [honest] * 3)
    out, _ = listener.communicate(timeout=20)
    assert int(out) == 3  # those without a shim


@pytest.mark.parametrize("opcode", [1, 2, 3])
def test_what_only_the_control_plane_may_say(plain: Bed, opcode: int) -> None:
    """Ticks, packets to be sent and queries, as they stand behind packet_out: from a host they are frames of nobody."""
    version = plain.newest(A)
    said = bytes([opcode]) + bytes(5) + bytes(60)
    sink = plain.testbed._boxes
    plain.testbed._source.read_at(A, "fwd_version", [0])  # type: ignore[union-attr]
    dropped = plain.more(A, lambda: plain.from_host(A, [said] * COUNT))
    assert dropped == {"UNKNOWN_DESTINATION": COUNT}
    assert sink.receive(A, 0.2) is None  # nothing has come up to the control plane
    assert plain.newest(A) < version + 40


def test_a_forged_probe_on_a_link_is_believed_without_a_key(plain: Bed) -> None:
    """Why there is authentication. The last test of this network: it is spoiled now."""
    plain.on_link("plainB-eth1", [probe(D, version=AHEAD)])
    wait_for(lambda: plain.newest(A) >= AHEAD, 3)


@pytest.mark.parametrize("key", [None, OTHER_KEY, bytes(8)])
def test_probes_on_a_link_by_another_key(keyed: Bed, key: bytes | None) -> None:
    paths = keyed.paths()
    end = b"" if key is not None else b"\0\0\0\0"
    forged = [probe(D, version=AHEAD + number, key=key) + end for number in range(COUNT)]
    assert keyed.more(A, lambda: keyed.on_link("keyedB-eth1", forged)) == {"UNAUTHENTIC": COUNT}
    assert keyed.newest(A) < AHEAD
    assert keyed.paths() == paths


def test_a_host_with_the_key_is_a_host_all_the_same(keyed: Bed) -> None:
    assert keyed.more(A, lambda: keyed.from_host(A, [probe(D, version=AHEAD, key=KEY)] * COUNT)) == {"SPOOFED": COUNT}
    assert keyed.newest(A) < AHEAD


def test_the_key_is_in_no_file_and_no_command_line(keyed: Bed, builds: Path) -> None:
    words = [KEY[at : at + 4] for at in (0, 4)]
    texts = {KEY.hex(), *(str(int.from_bytes(word, order)) for word in words for order in ("little", "big"))}
    texts |= {word.hex() for word in words} | {word[::-1].hex() for word in words}
    needles = {text.encode() for text in texts} | {KEY, *words}
    files = [*(builds / "keyed").rglob("*"), *keyed.testbed.folder.rglob("*")]
    contents = {str(file): file.read_bytes() for file in files if file.is_file()}
    assert any(name.endswith("journal.jsonl") for name in contents) and any("/logs/" in name for name in contents)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            for name in ("cmdline", "environ"):
                try:
                    contents[f"{entry}/{name}"] = (entry / name).read_bytes()
                except OSError:
                    continue
    assert [name for name, data in contents.items() if any(needle in data.lower() for needle in needles)] == []
    assert "secret" in contents[str(builds / "keyed/deploy/journal.jsonl")].decode()


def test_a_probe_by_the_right_key_is_believed(keyed: Bed) -> None:
    """That the tests above could fail. The last one of this network."""
    keyed.on_link("keyedB-eth1", [probe(D, version=AHEAD, key=KEY)])
    wait_for(lambda: keyed.newest(A) >= AHEAD, 3)
