// Checksums verified and updated, on conditions, with and without the payload.
#include <core.p4>
#include <v1model.p4>

header ip_t {
    bit<4>  version;
    bit<4>  ihl;
    bit<8>  ttl;
    bit<16> length;
    bit<16> checksum;
    bit<32> src;
}

header udp_t {
    bit<16> src;
    bit<16> dst;
    bit<16> length;
    bit<16> checksum;
}

header note_t {
    bit<8> wrong;
}

struct headers_t {
    note_t note;
    ip_t   ip;
    udp_t  udp;
}

struct meta_t {
    bit<16> seen;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.ip);
        transition select(hdr.ip.ihl) {
            0 &&& 1: parse_udp;
            default: accept;
        }
    }

    state parse_udp {
        packet.extract(hdr.udp);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply {
        verify_checksum(hdr.ip.isValid(), { hdr.ip.version, hdr.ip.ihl, hdr.ip.ttl, hdr.ip.length, hdr.ip.src }, hdr.ip.checksum, HashAlgorithm.csum16);
        verify_checksum_with_payload(hdr.udp.isValid() && hdr.udp.checksum != 0, { hdr.ip.src, hdr.udp.src, hdr.udp.dst, hdr.udp.length }, hdr.udp.checksum, HashAlgorithm.csum16);
    }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 2;
        if (hdr.ip.isValid()) {
            hdr.note.setValid();
            hdr.note.wrong = (bit<8>) std.checksum_error;
            if (hdr.ip.ttl > 3) {
                hdr.ip.ttl = hdr.ip.ttl - 1;
            }
            meta.seen = hdr.ip.checksum;
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply { }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply {
        update_checksum(hdr.ip.isValid(), { hdr.ip.version, hdr.ip.ihl, hdr.ip.ttl, hdr.ip.length, hdr.ip.src }, hdr.ip.checksum, HashAlgorithm.csum16);
        update_checksum_with_payload(hdr.udp.isValid() && hdr.udp.src > 10, { hdr.ip.src, hdr.udp.src, hdr.udp.dst, hdr.udp.length }, hdr.udp.checksum, HashAlgorithm.csum16);
    }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.note);
        packet.emit(hdr.ip);
        packet.emit(hdr.udp);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
