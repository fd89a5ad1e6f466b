// Types, declarations, expressions and statements of the supported P4, each at least once.
#include <core.p4>
#include <v1model.p4>
#define WIDTH 8
#define TWICE (WIDTH * 2)

typedef bit<WIDTH> byte_t;
type bit<9> port_t;
const int LIMIT = 1 << 4;
const bit<16> MASK = 0xff_00;
const byte_t SMALL = (byte_t) LIMIT - 1;
const bool ON = true;
enum Color { red, green, blue }
enum bit<16> Ether { ipv4 = 0x800, arp = 0x806 }
error { Odd, TooMany }
@controller_header("packet_in") header in_h { bit<16> port; }
header label_h { bit<20> label; bit<3> tc; bit<1> bottom; bit<8> ttl; }
header eth_h { bit<48> dst; bit<48> src; Ether type; }
header ip_h { bit<4> version; bit<4> ihl; bit<8> tos; bit<16> len; bit<16> id; bit<3> flags; bit<13> frag; bit<8> ttl; bit<8> proto; bit<16> sum; bit<32> src; bit<32> dst; int<8> delta; bit<7> pad; bool odd; }
struct headers { in_h cpu; eth_h eth; label_h[4] labels; ip_h ip; }
struct pair_t { bit<8> a; bit<8> b; }
struct meta_t { @field_list(0, 1) bit<8> x; @field_list(1) bit<16> y; pair_t pair; int<8> s; bool flag; bit<33> wide; error e; bit<16> hash; bit<32> acc; }

parser P(packet_in pkt, out headers hdr, inout meta_t m, inout standard_metadata_t std) {
    bit<8> seen = 0;
    const bit<8> MOST = 4;
    state start {
        seen = 0;
        bit<16> ahead = pkt.lookahead<bit<16>>();
        transition select(std.ingress_port, ahead) {
            (510, 0x1 &&& 0xf): cpu;
            (1 .. 9, _): eth;
            (_, 7): reject;
            default: eth;
        }
    }
    state cpu { pkt.extract(hdr.cpu); pkt.advance(8); transition eth; }
    state eth {
        pkt.extract<eth_h>(hdr.eth);
        verify(hdr.eth.dst != 0, error.Odd);
        transition select(hdr.eth.type) {
            Ether.ipv4: ip;
            Ether.arp: accept;
            (Ether) 0x8847: labels;
            _: accept;
        }
    }
    state labels {
        pkt.extract(hdr.labels.next);
        seen = seen + 1;
        m.acc = m.acc + hdr.labels.lastIndex;
        transition select(hdr.labels.last.bottom, (bit<1>) (seen == MOST)) {
            (0, 0): labels;
            (1, _): ip;
            default: reject;
        }
    }
    state ip {
        pkt.extract(hdr.ip);
        
        transition accept;
    }
}

control Verify(inout headers hdr, inout meta_t m) {
    apply {
        verify_checksum(hdr.ip.isValid(), { hdr.ip.version, hdr.ip.ihl, hdr.ip.tos, hdr.ip.len }, hdr.ip.sum, HashAlgorithm.csum16);
        verify_checksum_with_payload(hdr.ip.isValid(), { hdr.ip.src }, m.hash, HashAlgorithm.csum16);
    }
}

register<bit<33>>(LIMIT) top_cells;
counter(16, CounterType.packets_and_bytes) seen_packets;

action global_action(inout bit<8> x, bit<8> by) { x = x |+| by; }

control Sub(inout bit<8> value, in bit<8> by)  {
    register<bit<8>>(4) cells;
    bit<8> last = 1;
    action bump() { last = last + by; }
    table t { key = { value: exact; } actions = { bump; NoAction; } default_action = bump(); size = 16; }
    apply {
        t.apply();
        cells.read(last, 0);
        cells.write((bit<32>) last[1:0], last ^ value);
        value = last;
    }
}

control MyIngress(inout headers hdr, inout meta_t m, inout standard_metadata_t std) {
    Sub() one;
    @name("second") Sub() two;
    action set(bit<8> value, bit<9> port) { m.x = value; std.egress_spec = port; }
    @name("renamed") action plain() { m.y = 16w3; return; }
    action directed(in bit<8> from, out bit<16> to, bit<8> data) { to = from ++ data; }
    action leave() { mark_to_drop(std); exit; }
    table forward {
        key = {
            hdr.ip.dst: lpm;
            hdr.ip.ttl: ternary @name("ttl");
            hdr.eth.isValid(): exact;
            hdr.ip.src[15:0]: range;
            m.x & 0xf: ternary;
            hdr.labels[1].ttl: optional;
        }
        actions = { set; plain; @tableonly directed(m.x, m.y); @defaultonly leave; }
        const default_action = leave;
        size = 32;
    }
    table fixed {
        key = { m.x: exact; m.y: ternary; m.wide: lpm; }
        actions = { set; global_action(m.x); NoAction; }
        const entries = {
            (1, 2 &&& 3, 0x100000000 &&& 0x1ffff0000): set(1, 2);
            (2, _, 5): global_action(m.x, 3);
            (3, 4, _): NoAction();
        }
    }
    table only { actions = { plain; NoAction; } default_action = plain; }
    apply {
        bit<8> v = hdr.ip.isValid() ? hdr.ip.ttl : 8w0b1010_1010;
        const bit<8> local = 0o17;
        one.apply(v, local);
        two.apply(v, m.x);
        pair_t p = { 1, v };
        m.pair = p;
        p = { p.b, p.a };
        if (p == m.pair && !m.flag || ON) { m.flag = true; } else if (v < 3) { v = 3; } else { ; }
        v[3:0] = 4w5;
        m.wide = v ++ 25w0 == 33w0 ? 1 : 33w2;
        m.s = -m.s + 8s3 - (int<8>) v;
        m.s = m.s >> 2;
        m.acc = (bit<32>) (bit<8>) m.s << v;
        m.acc = m.acc / 4 + m.acc % 8 * 3;
        m.acc = ~m.acc | 32w1 & 32w2 ^ 0xff;
        m.acc = m.acc |-| 10;
        m.flag = (bool) v[0:0];
        m.e = error.Odd;
        if (std.parser_error != error.NoError) { m.x = 1; }
        switch (forward.apply().action_run) {
            set: plain: { m.x = 2; }
            directed: { m.x = 3; }
            default: { m.x = 4; }
        }
        switch (v) { 1: 2: { m.y = 1; } 0x10: { } default: { m.y = 9; } }
        if (fixed.apply().hit) { only.apply(); }
        if (!m.flag) { return; }
        hash(m.hash, HashAlgorithm.crc16, 16w0, { hdr.ip.src, hdr.ip.dst, m.pair }, 32w1024);
        hash(m.hash, HashAlgorithm.csum16, (bit<16>) 0, { m.x }, 16w10);
        hdr.labels.push_front(1);
        hdr.labels[0] = { 1, 2, 0, 255 };
        hdr.labels[0].setValid();
        hdr.labels.pop_front(2);
        hdr.ip.setInvalid();
        hdr.eth = { 1, 2, Ether.arp };
        hdr.cpu.setValid();
        hdr.cpu.port = (bit<16>) std.ingress_port;
        top_cells.write(3, m.wide);
        top_cells.read(m.wide, (bit<32>) v);
        seen_packets.count(1);
        digest<pair_t>(1, m.pair);
        digest(2, { m.x, m.y });
        clone(CloneType.I2E, 32w5);
        clone_preserving_field_list(CloneType.I2E, 5, 1);
        resubmit_preserving_field_list(0);
        truncate((bit<32>) 64);
        plain();
        directed(v, m.y, 8w4);
        global_action(m.x, 1);
        { bit<8> inner = 3; m.x = inner; }
        if (m.x == 1) { exit; }
    }
}
control MyEgress(inout headers hdr, inout meta_t m, inout standard_metadata_t std) {
    apply {
        recirculate_preserving_field_list(1);
        clone_preserving_field_list(CloneType.E2E, 5, 0);
        hash(m.hash, HashAlgorithm.identity, 16w1, { m.x }, 16w0);
        hash(m.hash, HashAlgorithm.crc32, 16w1, { m.x }, 16w8);
        hash(m.hash, HashAlgorithm.xor16, 16w1, { m.x }, 16w8);
    }
}
control Compute(inout headers hdr, inout meta_t m) {
    apply { update_checksum(hdr.ip.isValid(), { hdr.ip.version, hdr.ip.ihl, hdr.ip.tos }, hdr.ip.sum, HashAlgorithm.csum16); update_checksum_with_payload(m.flag, { hdr.ip.src }, hdr.ip.id, HashAlgorithm.csum16); }
}
control Deparse(packet_out pkt, in headers hdr) { apply { pkt.emit(hdr.cpu); pkt.emit(hdr.eth); pkt.emit(hdr.labels); pkt.emit(hdr.ip); } }
V1Switch(P(), Verify(), MyIngress(), MyEgress(), Compute(), Deparse()) main;
