// What the traffic manager does when a program asks for several things at once: every combination, in every pass.
#include <core.p4>
#include <v1model.p4>

const bit<8> MARK = 0xee;

header order_t {
    bit<1>  clone_i;
    bit<1>  clone_fields;
    bit<1>  resubmit;
    bit<1>  group;
    bit<1>  drop;
    bit<1>  digest;
    bit<1>  truncate_i;
    bit<1>  invalid;
    bit<1>  clone_e;
    bit<1>  clone_e_fields;
    bit<1>  recirculate;
    bit<1>  drop_e;
    bit<1>  truncate_e;
    bit<1>  grow;
    bit<2>  laps;
    bit<8>  session;
    bit<8>  number;
    bit<8>  keep;
}

header trace_t {
    bit<8>  mark;
    bit<8>  instance;
    bit<8>  port;
    bit<16> length;
    bit<16> rid;
    bit<8>  laps;
    bit<8>  tries;
}

struct headers_t {
    trace_t trace;
    order_t order;
}

struct meta_t {
    @field_list(1, 2, 3, 4)
    bit<8> laps;
    @field_list(1, 2)
    bit<8> tries;
    bit<8> other;
}

struct news_t {
    bit<8> number;
    bit<8> laps;
}

register<bit<32>>(8) lengths;
counter(8, CounterType.packets_and_bytes) passes;

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        // By the packet itself: BMv2 parses clones with whatever metadata an earlier packet has left behind
        transition select(packet.lookahead<bit<8>>()) {
            MARK: parse_trace;
            default: parse_order;
        }
    }

    state parse_trace {
        packet.extract(hdr.trace);
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
        bit<32> length;
        lengths.read(length, std.instance_type & 7);
        lengths.write(std.instance_type & 7, length + std.packet_length);
        passes.count(std.instance_type & 7);
        std.egress_spec = 2;
        meta.other = 9;
        if (hdr.order.isValid()) {
            if (hdr.order.group == 1) {
                std.mcast_grp = (bit<16>) hdr.order.number;
            }
            if (hdr.order.clone_i == 1) {
                clone(CloneType.I2E, (bit<32>) hdr.order.session);
            }
            if (hdr.order.clone_fields == 1) {
                clone_preserving_field_list(CloneType.I2E, (bit<32>) hdr.order.session + 1, 3);
            }
            if (hdr.order.digest == 1) {
                digest<news_t>(1, { hdr.order.number, meta.laps });
            }
            if (hdr.order.truncate_i == 1) {
                truncate((bit<32>) hdr.order.keep);
            }
            if (hdr.order.resubmit == 1) {
                if (meta.tries < 2) {
                    meta.tries = meta.tries + 1;
                    hdr.order.number = hdr.order.number + 1;
                    resubmit_preserving_field_list(1);
                }
            }
            if (hdr.order.drop == 1) {
                if (meta.laps == 1) {
                    mark_to_drop(std);
                }
            }
            if (hdr.order.invalid == 1) {
                hdr.order.setInvalid();
            }
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (!hdr.trace.isValid()) {
            hdr.trace.setValid();
        }
        hdr.trace.mark = MARK;
        hdr.trace.instance = (bit<8>) std.instance_type;
        hdr.trace.port = (bit<8>) std.egress_port;
        hdr.trace.length = (bit<16>) std.packet_length;
        hdr.trace.rid = std.egress_rid;
        hdr.trace.laps = meta.laps;
        hdr.trace.tries = meta.tries ^ meta.other;
        if (hdr.order.isValid()) {
            hdr.order.session = hdr.order.session + 1;
            // One copy only, and none of a packet that may be on its way again: they would race
            if (std.egress_port == 2) {
                if ((std.instance_type == 0 || std.instance_type == 5) && std.egress_rid != 6) {
                    if (hdr.order.clone_e == 1) {
                        clone(CloneType.E2E, 7);
                    }
                    if (hdr.order.clone_e_fields == 1) {
                        clone_preserving_field_list(CloneType.E2E, 8, 2);
                    }
                    if (hdr.order.recirculate == 1) {
                        if (meta.laps < (bit<8>) hdr.order.laps) {
                            meta.laps = meta.laps + 1;
                            recirculate_preserving_field_list(4);
                        }
                    }
                }
                if (hdr.order.drop_e == 1) {
                    mark_to_drop(std);
                }
            }
            if (hdr.order.truncate_e == 1) {
                truncate((bit<32>) hdr.order.keep + 1);
            }
            if (hdr.order.grow == 0) {
                hdr.trace.setInvalid();
            }
        }
    }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.trace);
        packet.emit(hdr.order);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
