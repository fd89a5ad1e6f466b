#include <core.p4>
#include <v1model.p4>

header a_t { bit<0> a; }
