#include <core.p4>
#include <v1model.p4>

const bit<8> A = 0b102;
const bit<8> B = 8x3;
