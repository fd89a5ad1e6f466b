// Every kind of key, entries of the control plane with priorities, hit and miss, switch on the action that ran.
#include <core.p4>
#include <v1model.p4>

header key_t {
    bit<8>  kind;
    bit<12> small;
    bit<4>  nibble;
    bit<16> port;
    bit<32> address;
}

header out_t {
    bit<8>  ternary_result;
    bit<8>  lpm_result;
    bit<8>  range_result;
    bit<8>  optional_result;
    bit<8>  mixed_result;
    bit<8>  ran;
    bit<16> data;
}

struct headers_t {
    key_t key;
    out_t result;
}

struct meta_t { }

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.key);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    action from_ternary(bit<8> value) {
        hdr.result.ternary_result = value;
    }
    action from_lpm(bit<8> value) {
        hdr.result.lpm_result = value;
    }
    action from_range(bit<8> value) {
        hdr.result.range_result = value;
    }
    action from_optional(bit<8> value) {
        hdr.result.optional_result = value;
    }
    action from_mixed(bit<8> value, bit<16> more) {
        hdr.result.mixed_result = value;
        hdr.result.data = more;
    }
    action swap() {
        hdr.key.port = hdr.key.port[7:0] ++ hdr.key.port[15:8];
    }
    action drop() {
        mark_to_drop(std);
    }

    table by_ternary {
        key = { hdr.key.small: ternary @name("small"); hdr.key.nibble: ternary @name("nibble"); }
        actions = { from_ternary; NoAction; }
        default_action = from_ternary(0xee);
    }
    table by_lpm {
        key = { hdr.key.nibble: exact @name("nibble"); hdr.key.address: lpm @name("address"); }
        actions = { from_lpm; NoAction; }
        default_action = NoAction();
    }
    table by_range {
        key = { hdr.key.port: range @name("port"); hdr.key.small: range @name("small"); }
        actions = { from_range; NoAction; }
        default_action = NoAction();
    }
    table by_optional {
        key = { hdr.key.small: optional @name("small"); hdr.key.port: optional @name("port"); }
        actions = { from_optional; NoAction; }
        default_action = NoAction();
    }
    table by_mixture {
        key = {
            hdr.key.kind: exact @name("kind");
            hdr.key.address: lpm @name("address");
            hdr.key.small: ternary @name("small");
        }
        actions = { from_mixed; swap; drop; NoAction; }
        default_action = NoAction();
    }
    table by_nothing {
        actions = { from_mixed; NoAction; }
        default_action = NoAction();
    }

    apply {
        std.egress_spec = 2;
        if (hdr.key.isValid()) {
            hdr.result.setValid();
            hdr.result.ternary_result = 0;
            hdr.result.lpm_result = 0;
            hdr.result.range_result = 0;
            hdr.result.optional_result = 0;
            hdr.result.mixed_result = 0;
            hdr.result.ran = 0;
            hdr.result.data = 0;
            by_nothing.apply();
            if (by_ternary.apply().hit) {
                hdr.result.ran = hdr.result.ran | 1;
            }
            if (!by_lpm.apply().hit) {
                hdr.result.ran = hdr.result.ran | 2;
            }
            if (by_range.apply().miss) {
                hdr.result.ran = hdr.result.ran | 4;
            } else {
                by_optional.apply();
            }
            switch (by_mixture.apply().action_run) {
                from_mixed: {
                    hdr.result.ran = hdr.result.ran | 0x10;
                }
                swap:
                drop: {
                    hdr.result.ran = hdr.result.ran | 0x20;
                }
                default: {
                    hdr.result.ran = hdr.result.ran | 0x80;
                }
            }
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
        packet.emit(hdr.key);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
