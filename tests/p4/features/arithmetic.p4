// Arithmetic at odd widths: wrap-around, saturation, shifts past the width, signs.
#include <core.p4>
#include <v1model.p4>

header operands_t {
    bit<8>  shift;
    bit<3>  a3;
    bit<13> a13;
    bit<8>  a8;
    bit<3>  b3;
    bit<13> b13;
    bit<8>  b8;
    bit<32> a32;
    bit<32> b32;
    bit<64> a64;
    bit<64> b64;
}

header results_t {
    bit<13> add13;
    bit<13> sub13;
    bit<13> mul13;
    bit<13> sadd13;
    bit<13> ssub13;
    bit<13> neg13;
    bit<13> not13;
    bit<13> shl13;
    bit<13> shr13;
    bit<3>  add3;
    bit<3>  mul3;
    bit<3>  sadd3;
    bit<3>  ssub3;
    bit<8>  and8;
    bit<8>  sadd8;
    bit<32> mul32;
    bit<32> shl32;
    bit<32> shr32;
    bit<32> less32;
    bit<32> mix32;
    bit<64> mul64;
    bit<64> shl64;
    bit<64> shr64;
    bit<64> ssub64;
    bit<64> sadd64;
    bit<64> sub64;
    bit<8>  compare;
    bit<7>  pad;
}

header signed_t {
    int<8>  add;
    int<8>  sub;
    int<8>  mul;
    int<8>  sadd;
    int<8>  ssub;
    int<8>  neg;
    int<8>  shr;
    int<8>  shl;
    int<13> sadd13;
    int<13> ssub13;
    int<13> shr13;
    int<13> neg13;
    int<32> widened;
    int<64> widened64;
    bit<13> narrowed;
    bit<8>  compare;
    bit<7>  pad;
}

struct headers_t {
    operands_t operands;
    results_t  results;
    signed_t   signs;
}

struct meta_t { }

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.operands);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action unsigned() {
        bit<13> a13 = hdr.operands.a13;
        bit<13> b13 = hdr.operands.b13;
        bit<8> shift = hdr.operands.shift;
        hdr.results.setValid();
        hdr.results.add13 = a13 + b13;
        hdr.results.sub13 = a13 - b13;
        hdr.results.mul13 = a13 * b13;
        hdr.results.sadd13 = a13 |+| b13;
        hdr.results.ssub13 = a13 |-| b13;
        hdr.results.neg13 = -a13;
        hdr.results.not13 = ~a13;
        hdr.results.shl13 = a13 << shift;
        hdr.results.shr13 = a13 >> shift;
        hdr.results.add3 = hdr.operands.a3 + hdr.operands.b3;
        hdr.results.mul3 = hdr.operands.a3 * hdr.operands.b3;
        hdr.results.sadd3 = hdr.operands.a3 |+| hdr.operands.b3;
        hdr.results.ssub3 = hdr.operands.a3 |-| hdr.operands.b3;
        hdr.results.and8 = hdr.operands.a8 & 7;
        hdr.results.sadd8 = hdr.operands.a8 |+| 7;
        hdr.results.mul32 = hdr.operands.a32 * hdr.operands.b32;
        hdr.results.shl32 = hdr.operands.a32 << hdr.operands.b8;
        hdr.results.shr32 = hdr.operands.a32 >> 31;
        hdr.results.less32 = hdr.operands.a32 - 65537;
        hdr.results.mix32 = ((hdr.operands.a32 & hdr.operands.b32) ^ (hdr.operands.a32 | 32w0x0f0f0f0f)) + (bit<32>) a13;
        hdr.results.mul64 = hdr.operands.a64 * hdr.operands.b64;
        hdr.results.shl64 = hdr.operands.a64 << shift;
        hdr.results.shr64 = hdr.operands.a64 >> shift;
        hdr.results.ssub64 = hdr.operands.a64 |-| hdr.operands.b64;
        hdr.results.sadd64 = hdr.operands.a64 |+| hdr.operands.b64;
        hdr.results.sub64 = hdr.operands.a64 - hdr.operands.b64;
        hdr.results.pad = 0;
    }

    action signed() {
        int<8> a = (int<8>) hdr.operands.a8;
        int<8> b = (int<8>) hdr.operands.b8;
        int<13> a13 = (int<13>) hdr.operands.a13;
        int<13> b13 = (int<13>) hdr.operands.b13;
        hdr.signs.setValid();
        hdr.signs.add = a + b;
        hdr.signs.sub = a - b;
        hdr.signs.mul = a * b;
        hdr.signs.sadd = a |+| b;
        hdr.signs.ssub = a |-| b;
        hdr.signs.neg = -a;
        hdr.signs.shr = a >> hdr.operands.shift;
        hdr.signs.shl = a << 3;
        hdr.signs.sadd13 = a13 |+| b13;
        hdr.signs.ssub13 = a13 |-| b13;
        hdr.signs.shr13 = a13 >> hdr.operands.shift;
        hdr.signs.neg13 = -a13;
        hdr.signs.widened = (int<32>) a13;
        hdr.signs.widened64 = (int<64>) a;
        hdr.signs.narrowed = (bit<13>) ((int<13>) a);
        hdr.signs.pad = 0;
    }

    apply {
        std.egress_spec = 2;
        if (hdr.operands.isValid()) {
            unsigned();
            signed();
            bit<8> compare = 0;
            if (hdr.operands.a13 < hdr.operands.b13) {
                compare = compare | 1;
            }
            if (hdr.operands.a13 >= hdr.operands.b13 && hdr.operands.a8 != hdr.operands.b8) {
                compare = compare | 2;
            }
            if (hdr.operands.a64 > hdr.operands.b64 || hdr.operands.a3 == hdr.operands.b3) {
                compare = compare | 4;
            }
            compare = compare | (hdr.operands.a32 <= hdr.operands.b32 ? 8w8 : 8w16);
            hdr.results.compare = compare;
            int<8> a = (int<8>) hdr.operands.a8;
            int<8> b = (int<8>) hdr.operands.b8;
            bit<8> signs = 0;
            if (a < b) {
                signs = signs | 1;
            }
            if (a >= b) {
                signs = signs | 2;
            }
            if ((int<13>) hdr.operands.a13 > (int<13>) hdr.operands.b13) {
                signs = signs | 4;
            }
            if (a < 0) {
                signs = signs | 8;
            }
            if (!(a <= -1 || b == 3)) {
                signs = signs | 16;
            }
            hdr.signs.compare = signs;
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
        packet.emit(hdr.results);
        packet.emit(hdr.signs);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
