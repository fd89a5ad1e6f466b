// How parsing ends: accept, NoMatch, PacketTooShort, verify; lookahead, advance; selects of every kind.
#include <core.p4>
#include <v1model.p4>

error {
    OddNumber,
    TooLarge
}

header first_t {
    bit<8> kind;
    bit<8> value;
}

header small_t {
    bit<4> a;
    bit<4> b;
}

header big_t {
    bit<16> a;
    bit<32> b;
    bit<16> c;
}

header note_t {
    bit<8>  fault;
    bit<8>  valid;
    bit<16> ahead;
}

struct headers_t {
    note_t  note;
    first_t first;
    small_t small;
    big_t   big;
}

struct meta_t {
    bit<16> ahead;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    bit<16> peeked;
    bit<8> steps;

    state start {
        steps = 0;
        meta.ahead = 0;
        transition select(std.ingress_port) {
            3: skip;
            default: first;
        }
    }

    state skip {
        packet.advance(16);
        transition first;
    }

    state first {
        packet.extract(hdr.first);
        steps = steps + 1;
        transition select(hdr.first.kind, hdr.first.value) {
            (0, _): accept;
            (1, 0 .. 127): small;
            (1, _): big;
            (2 &&& 0xfe, 1 &&& 1): checked;
            (2 &&& 0xfe, _): peek;
            (0x80 .. 0x90, _): jump;
            (0xff, _): small_then_big;
        }
    }

    state small {
        packet.extract(hdr.small);
        transition select(hdr.small.a ++ hdr.small.b) {
            0: accept;
            0xf0 &&& 0xf0: big;
            default: accept;
        }
    }

    state big {
        packet.extract(hdr.big);
        transition accept;
    }

    state checked {
        packet.extract(hdr.small);
        verify(hdr.small.b[0:0] == 0, error.OddNumber);
        verify(hdr.small.a < 9, error.TooLarge);
        transition big;
    }

    state peek {
        peeked = packet.lookahead<bit<16>>();
        meta.ahead = peeked;
        small_t seen = packet.lookahead<small_t>();
        transition select(peeked[15:8], seen.b) {
            (0, _): small;
            (1, 1): big;
            (_, 8): jump;
            default: accept;
        }
    }

    state jump {
        packet.advance((bit<32>) hdr.first.value[2:0] << 3);
        transition small;
    }

    state small_then_big {
        packet.extract(hdr.small);
        meta.ahead = (bit<16>) steps;
        transition big;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 2;
        bit<8> fault = 0;
        if (std.parser_error == error.NoError) {
            fault = 1;
        }
        if (std.parser_error == error.PacketTooShort) {
            fault = 2;
        }
        if (std.parser_error == error.NoMatch) {
            fault = 3;
        }
        if (std.parser_error == error.OddNumber) {
            fault = 4;
        }
        if (std.parser_error == error.TooLarge) {
            fault = 5;
        }
        bit<8> valid = 0;
        if (hdr.first.isValid()) {
            valid = valid | 1;
        }
        if (hdr.small.isValid()) {
            valid = valid | 2;
        }
        if (hdr.big.isValid()) {
            valid = valid | 4;
        }
        hdr.note.setValid();
        hdr.note.fault = fault;
        hdr.note.valid = valid;
        hdr.note.ahead = meta.ahead;
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
        packet.emit(hdr.first);
        packet.emit(hdr.small);
        packet.emit(hdr.big);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
