#include <core.p4>
#include <v1model.p4>
#ifdef FAST
const bit<8> A = 1;
#endif
