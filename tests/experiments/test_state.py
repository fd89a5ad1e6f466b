"""Bits of state against a count by hand, from the texts of a build."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from contra.diagnostics import Reporter
from contra.driver import CompileRequest, compile
from contra.experiments.kinds.state import entry_bits, measure
from contra.experiments.tasks import StateTask
from contra.p4 import front
from contra.resources import resource_dir
from contra.source import SourceFile

PROGRAM = """
#include <core.p4>
#include <v1model.p4>
header h_t { bit<7> a; bit<9> b; bit<16> c; }
struct headers { h_t h; }
struct metadata { }
parser P(packet_in p, out headers hdr, inout metadata meta, inout standard_metadata_t std) {
    state start { p.extract(hdr.h); transition accept; }
}
control V(inout headers hdr, inout metadata meta) { apply { } }
control I(inout headers hdr, inout metadata meta, inout standard_metadata_t std) {
    action one(bit<9> port) { std.egress_spec = port; }
    action two(bit<16> c, bit<7> a) { hdr.h.c = c; hdr.h.a = a; }
    action none() { }
    table exact_one { key = { hdr.h.a: exact; hdr.h.b: exact; } actions = { one; two; none; } default_action = none(); }
    table masked { key = { hdr.h.c: lpm; } actions = { one; } default_action = one(1); }
    table bounds { key = { hdr.h.c: range; hdr.h.a: ternary; } actions = { one; none; } default_action = none(); }
    apply { exact_one.apply(); masked.apply(); bounds.apply(); }
}
control E(inout headers hdr, inout metadata meta, inout standard_metadata_t std) { apply { } }
control C(inout headers hdr, inout metadata meta) { apply { } }
control D(packet_out p, in headers hdr) { apply { p.emit(hdr.h); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""


def test_bits_of_an_entry() -> None:
    program = front.read(SourceFile("x.p4", PROGRAM), Reporter())
    found = {table.name.rpartition(".")[2]: entry_bits(table) for table in program.tables}
    assert found == {
        "exact_one": 7 + 9 + (16 + 7) + 2,  # key, widest data, one of three actions
        "masked": 16 + 16 + 9 + 0,
        "bounds": 2 * 16 + 2 * 7 + 9 + 1,
    }


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state")
    (folder / "p.ctr").write_text("minimize(if .* B .* then path.util else path.len + 9)\n", encoding="utf-8")
    topology = str(resource_dir("topologies") / "diamond.json")
    compile(CompileRequest(policy=folder / "p.ctr", topology=topology, out=folder / "build"), Reporter())
    return folder / "build"


def test_registers_are_those_of_the_text(build: Path) -> None:
    """`register<bit<33>>(32) name;` in the P4 text, summed up without our reader."""
    found = measure(StateTask(), build).measures
    sizes = []
    for path in (build / "programs").glob("*.p4"):
        text = path.read_text(encoding="utf-8")
        numbers = dict(re.findall(r"const bit<32> (\w+) = (\d+);", text))
        registers = re.findall(r"register<bit<(\w+)>>\((\w+)\)", text)
        assert registers
        sizes.append(sum(int(numbers.get(width, width)) * int(numbers.get(slots, slots)) for width, slots in registers))
    assert found["register_bits_max"] == max(sizes)
    assert found["register_kb_max"] == max(sizes) / 8000


def test_entries_are_those_of_the_files(build: Path) -> None:
    found = measure(StateTask(), build).measures
    counts = []
    for path in build.glob("switches/*/runtime.json"):
        counts.append(len(json.loads(path.read_text(encoding="utf-8"))["table_entries"]))
    assert (found["switches"], found["links"], found["programs"]) == (4, 4, len(list(build.glob("programs/*.p4"))))
    assert (found["entries"], found["entries_max"]) == (sum(counts), max(counts))
    assert found["state_bits_max"] == found["register_bits_max"] + found["table_bits_max"]
    assert 0 < found["table_bits_max"] < max(counts) * 300
