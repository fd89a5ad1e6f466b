"""The hash in authenticated programs: published vectors and random probes, for every length of probe that there is.

The generated text is kept but for ingress and egress: what goes in comes out again with its hash.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import pytest
from differential import engine
from differential.case import CPU, Case, Packet
from support.builds import lowered, topology_of
from support.siphash import VECTOR_KEY, VECTORS, half_siphash, halves

from contra.emit.authentication import words
from contra.emit.v1model import p4_text, policy_text
from contra.ir.model import Field
from contra.options import ProtocolOptions

RING = {"switches": {name: {} for name in "ABCD"}, "links": [{"ends": list(e)} for e in ("AB", "BC", "CD", "DA")]}
POLICIES = {
    7: "minimize(path.len)",
    8: "minimize(path.util)",
    9: "minimize((path.len, path.util))",
    10: "minimize(path.lat)",
    11: "minimize((path.len, path.lat))",
    12: "minimize((path.lat, path.util))",
    13: "minimize((path.lat, path.len, path.util))",
    14: "minimize(if A .* B .* then (path.lat, path.len, path.util) else inf)",
}
"""Bytes in front of the mac -> a policy whose probes have so many."""
HEAD = bytes(12) + b"\x88\xb5"
INGRESS = """
control Hashes(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    ProbeHash() probe_hash;

    apply {{
        meta.keyed = YES;
        meta.key_0 = {0};
        meta.key_1 = {1};
        probe_hash.apply(hdr, meta);
        hdr.probe.mac = meta.mac;
        std.egress_spec = 1;
    }}
}}

control Nothing(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {{
    apply {{ }}
}}
"""


@cache
def generated(length: int) -> tuple[str, int]:
    """An authenticated program of the ring, and the bytes of its probes in front of the mac."""
    deployment = lowered(POLICIES[length], topology_of(RING), ProtocolOptions(authenticate=True))
    program = deployment.programs[0]
    probe = next(header for header in program.headers if header.name == "probe")
    text = p4_text(program, deployment.clauses, policy_text(deployment.graph.policy.checked.source))
    return text, probe.bits // 8 - 4


def hashes(length: int, key: bytes, probes: list[bytes], *, jit: bool, cache_dir: Path | None) -> list[bytes]:
    """The hash of each probe by the generated program."""
    text, _ = generated(length)
    start = text.index("control ContraIngress(")
    end = text.index("control NoVerifyChecksum(")
    text = text[:start] + INGRESS.format(*halves(key)) + text[end:]
    text = text.replace("ContraIngress(), ContraEgress()", "Hashes(), Nothing()")
    text = text.replace("bit<8> FORMAT = 1;", f"bit<8> FORMAT = {probes[0][0]};")
    packets = tuple(Packet(1, HEAD + probe + b"wxyz" + b"rest", 1 + at) for at, probe in enumerate(probes))
    frames = engine.run(Case("hash", text, {}, (1, CPU), packets), jit=jit, cache=cache_dir).frames[1]
    assert [frame[: len(HEAD) + len(probe)] for frame, probe in zip(frames, probes, strict=True)] == [
        HEAD + probe for probe in probes
    ]
    assert {frame[-4:] for frame in frames} == {b"rest"}
    return [frame[-8:-4] for frame in frames]


def test_the_lengths_are_what_they_are_called() -> None:
    assert [generated(length)[1] for length in POLICIES] == list(POLICIES)
    assert {length % 4 for length in POLICIES} == {0, 1, 2, 3}


@pytest.mark.parametrize("length", POLICIES)
@pytest.mark.parametrize("jit", [False, True], ids=["interpreted", "compiled"])
def test_published_vectors(length: int, jit: bool, tmp_path: Path) -> None:
    made = hashes(length, VECTOR_KEY, [bytes(range(length))], jit=jit, cache_dir=tmp_path)
    assert [mac.hex() for mac in made] == [VECTORS[length]]


@pytest.mark.parametrize("length", POLICIES)
def test_random_probes_and_keys(length: int, tmp_path: Path) -> None:
    random = Random(length)
    for _ in range(3):
        key = random.randbytes(8)
        probes = [b"\1" + random.randbytes(length - 1) for _ in range(30)] + [b"\1" + b"\xff" * (length - 1)]
        made = hashes(length, key, probes, jit=False, cache_dir=tmp_path)
        assert made == [half_siphash(key, probe) for probe in probes]


def test_the_judge_knows_the_vectors() -> None:
    for length, mac in VECTORS.items():
        assert half_siphash(VECTOR_KEY, bytes(range(length))).hex() == mac


def test_every_byte_of_a_probe_is_hashed_in_its_place() -> None:
    """Fields that begin or end within a byte, and one over several."""
    fields = (Field("a", 8, ""), Field("b", 11, ""), Field("c", 5, ""), Field("d", 16, ""), Field("e", 3, ""))
    assert words((*fields, Field("f", 5, ""))) == [
        "hdr.probe.d[15:8] ++ hdr.probe.b[2:0] ++ hdr.probe.c ++ hdr.probe.b[10:3] ++ hdr.probe.a",
        "8w6 ++ 8w0 ++ hdr.probe.e ++ hdr.probe.f ++ hdr.probe.d[7:0]",
    ]
    assert words((Field("a", 32, ""),)) == [
        "hdr.probe.a[7:0] ++ hdr.probe.a[15:8] ++ hdr.probe.a[23:16] ++ hdr.probe.a[31:24]",
        "8w4 ++ 24w0",
    ]
