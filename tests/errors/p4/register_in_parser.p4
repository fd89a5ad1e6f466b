#include <core.p4>
#include <v1model.p4>

register<bit<8>>(4) cells;
header h_t {
    bit<8> a;
    bit<16> b;
    int<8> s;
}

struct headers {
    h_t h;
    h_t[3] stack;
}

struct meta_t {
    bit<8> x;
    bit<16> y;
    bool flag;
}

parser P(packet_in packet, out headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        cells.read(meta.x, 0);
        transition accept;
    }
}
