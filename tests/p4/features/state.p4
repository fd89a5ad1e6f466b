// Registers and counters of many widths, indexed by packets; bytes and packets counted.
#include <core.p4>
#include <v1model.p4>

header access_t {
    bit<8>  index;
    bit<8>  what;
    bit<64> value;
}

struct headers_t {
    access_t access;
}

struct meta_t { }

register<bit<1>>(16) flags;
register<bit<7>>(16) sevens;
register<bit<33>>(16) odd;
register<bit<63>>(16) long;
register<int<16>>(16) signs;
counter(16, CounterType.packets) packets;
counter(16, CounterType.bytes) octets;
counter(16, CounterType.packets_and_bytes) both;

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.access);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        std.egress_spec = 2;
        if (hdr.access.isValid()) {
            bit<32> index = (bit<32>) hdr.access.index[3:0];
            packets.count(index);
            if (hdr.access.what[0:0] == 1) {
                bit<1> flag;
                flags.read(flag, index);
                flags.write(index, ~flag);
                hdr.access.what[7:7] = flag;
            }
            if (hdr.access.what[1:1] == 1) {
                bit<7> seven;
                sevens.read(seven, index);
                sevens.write(index, seven + hdr.access.value[6:0]);
                hdr.access.value[62:56] = seven;
            }
            if (hdr.access.what[2:2] == 1) {
                bit<33> one;
                odd.read(one, index);
                one = one + hdr.access.value[32:0];
                odd.write(index, one);
                hdr.access.value[33:1] = one;
            }
            if (hdr.access.what[3:3] == 1) {
                bit<63> much;
                long.read(much, index);
                long.write(index, much |+| hdr.access.value[62:0]);
                hdr.access.value[63:1] = much;
            }
            if (hdr.access.what[4:4] == 1) {
                int<16> sign;
                signs.read(sign, index);
                sign = sign - (int<16>) hdr.access.value[15:0];
                signs.write(index, sign);
                if (sign < 0) {
                    hdr.access.index[7:7] = 1;
                }
            }
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    apply {
        if (hdr.access.isValid()) {
            octets.count((bit<32>) hdr.access.index[3:0]);
            both.count((bit<32>) hdr.access.what[3:0]);
        }
    }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.access);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
