// Header stacks: extraction in a loop, overflow, next, last, indices, push and pop, copies of elements.
#include <core.p4>
#include <v1model.p4>

header label_t {
    bit<20> value;
    bit<3>  class;
    bit<1>  bottom;
    bit<8>  ttl;
}

header note_t {
    bit<8> count;
    bit<8> valid;
    bit<8> error_code;
}

struct headers_t {
    note_t     note;
    label_t[4] labels;
}

struct meta_t {
    bit<32> last;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        meta.last = 99;
        transition next_label;
    }

    state next_label {
        packet.extract(hdr.labels.next);
        transition select(hdr.labels.last.class) {
            0: follow;
            default: note;
        }
    }

    state note {
        meta.last = hdr.labels.lastIndex;
        transition follow;
    }

    state follow {
        transition select(hdr.labels.last.bottom) {
            0: next_label;
            1: accept;
        }
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 2;
        bit<8> valid = 0;
        if (hdr.labels[0].isValid()) {
            valid = valid | 1;
        }
        if (hdr.labels[1].isValid()) {
            valid = valid | 2;
        }
        if (hdr.labels[2].isValid()) {
            valid = valid | 4;
        }
        if (hdr.labels[3].isValid()) {
            valid = valid | 8;
        }
        hdr.note.setValid();
        hdr.note.count = (bit<8>) meta.last;
        hdr.note.valid = valid;
        hdr.note.error_code = 0;
        if (std.parser_error == error.StackOutOfBounds) {
            hdr.note.error_code = 1;
        } else if (std.parser_error == error.PacketTooShort) {
            hdr.note.error_code = 2;
        } else if (std.parser_error != error.NoError) {
            hdr.note.error_code = 3;
        }
        if (hdr.labels[0].isValid()) {
            if (hdr.labels[0].class == 1) {
                hdr.labels.push_front(1);
                hdr.labels[0].setValid();
                hdr.labels[0].value = 0x12345;
                hdr.labels[0].class = 0;
                hdr.labels[0].bottom = 0;
                hdr.labels[0].ttl = 64;
            } else if (hdr.labels[0].class == 2) {
                hdr.labels.pop_front(1);
            } else if (hdr.labels[0].class == 3) {
                hdr.labels.push_front(2);
                hdr.labels[0] = hdr.labels[2];
                hdr.labels[1].setValid();
                hdr.labels[1].value = 1;
                hdr.labels[1].class = 7;
                hdr.labels[1].bottom = 1;
                hdr.labels[1].ttl = 0;
            } else if (hdr.labels[0].class == 4) {
                hdr.labels.pop_front(2);
            } else if (hdr.labels[0].class == 5) {
                hdr.labels[3] = hdr.labels[0];
                hdr.labels[0].ttl = hdr.labels[0].ttl - 1;
            } else if (hdr.labels[0].class == 6) {
                hdr.labels.pop_front(4);
            } else if (hdr.labels[1].isValid()) {
                hdr.labels[1].setInvalid();
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
        packet.emit(hdr.note);
        packet.emit(hdr.labels);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
