// Names: keywords of one place as names elsewhere, types and values of one name, shadowing, instance paths, @name.
#include <v1model.p4>

header packet_in_t { bit<8> key; bit<8> actions; }
struct headers { packet_in_t packet_in; packet_in_t state; }
struct meta_t { bit<8> apply; bit<8> entries; bit<16> type; }

parser P(packet_in packet, out headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    state start {
        packet.extract(hdr.packet_in);
        transition select(hdr.packet_in.key) { 1: more; _: accept; }
    }
    state more {
        packet.extract(hdr.state);
        transition accept;
    }
}

control None1(inout headers hdr, inout meta_t meta) { apply { } }
control None2(inout headers hdr, inout meta_t meta) { apply { } }

control Leaf(inout bit<8> value) {
    register<bit<8>>(2) cells;
    counter(2, CounterType.bytes) hits;
    bit<8> total = 0;
    action add(bit<8> more) { total = total + more; }
    @name("adder") table t { key = { value: exact @name("v"); total: exact; } actions = { add; NoAction; } }
    apply {
        cells.write(0, value);
        hits.count(1);
        t.apply();
        value = total;
    }
}

control Branch(inout headers hdr) {
    Leaf() left;
    @name("right") Leaf() other;
    apply {
        left.apply(hdr.packet_in.key);
        other.apply(hdr.packet_in.actions);
    }
}

control MyIngress(inout headers hdr, inout meta_t meta, inout standard_metadata_t std) {
    Branch() one;
    Branch() two;
    @name(".top") action outer() { std.egress_spec = 1; }
    @name("first.second") action dotted() { std.egress_spec = 2; }
    @name(".alone") table lonely { actions = { outer; dotted; } default_action = outer; }
    apply {
        one.apply(hdr);
        two.apply(hdr);
        lonely.apply();
        bit<8> key = hdr.packet_in.key;
        bit<8> state = key;
        bit<16> type = meta.type;
        {
            bit<16> key = type;
            meta.type = key;
        }
        meta.apply = state;
        meta.entries = meta.apply;
    }
}

control MyEgress(inout headers hdr, inout meta_t meta, inout standard_metadata_t std) { apply { } }

control D(packet_out packet, in headers hdr) {
    apply {
        packet.emit(hdr);
    }
}

V1Switch(P(), None1(), MyIngress(), MyEgress(), None2(), D()) main;
