#include <core.p4>
#include <v1model.p4>

#include "mine.p4"
