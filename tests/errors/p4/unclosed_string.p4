#include <core.p4>
#include <v1model.p4>

@name("x) const bit<8> A = 3;
