#include <core.p4>
#include <v1model.p4>

@fast header a_t { bit<8> a; }
