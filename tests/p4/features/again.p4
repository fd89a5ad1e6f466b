// Resubmitted and recirculated packets: what they keep, what they lose, and how often they come.
#include <core.p4>
#include <v1model.p4>

header order_t {
    bit<8> resubmits;
    bit<8> recirculations;
    bit<8> trace;
}

header extra_t {
    bit<8> round;
    bit<8> instance;
    bit<16> length;
}

struct headers_t {
    extra_t extra;
    order_t order;
}

struct meta_t {
    @field_list(1)
    bit<8> rounds;
    @field_list(1, 3)
    bit<16> sum;
    @field_list(3)
    bit<8> laps;
    bit<8> lost;
}

register<bit<32>>(8) passes;

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        transition select(std.instance_type) {
            4: parse_extra;
            default: parse_order;
        }
    }

    state parse_extra {
        packet.extract(hdr.extra);
        transition parse_order;
    }

    state parse_order {
        packet.extract(hdr.order);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        bit<32> count;
        passes.read(count, std.instance_type & 7);
        passes.write(std.instance_type & 7, count + std.packet_length);
        std.egress_spec = 2;
        meta.sum = meta.sum + (bit<16>) std.ingress_port + 0x100;
        if (hdr.order.isValid()) {
            if (meta.rounds < hdr.order.resubmits && hdr.order.resubmits < 5) {
                meta.rounds = meta.rounds + 1;
                meta.lost = 5;
                hdr.order.trace = 0xff;
                resubmit_preserving_field_list(1);
            }
            hdr.order.trace = hdr.order.trace + meta.rounds;
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.order.isValid()) {
            if (!hdr.extra.isValid()) {
                hdr.extra.setValid();
                hdr.extra.round = 0;
            }
            hdr.extra.round = hdr.extra.round + 1;
            hdr.extra.instance = (bit<8>) std.instance_type | meta.lost << 4;
            hdr.extra.length = meta.sum;
            if (meta.laps < hdr.order.recirculations && hdr.order.recirculations < 4) {
                meta.laps = meta.laps + 1;
                recirculate_preserving_field_list(3);
            }
        }
    }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.extra);
        packet.emit(hdr.order);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
