// Headers and structs as values: copies with validity, comparison, lists, booleans, fields across byte borders, packet-ins.
#include <core.p4>
#include <v1model.p4>

@controller_header("packet_in")
header packet_in_t {
    bit<7> reserved;
    bit<9> port;
}

@controller_header("packet_out")
header packet_out_t {
    bit<7> reserved;
    bit<9> port;
}

header odd_t {
    bit<3>  a;
    bit<13> b;
    bit<1>  c;
    bit<7>  d;
    bit<5>  e;
    bit<27> f;
    bit<8>  what;
}

struct pair_t {
    bit<8> left;
    bit<8> right;
}

struct headers_t {
    packet_in_t  packet_in;
    packet_out_t packet_out;
    odd_t        first;
    odd_t        second;
    odd_t        third;
}

struct meta_t {
    pair_t one;
    pair_t two;
    bool   both;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        meta.both = false;
        transition select(std.ingress_port) {
            510: from_controller;
            default: first;
        }
    }

    state from_controller {
        packet.extract(hdr.packet_out);
        transition first;
    }

    state first {
        packet.extract(hdr.first);
        transition select(hdr.first.c) {
            1: second;
            default: accept;
        }
    }

    state second {
        packet.extract(hdr.second);
        meta.both = true;
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 2;
        meta.one = { 1, 2 };
        meta.two = meta.one;
        if (hdr.first.isValid()) {
            meta.two.left = hdr.first.what;
            if (hdr.first.what[0:0] == 1) {
                hdr.third = hdr.first;
                hdr.third.f = 0x5a5a5a5;
            }
            if (hdr.first.what[1:1] == 1) {
                hdr.third = hdr.second;
            }
            if (hdr.first.what[2:2] == 1) {
                hdr.first.setInvalid();
                hdr.first.setValid();
                hdr.first = { 1, 2, 1, 3, 4, 5, 6 };
            } else if (hdr.first.what[3:3] == 1) {
                if (hdr.second.isValid()) {
                    if (hdr.first == hdr.second) {
                        hdr.first.d = 0x55;
                    }
                }
                if (meta.one == meta.two) {
                    hdr.first.e = 0x1f;
                }
            }
            if (meta.both) {
                hdr.first.b = hdr.first.b + hdr.second.b;
            }
            hdr.first.f[20:10] = hdr.first.f[10:0];
            if (hdr.packet_out.isValid()) {
                std.egress_spec = hdr.packet_out.port;
                hdr.packet_out.setInvalid();
            } else if (hdr.first.what[6:6] == 1) {
                std.egress_spec = 510;
                hdr.packet_in.setValid();
                hdr.packet_in.reserved = 0;
                hdr.packet_in.port = std.ingress_port;
            }
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.second.isValid()) {
            if (hdr.second.what[7:7] == 1) {
                odd_t spare = hdr.second;
                spare.b = 0x1abc;
                hdr.second = spare;
                hdr.second.a = spare.a + 1;
            }
        }
    }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
