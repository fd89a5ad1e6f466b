#include <core.p4>
#include <v1model.p4>

control C(inout bit<8> x)(bit<8> step) {
    apply { x = x + step; }
}
