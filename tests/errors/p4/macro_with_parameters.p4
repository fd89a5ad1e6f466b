#include <core.p4>
#include <v1model.p4>

#define ADD(a, b) ((a) + (b))
