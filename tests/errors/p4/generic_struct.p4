#include <core.p4>
#include <v1model.p4>

struct pair<T> {
    bit<8> a;
}
