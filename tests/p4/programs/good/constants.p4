// Constants: each register is as large as the value of an expression, so that p4c shows what it folds to.
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

const int BIG = (1 << 100) >> 98;
const bit<8> WRAPPED = 8w200 + 8w100;
const int<8> NEGATIVE = -8s5;
const bit<8> SATURATED = 8w200 |+| 8w100;
const bit<8> FLOOR = 8w20 |-| 8w100;
const bit<16> JOINED = 8w1 ++ 8w2;
const bit<4> CUT = JOINED[11:8];
const bit<8> FLIPPED = ~8w0xf0;
const bit<8> SHIFTED = 8w0x81 << 1;
const int<8> ARITHMETIC = -8s8 >> 1;
const bool TEST = BIG == 4 && WRAPPED < 45;
const bit<32> CHOICE = TEST ? 32w7 : 32w9;
const int MIXED = 7 * 3 / 2 % 6 + 0b11 - 0o7;
const bit<8> PRECEDENCE = 8w1 | 8w2 ^ 8w3 & 8w5 + 8w1 << 1;

register<bit<8>>(BIG) r_big;
register<bit<8>>((bit<32>) WRAPPED) r_wrapped;
register<bit<8>>((bit<32>) SATURATED) r_saturated;
register<bit<8>>((bit<32>) FLOOR + 1) r_floor;
register<bit<8>>((bit<32>) JOINED) r_joined;
register<bit<8>>((bit<32>) CUT) r_cut;
register<bit<8>>((bit<32>) FLIPPED) r_flipped;
register<bit<8>>((bit<32>) SHIFTED) r_shifted;
register<bit<8>>((bit<32>) (bit<8>) NEGATIVE) r_negative;
register<bit<8>>((bit<32>) (bit<8>) ARITHMETIC) r_arithmetic;
register<bit<8>>(CHOICE) r_choice;
register<bit<8>>(MIXED + 10) r_mixed;
register<bit<8>>((bit<32>) PRECEDENCE) r_precedence;
register<bit<33>>(8w0 ++ 24w5) r_cells;

control MyIngress(inout headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        r_big.write(0, 1);
        r_wrapped.write(0, 1);
        r_saturated.write(0, 1);
        r_floor.write(0, 1);
        r_joined.write(0, 1);
        r_cut.write(0, 1);
        r_flipped.write(0, 1);
        r_shifted.write(0, 1);
        r_negative.write(0, 1);
        r_arithmetic.write(0, 1);
        r_choice.write(0, 1);
        r_mixed.write(0, 1);
        r_precedence.write(0, 1);
        r_cells.write(0, 1);
    }
}

V1Switch(P(), V(), MyIngress(), MyEgress(), W(), D()) main;
