#include <core.p4>
#include <v1model.p4>

struct s_t { bit<8> a; }
header h_t { s_t s; }
