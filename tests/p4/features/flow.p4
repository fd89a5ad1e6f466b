// The flow of control: return and exit inside nested controls and actions, copy-in copy-out, two instances of one control.
#include <core.p4>
#include <v1model.p4>

header work_t {
    bit<8> a;
    bit<8> b;
    bit<8> c;
    bit<8> d;
}

struct headers_t {
    work_t work;
}

struct meta_t {
    bit<8> left;
    bit<8> right;
}

parser FeatureParser(packet_in packet, out headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.work);
        transition accept;
    }
}

control FeatureVerify(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control Inner(in bit<8> given, inout bit<8> changed, out bit<8> made) {
    bit<8> kept = 3;
    register<bit<16>>(4) calls;
    counter(4, CounterType.packets_and_bytes) taken;

    action add(bit<8> amount) {
        changed = changed + amount + kept;
    }

    action stop(in bit<8> limit, inout bit<8> value) {
        if (value > limit) {
            value = limit;
            return;
        }
        value = value + 1;
    }

    table adders {
        key = { given: exact @name("given"); }
        actions = { add; NoAction; }
        default_action = NoAction();
    }

    apply {
        made = 1;
        bit<16> count;
        calls.read(count, (bit<32>) given & 3);
        calls.write((bit<32>) given & 3, count + 1);
        taken.count((bit<32>) given & 3);
        if (given == 7) {
            made = 70;
            return;
        }
        adders.apply();
        if (given == 8) {
            changed = 80;
            made = 81;
        }
        stop(given, changed);
        kept = kept + changed;
        made = kept;
    }
}

control Outer(inout headers_t hdr, inout meta_t meta) {
    Inner() first;
    Inner() second;

    apply {
        bit<8> result;
        first.apply(hdr.work.a, hdr.work.b, result);
        meta.left = result;
        if (result == 70) {
            return;
        }
        second.apply(hdr.work.b, hdr.work.a, result);
        meta.right = result;
    }
}

control Closing(inout headers_t hdr, in bit<8> limit) {
    action end() {
        hdr.work.d = 0xee;
        exit;
    }

    apply {
        if (hdr.work.a > limit) {
            hdr.work.a = limit;
            exit;
        }
        if (hdr.work.b > limit) {
            end();
        }
        hdr.work.d = hdr.work.d + 1;
    }
}

control FeatureIngress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Outer() outer;
    Closing() closing;

    action leave() {
        hdr.work.d = 0xdd;
        exit;
    }

    table leavers {
        key = { hdr.work.c: exact @name("c"); }
        actions = { leave; NoAction; }
        default_action = NoAction();
    }

    apply {
        std.egress_spec = 2;
        meta.left = 0;
        meta.right = 0;
        if (hdr.work.isValid()) {
            if (hdr.work.c == 9) {
                std.egress_spec = 1;
                return;
            }
            outer.apply(hdr, meta);
            leavers.apply();
            if (hdr.work.c > 100) {
                if (hdr.work.d > 100) {
                    closing.apply(hdr, 200);
                } else {
                    hdr.work.c = meta.left;
                }
            } else if (hdr.work.c == 50) {
                hdr.work.c = meta.right;
            }
            hdr.work.d = meta.left ^ meta.right;
        }
    }
}

control FeatureEgress(inout headers_t hdr, inout meta_t meta, inout standard_metadata_t std) {
    Outer() outer;

    apply {
        if (hdr.work.isValid()) {
            if (hdr.work.d == 0) {
                exit;
            }
            outer.apply(hdr, meta);
            hdr.work.c = hdr.work.c + meta.left;
        }
    }
}

control FeatureCompute(inout headers_t hdr, inout meta_t meta) {
    apply { }
}

control FeatureDeparser(packet_out packet, in headers_t hdr) {
    apply {
        packet.emit(hdr.work);
    }
}

V1Switch(FeatureParser(), FeatureVerify(), FeatureIngress(), FeatureEgress(), FeatureCompute(), FeatureDeparser()) main;
