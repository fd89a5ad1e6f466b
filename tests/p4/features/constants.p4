// Tables with constant entries of every kind of key, a switch over a value, enums with values, constants and typedefs.
#include <core.p4>
#include <v1model.p4>

typedef bit<12> small_t;

const small_t LOW = 0x010;
const bit<8> MASK = 0x0f;

enum bit<8> Kind {
    FIRST = 1,
    SECOND = 2,
    LAST = 0xff
}

enum Colour { RED, GREEN, BLUE }

header key_t {
    Kind    kind;
    small_t small;
    bit<4>  nibble;
    bit<16> port;
    bit<32> address;
    bit<8>  value;
}

header out_t {
    bit<8> a;
    bit<8> b;
    bit<8> c;
    bit<8> d;
    bit<8> e;
    bit<8> f;
}

struct headers_t {
    key_t key;
    out_t result;
}

struct meta_t {
    Colour colour;
    bool   flag;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.key);
        meta.flag = hdr.key.nibble > 7;
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action set_a(bit<8> value) {
        hdr.result.a = value;
    }
    action set_b(bit<8> value) {
        hdr.result.b = value;
    }
    action set_c(bit<8> value, bit<8> other) {
        hdr.result.c = value;
        hdr.result.d = other + MASK;
    }

    table ternaries {
        key = { hdr.key.small: ternary; hdr.key.nibble: ternary; }
        actions = { set_a; }
        const default_action = set_a(0xdd);
        const entries = {
            (LOW, _): set_a(1);
            (0x000 &&& 0xf00, 3): set_a(2);
            (0x001 &&& 0x001, 0x8 &&& 0x8): set_a(3);
            (_, 0 &&& 0x3): set_a(4);
        }
    }

    table ranges {
        key = { hdr.key.port: range; hdr.key.value: exact; }
        actions = { set_b; NoAction; }
        const default_action = NoAction();
        const entries = {
            (0 .. 255, 1): set_b(1);
            (100 .. 300, 1): set_b(2);
            (0xff00 .. 0xffff, 255): set_b(3);
            (_, 0): set_b(4);
        }
    }

    table prefixes {
        key = { hdr.key.address: lpm; }
        actions = { set_c; NoAction; }
        const default_action = NoAction();
        const entries = {
            0x0a000000 &&& 0xff000000: set_c(1, 2);
            0x0a010000 &&& 0xffff0000: set_c(3, 4);
            0x00000000 &&& 0x80000000: set_c(5, 6);
            0xffffffff: set_c(7, 8);
        }
    }

    table kinds {
        key = { hdr.key.kind: exact; meta.flag: exact; }
        actions = { set_c; NoAction; }
        const default_action = NoAction();
        const entries = {
            (Kind.FIRST, true): set_c(0x11, 0);
            (Kind.SECOND, false): set_c(0x12, 1);
            (Kind.LAST, true): set_c(0x13, 2);
        }
    }

    apply {
        std.egress_spec = 2;
        if (hdr.key.isValid()) {
            hdr.result.setValid();
            hdr.result.a = 0;
            hdr.result.b = 0;
            hdr.result.c = 0;
            hdr.result.d = 0;
            hdr.result.e = 0;
            hdr.result.f = 0;
            ternaries.apply();
            ranges.apply();
            if (prefixes.apply().miss) {
                kinds.apply();
            }
            meta.colour = Colour.RED;
            if (hdr.key.kind == Kind.FIRST) {
                meta.colour = Colour.GREEN;
            } else if (hdr.key.kind == Kind.LAST) {
                meta.colour = Colour.BLUE;
            }
            if (meta.colour == Colour.BLUE || meta.flag) {
                hdr.result.e = 1;
            }
            if (meta.colour != Colour.RED && !meta.flag) {
                hdr.result.e = hdr.result.e + 2;
            }
            switch (hdr.key.value) {
                0: { hdr.result.f = 1; }
                1:
                2: { hdr.result.f = 2; }
                255: { hdr.result.f = 3; }
                default: { hdr.result.f = 4; }
            }
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.result);
        packet.emit(hdr.key);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
