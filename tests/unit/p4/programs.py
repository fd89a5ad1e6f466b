"""Runs single programs without a network: bytes in, packet header vector and bytes out."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass

from contra.diagnostics import Reporter
from contra.p4 import abi
from contra.p4.executable import Executable, load
from contra.p4.state import SwitchState
from contra.p4.tables import Contents
from contra.source import SourceFile

ROOM = 256
"""Bytes of a packet's row."""

FRAME = """\
#include <core.p4>
#include <v1model.p4>
%s
struct meta_t { bit<8> unused; }
parser P(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start { packet.extract(hdr.i); hdr.o.setValid(); transition accept; }
}
control V(inout headers_t hdr, inout meta_t meta) { apply { } }
control I(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
%s
}
control E(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }
control C(inout headers_t hdr, inout meta_t meta) { apply { } }
control D(packet_out packet, in headers_t hdr) { apply { packet.emit(hdr.o); } }
V1Switch(P(), V(), I(), E(), C(), D()) main;
"""
"""A program from its headers (`i` in, `o` out) and the body of its ingress."""


@dataclass(frozen=True)
class Runner:
    """A program with its state, compiled or interpreted."""

    program: Executable
    state: SwitchState

    def __call__(self, packet: bytes) -> bytes:
        """What leaves when a packet comes in; parser, ingress, egress and deparser run."""
        phv = (ctypes.c_uint64 * self.program.words)()
        head = (ctypes.c_uint8 * ROOM)(*packet)
        phv[abi.HEAD] = phv[abi.LENGTH] = len(packet)
        for function in (self.program.ingress, self.program.egress):
            if callable(function):
                views = memoryview(phv).cast("B").cast("Q"), memoryview(head).cast("B")
                function(self.state, *views)
            else:
                kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
                kind(function)(self.state.address, ctypes.addressof(phv), ctypes.addressof(head))
        return bytes(head)[: phv[abi.HEAD]]


def runner(text: str, contents: Mapping[str, Contents], *, jit: bool) -> Runner:
    """A program from its text, with what its tables hold."""
    program = load(SourceFile("test.p4", text), Reporter(), jit=jit)
    return Runner(program, program.new_switch(contents))
