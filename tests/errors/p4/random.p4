#include <core.p4>
#include <v1model.p4>

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

control C(inout headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        random(hdr.h.s, 0, 10);
    }
}
