#include <core.p4>
#include <v1model.p4>

@3 const bit<8> A = 1;
