// Tables of every match kind, with constant entries of every form and default actions of every kind.
#include <core.p4>
#include <v1model.p4>

header h_t {
    bit<8> a;
    bit<16> b;
    int<8> s;
    bit<32> w;
}

struct headers {
    h_t h;
}

struct meta_t {
    bit<8> x;
    bit<16> y;
    bit<32> z;
    bool flag;
    int<8> s;
}

parser P(packet_in packet, out headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.h);
        transition accept;
    }
}

control V(inout headers hdr, inout meta_t meta) {
    apply { }
}

control MyEgress(inout headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}

control W(inout headers hdr, inout meta_t meta) {
    apply { }
}

control D(packet_out packet, in headers hdr) {
    apply {
        packet.emit(hdr.h);
    }
}

control MyIngress(inout headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set(bit<8> value, bit<16> other) {
        meta.x = value;
        meta.y = other;
    }
    action give(in bit<8> from, bit<8> data) {
        meta.x = from + data;
    }
    table exacts {
        key = { hdr.h.a: exact; hdr.h.isValid(): exact @name("valid"); }
        actions = { set; NoAction; }
        const entries = {
            (1, true): set(1, 2);
            (0xff, false): set(0x10, 0xffff);
        }
        const default_action = set(7, 8);
    }
    table ternaries {
        key = { hdr.h.a: ternary; hdr.h.b: ternary; }
        actions = { set; NoAction; }
        const entries = {
            (1, _): set(1, 2);
            (0x10 &&& 0xf0, 5): NoAction();
            (_, 0xff00 &&& 0xff00): set(3, 4);
            (_, _): NoAction;
        }
    }
    table prefixes {
        key = { hdr.h.w: lpm; }
        actions = { set; @defaultonly NoAction; }
        const entries = {
            0x0a000000 &&& 0xff000000: set(1, 1);
            0x0a010203: set(2, 2);
            _: set(3, 3);
        }
        size = 16;
    }
    table ranges {
        key = { hdr.h.b: range; hdr.h.a: optional; }
        actions = { give(meta.x); @tableonly set; NoAction; }
        const entries = {
            (1 .. 5, 3): set(1, 1);
            (9, _): give(meta.x, 2);
            (_, 4): set(2, 2);
        }
        default_action = NoAction();
    }
    table empty {
        actions = { NoAction; }
    }
    apply {
        exacts.apply();
        ternaries.apply();
        prefixes.apply();
        ranges.apply();
        empty.apply();
    }
}

V1Switch(P(), V(), MyIngress(), MyEgress(), W(), D()) main;
