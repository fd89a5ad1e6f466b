// Every hash over lists of odd widths, with bases and moduli that are no powers of two.
#include <core.p4>
#include <v1model.p4>

header data_t {
    bit<4>  a;
    bit<12> b;
    bit<16> c;
    bit<32> d;
    bit<48> e;
    bit<7>  f;
    bit<1>  g;
    bit<16> modulus;
    bit<16> base;
}

header out_t {
    bit<16> crc16_bytes;
    bit<16> crc16_odd;
    bit<10> crc16_slot;
    bit<6>  pad;
    bit<32> crc32_bytes;
    bit<32> crc32_odd;
    bit<16> csum16_bytes;
    bit<16> csum16_odd;
    bit<16> xor16_bytes;
    bit<32> identity_bytes;
    bit<16> by_modulus;
    bit<32> based;
    bit<16> narrow;
    bit<16> nothing;
}

struct headers_t {
    out_t  result;
    data_t data;
}

struct meta_t { }

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.data);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 2;
        if (hdr.data.isValid()) {
            hdr.result.setValid();
            hdr.result.pad = 0;
            hash(hdr.result.crc16_bytes, HashAlgorithm.crc16, 16w0, { hdr.data.c, hdr.data.d }, 32w65536);
            hash(hdr.result.crc16_odd, HashAlgorithm.crc16, 16w0, { hdr.data.a, hdr.data.f, hdr.data.d }, 32w65536);
            hash(hdr.result.crc16_slot, HashAlgorithm.crc16, 10w0, { hdr.data.g, hdr.data.e }, 32w1024);
            hash(hdr.result.crc32_bytes, HashAlgorithm.crc32, 32w0, { hdr.data.e, hdr.data.c }, 64w0x100000000);
            hash(hdr.result.crc32_odd, HashAlgorithm.crc32, 32w0, { hdr.data.b, hdr.data.g, hdr.data.a }, 64w0x100000000);
            hash(hdr.result.csum16_bytes, HashAlgorithm.csum16, 16w0, { hdr.data.c, hdr.data.d, hdr.data.e }, 32w65536);
            hash(hdr.result.csum16_odd, HashAlgorithm.csum16, 16w0, { hdr.data.f, hdr.data.g, hdr.data.c, hdr.data.d }, 32w65536);
            hash(hdr.result.xor16_bytes, HashAlgorithm.xor16, 16w0, { hdr.data.c, hdr.data.d, hdr.data.e }, 32w65536);
            hash(hdr.result.identity_bytes, HashAlgorithm.identity, 32w0, { hdr.data.d }, 64w0x100000000);
            hash(hdr.result.by_modulus, HashAlgorithm.crc16, hdr.data.base, { hdr.data.d, hdr.data.a, hdr.data.b }, (bit<32>) hdr.data.modulus);
            hash(hdr.result.based, HashAlgorithm.crc32, 32w1000, { hdr.data.d }, 32w77);
            hash(hdr.result.narrow, HashAlgorithm.crc32, 16w5, { hdr.data.e ++ hdr.data.c, hdr.data.a ++ hdr.data.b }, 32w1000);
            hash(hdr.result.nothing, HashAlgorithm.crc16, hdr.data.base, { hdr.data.c }, 32w0);
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
        packet.emit(hdr.data);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
