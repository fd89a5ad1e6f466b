#include <core.p4>
#include <v1model.p4>

extern bit<8> twice(in bit<8> x);
