#include <core.p4>
#include <v1model.p4>

struct m_t {
    @field_list(one) bit<8> a;
}
