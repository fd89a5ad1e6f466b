// Clones at ingress and at egress, with and without metadata that travel along; instance types; clones of clones ended.
#include <core.p4>
#include <v1model.p4>

header order_t {
    bit<8> what;
    bit<8> session;
    bit<8> mark;
}

header note_t {
    bit<8>  instance;
    bit<16> port;
    bit<8>  kept;
    bit<8>  lost;
    bit<16> length;
}

struct headers_t {
    note_t  note;
    order_t order;
}

struct meta_t {
    @field_list(1, 2)
    bit<8> kept;
    @field_list(2)
    bit<8> more;
    bit<8> lost;
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
        std.egress_spec = 2;
        meta.kept = 0;
        meta.more = 0;
        meta.lost = 0;
        if (hdr.order.isValid()) {
            meta.kept = hdr.order.mark + 1;
            meta.more = hdr.order.mark + 2;
            meta.lost = hdr.order.mark + 3;
            hdr.order.mark = hdr.order.mark + 16;
            if (hdr.order.what[0:0] == 1) {
                clone_preserving_field_list(CloneType.I2E, (bit<32>) hdr.order.session, 1);
            }
            if (hdr.order.what[1:1] == 1) {
                clone(CloneType.I2E, (bit<32>) hdr.order.session + 1);
            }
            if (hdr.order.what[2:2] == 1) {
                meta.kept = 0x77;
            }
            if (hdr.order.what[3:3] == 1) {
                mark_to_drop(std);
            }
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        hdr.note.setValid();
        hdr.note.instance = (bit<8>) std.instance_type;
        hdr.note.port = (bit<16>) std.egress_port;
        hdr.note.kept = meta.kept;
        hdr.note.lost = meta.lost ^ meta.more;
        hdr.note.length = (bit<16>) std.packet_length;
        if (hdr.order.isValid() && std.instance_type == 0) {
            if (hdr.order.what[4:4] == 1) {
                clone_preserving_field_list(CloneType.E2E, (bit<32>) hdr.order.session, 2);
            }
            if (hdr.order.what[5:5] == 1) {
                clone(CloneType.E2E, 3);
            }
            hdr.order.mark = hdr.order.mark + 1;
            if (hdr.order.what[6:6] == 1) {
                mark_to_drop(std);
            }
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
