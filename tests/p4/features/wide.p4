// Fields wider than a machine word: arithmetic, shifts, comparison, concatenation, slices on both sides, keys.
#include <core.p4>
#include <v1model.p4>

header wide_t {
    bit<128> a;
    bit<128> b;
    bit<72>  c;
    bit<8>   shift;
    bit<100> d;
    bit<4>   e;
}

header out_t {
    bit<128> add;
    bit<128> sub;
    bit<128> xored;
    bit<128> shl;
    bit<128> shr;
    bit<72>  sum72;
    bit<128> spliced;
    bit<200> joined;
    bit<8>   compare;
    bit<8>   found;
    bit<72>  cut;
    bit<100> d;
    bit<28>  rest;
}

struct headers_t {
    wide_t wide;
    out_t  result;
}

struct meta_t {
    bit<8> found;
    bit<8> odd;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.wide);
        transition select(hdr.wide.a) {
            128w0xffffffffffffffffffffffffffffffff: odd;
            128w0x80 &&& 128w0xff: odd;
            default: even;
        }
    }

    state odd {
        meta.odd = 1;
        transition accept;
    }

    state even {
        meta.odd = 0;
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action note(bit<8> value) {
        meta.found = value;
    }

    action take(bit<72> value, bit<128> other) {
        hdr.result.cut = value;
        hdr.result.xored = hdr.result.xored ^ other;
    }

    table prefixes {
        key = { hdr.wide.a: lpm @name("a"); }
        actions = { note; NoAction; }
        default_action = NoAction();
    }

    table exactly {
        key = { hdr.wide.c: exact @name("c"); hdr.wide.e: exact @name("e"); }
        actions = { take; NoAction; }
        default_action = NoAction();
    }

    table masked {
        key = { hdr.wide.b: ternary @name("b"); }
        actions = { take; NoAction; }
        default_action = take(5, 6);
    }

    apply {
        std.egress_spec = 2;
        meta.found = 0;
        if (hdr.wide.isValid()) {
            hdr.result.setValid();
            hdr.result.add = hdr.wide.a + hdr.wide.b;
            hdr.result.sub = hdr.wide.a - hdr.wide.b;
            hdr.result.xored = hdr.wide.a ^ ~hdr.wide.b;
            hdr.result.shl = hdr.wide.a << hdr.wide.shift;
            hdr.result.shr = hdr.wide.a >> hdr.wide.shift;
            hdr.result.sum72 = hdr.wide.c + (bit<72>) hdr.wide.a;
            hdr.result.spliced = hdr.wide.b;
            hdr.result.spliced[99:28] = hdr.wide.c;
            hdr.result.spliced[3:0] = hdr.wide.e;
            hdr.result.joined = hdr.wide.c ++ hdr.wide.a;
            hdr.result.cut = hdr.wide.a[100:29];
            hdr.result.d = hdr.wide.d;
            hdr.result.rest = hdr.wide.d[91:64];
            bit<8> compare = meta.odd << 7;
            if (hdr.wide.a < hdr.wide.b) {
                compare = compare + 1;
            }
            if (hdr.wide.a == hdr.wide.b) {
                compare = compare + 2;
            }
            if (hdr.wide.d[99:36] >= hdr.wide.a[63:0]) {
                compare = compare + 4;
            }
            hdr.result.compare = compare;
            prefixes.apply();
            if (exactly.apply().miss) {
                masked.apply();
            }
            hdr.result.found = meta.found;
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
        packet.emit(hdr.wide);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
