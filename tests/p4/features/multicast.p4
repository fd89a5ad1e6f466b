// Groups of copies, what each copy knows, copies dropped in egress, truncation, digests, lengths.
#include <core.p4>
#include <v1model.p4>

header order_t {
    bit<8>  group;
    bit<8>  keep;
    bit<16> drop_port;
    bit<8>  what;
}

header note_t {
    bit<16> rid;
    bit<16> port;
    bit<16> length;
    bit<8>  instance;
}

struct news_t {
    bit<8>  group;
    bit<16> port;
}

struct headers_t {
    note_t  note;
    order_t order;
}

struct meta_t {
    bit<16> heard;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.order);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        meta.heard = (bit<16>) std.ingress_port;
        std.egress_spec = 3;
        if (hdr.order.isValid()) {
            std.mcast_grp = (bit<16>) hdr.order.group;
            if (hdr.order.what[0:0] == 1) {
                digest<news_t>(1, { hdr.order.group, meta.heard });
            }
            if (hdr.order.what[1:1] == 1) {
                truncate((bit<32>) hdr.order.keep);
            }
            if (hdr.order.what[2:2] == 1) {
                mark_to_drop(std);
            }
        } else {
            mark_to_drop(std);
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (std.egress_port == hdr.order.drop_port[8:0]) {
            mark_to_drop(std);
        }
        hdr.note.setValid();
        hdr.note.rid = std.egress_rid;
        hdr.note.port = (bit<16>) std.egress_port;
        hdr.note.length = (bit<16>) std.packet_length;
        hdr.note.instance = (bit<8>) std.instance_type;
        hdr.order.keep = (bit<8>) meta.heard;
        if (hdr.order.what[3:3] == 1) {
            truncate(std.packet_length - 1);
        }
        if (hdr.order.what[4:4] == 1) {
            hdr.order.setInvalid();
        }
    }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.note);
        packet.emit(hdr.order);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
